#include <pb_decode.h>
#include <pb_encode.h>

#include <algorithm>

#include "drivers/uplink/wire.hpp"
#include "drivers/uplink/wire_fields.hpp"
#include "uplink.pb.h"

namespace redshank::wire {
namespace {

using Rows = std::vector<std::span<const std::byte>>;

bool encode_rows(pb_ostream_t* stream, const pb_field_t* field, void* const* arg) {
    for (const auto row : *static_cast<const Rows*>(*arg)) {
        if (!pb_encode_tag_for_field(stream, field) || !pb_encode_string(stream, raw(row), row.size())) return false;
    }
    return true;
}

struct Filling {
    redshank_uplink_Envelope& envelope;

    bool operator()(const Hello& from) const noexcept {
        envelope.has_hello = true;
        envelope.hello.incarnation = from.incarnation;
        envelope.hello.boot = from.boot;
        return put_text(envelope.hello.agent, from.agent);
    }
    bool operator()(const Welcome& from) const noexcept {
        envelope.has_welcome = true;
        envelope.welcome.incarnation = from.incarnation;
        envelope.welcome.last_sequence = from.last_sequence;
        if (from.digest == Digest{}) return true;
        return put_text(envelope.welcome.digest,
                        {reinterpret_cast<const char*>(from.digest.data()), from.digest.size()});
    }
    bool operator()(const Batch& from) const noexcept {
        envelope.has_batch = true;
        envelope.batch.incarnation = from.incarnation;
        envelope.batch.sequence = from.sequence;
        envelope.batch.rows.funcs.encode = encode_rows;
        envelope.batch.rows.arg = const_cast<Rows*>(&from.rows);  // nanopb's argument has no const
        return put_text(envelope.batch.agent, from.agent);
    }
    bool operator()(const Acknowledge& from) const noexcept {
        envelope.has_acknowledge = true;
        envelope.acknowledge = {from.incarnation, from.sequence};
        return true;
    }
    bool operator()(const Refuse& from) const noexcept {
        envelope.has_refuse = true;
        envelope.refuse = {from.incarnation, from.expected};
        return true;
    }
    bool operator()(const Skip& from) const noexcept {
        envelope.has_skip = true;
        envelope.skip.incarnation = from.incarnation;
        envelope.skip.first = from.first;
        envelope.skip.last = from.last;
        return put_text(envelope.skip.agent, from.agent);
    }
};

// Where a stream of nanopb's stands. Its substreams carry the same pointer, so a row can be taken as a view of the
// frame.
struct Cursor {
    const std::byte* next;
};

bool read_bytes(pb_istream_t* stream, pb_byte_t* into, std::size_t count) {
    auto& cursor = *static_cast<Cursor*>(stream->state);
    std::memcpy(into, cursor.next, count);
    cursor.next += count;
    return true;
}

bool take_row(pb_istream_t* stream, const pb_field_t* /*field*/, void** arg) {
    if (stream->callback != read_bytes) return false;  // not of length-delimited type: nanopb made a stream of its own
    auto& cursor = *static_cast<Cursor*>(stream->state);
    static_cast<Rows*>(*arg)->emplace_back(cursor.next, stream->bytes_left);
    cursor.next += stream->bytes_left;
    stream->bytes_left = 0;
    return true;
}

// The version alone, so that a frame whose content has changed is still refused with the right words.
Outcome<> check_version(std::span<const std::byte> bytes) {
    pb_istream_t stream = pb_istream_from_buffer(raw(bytes), bytes.size());
    std::uint64_t version = 0;
    while (stream.bytes_left > 0) {
        pb_wire_type_t type{};
        std::uint32_t tag = 0;
        bool end = false;
        if (!pb_decode_tag(&stream, &type, &tag, &end)) break;
        const bool found = tag == redshank_uplink_Envelope_version_tag && type == PB_WT_VARINT;
        if (!(found ? pb_decode_varint(&stream, &version) : pb_skip_field(&stream, type))) break;
        if (found) break;  // the writer puts it first
    }
    if (version == 0) return failure("frame is none of the uplink's");
    if (version > format_version) {
        return failure("frame is of uplink format " + std::to_string(version) + ", this program reads up to format " +
                       std::to_string(format_version) + ": update it first");
    }
    return {};
}

Outcome<Frame> welcome_of(const redshank_uplink_Welcome& in) {
    Welcome welcome{in.incarnation, in.last_sequence, {}};
    if (in.digest.size != 0 && in.digest.size != welcome.digest.size()) return failure("digest of a wrong size");
    std::memcpy(welcome.digest.data(), in.digest.bytes, in.digest.size);
    return welcome;
}

Outcome<Frame> batch_of(const redshank_uplink_Batch& in, Rows rows) {
    const auto agent = name_of(in.agent, "agent of a batch");
    if (!agent) return failure(agent.error());
    if (in.sequence == 0) return failure("batch without a sequence");
    const auto too_long = [](std::span<const std::byte> row) { return row.size() > row_bytes_max; };
    if (std::any_of(rows.begin(), rows.end(), too_long)) return failure("row longer than a row may be");
    return Batch{std::string(*agent), in.incarnation, in.sequence, std::move(rows)};
}

Outcome<Frame> skip_of(const redshank_uplink_Skip& in) {
    const auto agent = name_of(in.agent, "agent of a skip");
    if (!agent) return failure(agent.error());
    if (in.first == 0 || in.first > in.last) return failure("skip of an impossible stretch");
    return Skip{std::string(*agent), in.incarnation, in.first, in.last};
}

}  // namespace

std::vector<std::byte> encode_frame(const Frame& frame) {
    redshank_uplink_Envelope envelope{};
    envelope.version = format_version;
    std::size_t size = 0;
    if (!std::visit(Filling{envelope}, frame)) return {};
    if (!pb_get_encoded_size(&size, redshank_uplink_Envelope_fields, &envelope)) return {};

    std::vector<std::byte> bytes(size);
    pb_ostream_t stream = pb_ostream_from_buffer(reinterpret_cast<pb_byte_t*>(bytes.data()), bytes.size());
    if (!pb_encode(&stream, redshank_uplink_Envelope_fields, &envelope)) return {};
    return bytes;
}

Outcome<Frame> decode_frame(std::span<const std::byte> bytes) {
    if (bytes.size() > batch_bytes_max) return failure("frame longer than a frame may be");
    if (const auto version = check_version(bytes); !version) return failure(version.error());

    Rows rows;
    redshank_uplink_Envelope envelope{};
    envelope.batch.rows.funcs.decode = take_row;
    envelope.batch.rows.arg = &rows;
    Cursor cursor{bytes.data()};
    pb_istream_t stream{read_bytes, &cursor, bytes.size(), nullptr};
    if (!pb_decode(&stream, redshank_uplink_Envelope_fields, &envelope)) {
        return failure(std::string("frame cannot be read: ") + PB_GET_ERROR(&stream));
    }

    const int contents = int{envelope.has_hello} + int{envelope.has_welcome} + int{envelope.has_batch} +
                         int{envelope.has_acknowledge} + int{envelope.has_refuse} + int{envelope.has_skip};
    if (contents != 1) return failure("frame of no known content, or of several");
    if (envelope.has_hello) {
        const auto agent = name_of(envelope.hello.agent, "agent of a hello");
        if (!agent) return failure(agent.error());
        return Hello{std::string(*agent), envelope.hello.incarnation, envelope.hello.boot};
    }
    if (envelope.has_welcome) return welcome_of(envelope.welcome);
    if (envelope.has_batch) return batch_of(envelope.batch, std::move(rows));
    if (envelope.has_acknowledge) return Acknowledge{envelope.acknowledge.incarnation, envelope.acknowledge.sequence};
    if (envelope.has_refuse) return Refuse{envelope.refuse.incarnation, envelope.refuse.expected};
    return skip_of(envelope.skip);
}

}  // namespace redshank::wire
