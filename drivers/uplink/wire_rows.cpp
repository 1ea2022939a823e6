#include <pb_decode.h>
#include <pb_encode.h>

#include <cmath>
#include <limits>

#include "drivers/uplink/wire.hpp"
#include "drivers/uplink/wire_fields.hpp"
#include "uplink.pb.h"

namespace redshank::wire {
namespace {

std::size_t encode(const redshank_uplink_Row& row, std::span<std::byte> out) noexcept {
    pb_ostream_t stream = pb_ostream_from_buffer(reinterpret_cast<pb_byte_t*>(out.data()), out.size());
    return pb_encode(&stream, redshank_uplink_Row_fields, &row) ? stream.bytes_written : 0;
}

// (sum << 1) ^ (sum >> 127): small sums of either sign become small numbers.
UInt128 zigzag(const Int128& sum) noexcept {
    const auto high = static_cast<std::uint64_t>(sum.high);
    const std::uint64_t sign = sum.high < 0 ? ~std::uint64_t{0} : 0;
    return {(sum.low << 1) ^ sign, (high << 1 | sum.low >> 63) ^ sign};
}

Int128 unzigzag(const UInt128& coded) noexcept {
    const std::uint64_t sign = (coded.low & 1) != 0 ? ~std::uint64_t{0} : 0;
    return {(coded.low >> 1 | coded.high << 63) ^ sign, static_cast<std::int64_t>((coded.high >> 1) ^ sign)};
}

// Modulo 2^64, so that every pair of times has an offset.
std::int64_t offset(std::int64_t time_ns, std::int64_t start_ns) noexcept {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(time_ns) - static_cast<std::uint64_t>(start_ns));
}

std::int64_t at_offset(std::int64_t start_ns, std::int64_t offset_ns) noexcept {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(start_ns) + static_cast<std::uint64_t>(offset_ns));
}

// nullptr, or which invariant of rows.hpp and aggregate_parts.hpp does not hold.
const char* flaw_in(const redshank_uplink_Aggregate& in) noexcept {
    constexpr std::uint64_t integer_max = std::numeric_limits<std::int64_t>::max();
    if (in.clock > static_cast<std::uint32_t>(ClockKind::device)) return "aggregate of an unknown clock";
    if (in.length_ns == 0 || in.length_ns > integer_max) return "aggregate of an impossible length";
    if (in.exponent > exponent_max) return "aggregate of an impossible exponent";
    if (in.count == 0 || in.count > integer_max) return "aggregate of an impossible count";
    for (const std::int64_t value : {in.pivot, in.min, in.max, in.first, in.last}) {
        if (value > raw_magnitude_max || value < -raw_magnitude_max) return "aggregate with a value out of range";
    }
    const auto outside = [&in](std::int64_t value) { return value < in.min || value > in.max; };
    if (in.min > in.max || outside(in.first) || outside(in.last)) return "aggregate outside its own minimum or maximum";
    if (at_offset(in.start_ns, in.first_offset_ns) > at_offset(in.start_ns, in.last_offset_ns)) {
        return "aggregate with the last reading before the first";
    }
    // As many differences of at most 2^63 as there can be readings.
    const std::int64_t high = unzigzag({in.sum_zigzag_low, in.sum_zigzag_high}).high;
    if (high >= raw_magnitude_max || high < -raw_magnitude_max) return "aggregate with an impossible sum";
    return nullptr;
}

Outcome<Row> row_of(const redshank_uplink_Aggregate& in) {
    const auto channel = name_of(in.channel, "channel of an aggregate");
    if (!channel) return failure(channel.error());
    if (!is_name(text_of(in.unit))) return failure("unit of an aggregate is not UTF-8 text");
    if (const char* flaw = flaw_in(in)) return failure(flaw);

    AggregateRow row;
    row.number = in.number;
    row.boot = in.boot;
    row.channel.assign(*channel);
    row.unit.assign(text_of(in.unit));
    row.clock = static_cast<ClockKind>(in.clock);
    row.start_ns = in.start_ns;
    row.length_ns = static_cast<std::int64_t>(in.length_ns);
    row.quality = in.quality;
    row.parts.pivot = in.pivot;
    row.parts.exponent = static_cast<std::uint8_t>(in.exponent);
    row.parts.squares_clamped = in.squares_clamped;
    row.parts.rounded = in.rounded;
    row.parts.count = in.count;
    row.parts.sum = unzigzag({in.sum_zigzag_low, in.sum_zigzag_high});
    row.parts.squares = {in.squares_low, in.squares_high};
    row.parts.min = in.min;
    row.parts.max = in.max;
    row.parts.first = in.first;
    row.parts.first_ns = at_offset(in.start_ns, in.first_offset_ns);
    row.parts.last = in.last;
    row.parts.last_ns = at_offset(in.start_ns, in.last_offset_ns);
    const auto sketch = std::as_bytes(std::span(in.sketch.bytes, in.sketch.size));
    if (!row.parts.sketch.read(sketch)) return failure("aggregate with a sketch that cannot be read");
    std::uint64_t sketched = 0;
    for (const QuantileSketch::Bin& bin : row.parts.sketch.bins()) sketched += bin.count;
    if (sketched > row.parts.count) return failure("aggregate with a sketch of more values than it has");
    return row;
}

Outcome<Row> row_of(const redshank_uplink_Alert& in) {
    const auto rule = name_of(in.rule, "rule of an alert");
    if (!rule) return failure(rule.error());
    const auto channel = name_of(in.channel, "channel of an alert");
    if (!channel) return failure(channel.error());
    if (in.state > static_cast<std::uint32_t>(AlertState::firing)) return failure("alert of an unknown state");
    if (in.severity > static_cast<std::uint32_t>(Severity::critical)) return failure("alert of an unknown severity");
    if (!std::isfinite(in.value)) return failure("alert whose value is no number");

    AlertRow row;
    row.number = in.number;
    row.id = {in.boot, in.position, in.ordinal};
    row.rule.assign(*rule);
    row.channel.assign(*channel);
    row.state = static_cast<AlertState>(in.state);
    row.severity = static_cast<Severity>(in.severity);
    row.since_ns = in.since_ns;
    row.value = in.value;
    return row;
}

Outcome<Row> row_of(const redshank_uplink_Gap& in) {
    if (in.reason < static_cast<std::uint32_t>(GapReason::inbox_given_up) ||
        in.reason > static_cast<std::uint32_t>(GapReason::alert_overflow)) {
        return failure("gap of an unknown reason");
    }
    if (in.first > in.last) return failure("gap that ends before it begins");
    return GapRow{in.boot, in.first, in.last, in.count, static_cast<GapReason>(in.reason)};
}

}  // namespace

std::size_t encode_row(const AggregateRow& row, std::span<std::byte> out) noexcept {
    redshank_uplink_Row wire{};
    wire.has_aggregate = true;
    redshank_uplink_Aggregate& to = wire.aggregate;
    const UInt128 sum = zigzag(row.parts.sum);
    to.number = row.number;
    to.boot = row.boot;
    if (!put_text(to.channel, row.channel.view()) || !put_text(to.unit, row.unit.view())) return 0;
    to.clock = static_cast<std::uint32_t>(row.clock);
    to.start_ns = row.start_ns;
    to.length_ns = static_cast<std::uint64_t>(row.length_ns);
    to.quality = row.quality;
    to.exponent = row.parts.exponent;
    to.pivot = row.parts.pivot;
    to.count = row.parts.count;
    to.sum_zigzag_low = sum.low;
    to.sum_zigzag_high = sum.high;
    to.squares_low = row.parts.squares.low;
    to.squares_high = row.parts.squares.high;
    to.min = row.parts.min;
    to.max = row.parts.max;
    to.first = row.parts.first;
    to.last = row.parts.last;
    to.first_offset_ns = offset(row.parts.first_ns, row.start_ns);
    to.last_offset_ns = offset(row.parts.last_ns, row.start_ns);
    to.squares_clamped = row.parts.squares_clamped;
    to.rounded = row.parts.rounded;
    static_assert(sizeof to.sketch.bytes == QuantileSketch::encoded_bytes_max);
    ByteWriter sketch(std::as_writable_bytes(std::span(to.sketch.bytes)));
    row.parts.sketch.write(sketch);
    to.sketch.size = static_cast<pb_size_t>(sketch.used());
    return encode(wire, out);
}

std::size_t encode_row(const AlertRow& row, std::span<std::byte> out) noexcept {
    redshank_uplink_Row wire{};
    wire.has_alert = true;
    redshank_uplink_Alert& to = wire.alert;
    to.number = row.number;
    to.boot = row.id.boot;
    to.position = row.id.position;
    to.ordinal = row.id.ordinal;
    if (!put_text(to.rule, row.rule.view()) || !put_text(to.channel, row.channel.view())) return 0;
    to.state = static_cast<std::uint32_t>(row.state);
    to.severity = static_cast<std::uint32_t>(row.severity);
    to.since_ns = row.since_ns;
    to.value = row.value;
    return encode(wire, out);
}

std::size_t encode_row(const GapRow& row, std::span<std::byte> out) noexcept {
    redshank_uplink_Row wire{};
    wire.has_gap = true;
    wire.gap = {row.boot, row.first, row.last, row.count, static_cast<std::uint32_t>(row.reason)};
    return encode(wire, out);
}

std::size_t encode_row(const BootRow& row, std::span<std::byte> out) noexcept {
    redshank_uplink_Row wire{};
    wire.has_boot = true;
    wire.boot = {row.boot, row.from_ns, row.shift_ns};
    return encode(wire, out);
}

Outcome<Row> decode_row(std::span<const std::byte> bytes) {
    if (bytes.size() > row_bytes_max) return failure("row longer than a row may be");
    redshank_uplink_Row wire{};
    pb_istream_t stream = pb_istream_from_buffer(raw(bytes), bytes.size());
    if (!pb_decode(&stream, redshank_uplink_Row_fields, &wire)) {
        return failure(std::string("row cannot be read: ") + PB_GET_ERROR(&stream));
    }
    const int kinds = int{wire.has_aggregate} + int{wire.has_alert} + int{wire.has_gap} + int{wire.has_boot};
    if (kinds != 1) return failure("row of no known kind, or of several");
    if (wire.has_aggregate) return row_of(wire.aggregate);
    if (wire.has_alert) return row_of(wire.alert);
    if (wire.has_gap) return row_of(wire.gap);
    return BootRow{wire.boot.boot, wire.boot.from_ns, wire.boot.shift_ns};
}

}  // namespace redshank::wire
