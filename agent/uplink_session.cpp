#include "agent/uplink_session.hpp"

#include <algorithm>

#include "drivers/uplink/digest.hpp"

namespace redshank {

namespace {

constexpr std::size_t window_batches = 8;
constexpr std::int64_t answer_within_ns = 5'000'000'000;  // else Hello again
constexpr std::size_t window_bytes = window_batches * wire::batch_bytes_max;

std::size_t bytes_in_batch(const OutboxRow& row) noexcept {
    return row.wire.size() + wire::row_overhead_bytes;
}

}  // namespace

UplinkSession::UplinkSession(std::unique_ptr<wire::DealerSocket> socket, std::string agent)
    : socket_(std::move(socket)), agent_(std::move(agent)) {
    rows_.reserve(window_bytes / 32);
    bytes_.reserve(2 * window_bytes);
    flights_.reserve(window_batches + 1);
}

void UplinkSession::forget() noexcept {
    loaded_ = false;
    flights_.clear();
    state_ = State::apart;
    connection_ = 0;
}

Outcome<> UplinkSession::step(Store& store, std::uint64_t boot, std::uint64_t newest_number, std::int64_t now_ns) {
    const std::uint64_t connection = socket_->connections();
    if (!socket_->connected()) {
        state_ = State::apart;
        return {};
    }
    if (connection != connection_) {
        connection_ = connection;
        state_ = State::apart;
        live_from_ = newest_number;
    }
    while (socket_->receive(frame_)) {
        const auto frame = wire::decode_frame(frame_);
        if (!frame) {
            last_report_ = "collector: " + frame.error();
            continue;
        }
        if (auto taken = take(store, *frame, now_ns); !taken) return taken;
    }
    const bool waiting = state_ == State::greeted || state_ == State::skipping || !flights_.empty();
    if (state_ == State::apart || (waiting && now_ns - asked_ns_ > answer_within_ns)) greet(store, boot, now_ns);
    if (state_ != State::open) return {};
    if (auto sealed = seal(store); !sealed) return sealed;
    send(now_ns);
    return {};
}

void UplinkSession::greet(Store& store, std::uint64_t boot, std::int64_t now_ns) {
    asked_ns_ = now_ns;
    const auto hello =
        wire::encode_frame(wire::Hello{.agent = agent_, .incarnation = store.incarnation(), .boot = boot});
    state_ = socket_->send(hello) ? State::greeted : State::apart;
}

Outcome<> UplinkSession::take(Store& store, const wire::Frame& frame, std::int64_t now_ns) {
    if (const auto* welcomed = std::get_if<wire::Welcome>(&frame)) {
        if (state_ == State::greeted && welcomed->incarnation == store.incarnation())
            return welcome(store, *welcomed, now_ns);
        return {};
    }
    if (const auto* acknowledge = std::get_if<wire::Acknowledge>(&frame)) {
        if (state_ == State::apart || acknowledge->incarnation != store.incarnation()) return {};
        if (state_ == State::skipping && acknowledge->sequence >= store.last_acknowledged()) state_ = State::open;
        return acknowledged(store, acknowledge->sequence, now_ns);
    }
    if (const auto* refuse = std::get_if<wire::Refuse>(&frame)) {
        if (refuse->incarnation == store.incarnation()) state_ = State::apart;
    }
    return {};
}

Outcome<> UplinkSession::welcome(Store& store, const wire::Welcome& welcome, std::int64_t now_ns) {
    if (auto loaded = load_sealed(store); !loaded) return loaded;
    const std::uint64_t has = welcome.last_sequence;
    if (has > store.last_sealed())
        return begin_incarnation(store, "the collector has batches that were never sealed here");
    if (has > 0 && has >= store.last_acknowledged()) {
        Digest ours = store.digest_acknowledged();
        for (const Flight& flight : flights_) {
            if (flight.sequence == has) ours = wire::digest_of(flight.frame);
        }
        // None (after a Skip) matches everything.
        if (welcome.digest != wire::Digest{} && ours != welcome.digest)
            return begin_incarnation(store, "the collector has another batch under the same number");
    }
    for (Flight& flight : flights_) flight.sent = false;  // whatever a former connection was given
    if (has < store.last_acknowledged()) {
        last_report_ = "the collector lost batches that are gone here: a gap";
        asked_ns_ = now_ns;
        state_ = State::skipping;
        const auto skip = wire::encode_frame(wire::Skip{
            .agent = agent_, .incarnation = store.incarnation(), .first = has + 1, .last = store.last_acknowledged()});
        if (!socket_->send(skip)) state_ = State::apart;
        return {};
    }
    state_ = State::open;
    return acknowledged(store, has, now_ns);
}

Outcome<> UplinkSession::begin_incarnation(Store& store, const std::string& why) {
    last_report_ = "a new incarnation begins: " + why;
    forget();
    return store.new_incarnation();
}

Outcome<> UplinkSession::acknowledged(Store& store, std::uint64_t sequence, std::int64_t now_ns) {
    if (sequence <= store.last_acknowledged()) return {};
    // More than was sealed cannot have been sent: an answer to somebody else.
    if (sequence > store.last_sealed()) return {};
    asked_ns_ = now_ns;
    if (auto removed = store.acknowledge(sequence); !removed) return removed;
    std::erase_if(flights_, [sequence](const Flight& flight) { return flight.sequence <= sequence; });
    return {};
}

std::vector<std::byte> UplinkSession::frame_of(const Store& store, std::uint64_t sequence,
                                               std::span<const OutboxRow> rows) const {
    wire::Batch batch{.agent = agent_, .incarnation = store.incarnation(), .sequence = sequence, .rows = {}};
    for (const OutboxRow& row : rows) batch.rows.push_back(row.wire);
    return wire::encode_frame(batch);
}

Outcome<> UplinkSession::load_sealed(Store& store) {
    if (loaded_) return {};
    flights_.clear();
    auto sealed = store.sealed();
    if (!sealed) return failure(sealed.error());
    for (const SealedBatch& batch : *sealed) {
        rows_.clear();
        bytes_.clear();
        if (auto read = store.rows_of(batch.sequence, rows_, bytes_); !read) return read;
        flights_.push_back({batch.sequence, frame_of(store, batch.sequence, rows_), false});
        if (wire::digest_of(flights_.back().frame) != batch.digest) return failure("a sealed batch reads back changed");
    }
    loaded_ = true;
    return {};
}

// Alerts before anything else, then what was made since the connection opened, then the backlog, which always gets a
// quarter of the room so that it ends some day.
Outcome<> UplinkSession::pick(Store& store, std::size_t bytes_max) {
    rows_.clear();
    bytes_.clear();
    const auto left = [&] {
        return bytes_max - std::min(bytes_max, bytes_.size() + rows_.size() * wire::row_overhead_bytes);
    };
    for (const RowKind kind : {RowKind::alert, RowKind::gap, RowKind::boot}) {
        if (auto read = store.unsealed(kind, 0, UINT64_MAX / 2, left(), rows_, bytes_); !read) return read;
    }
    const std::size_t live_bytes = left() / 4 * 3;
    if (auto read = store.unsealed(RowKind::aggregate, live_from_ + 1, UINT64_MAX / 2, live_bytes, rows_, bytes_);
        !read)
        return read;
    return store.unsealed(RowKind::aggregate, 0, live_from_, left(), rows_, bytes_);
}

Outcome<> UplinkSession::seal(Store& store) {
    if (flights_.size() > window_batches / 2) return {};
    if (auto picked = pick(store, (window_batches - flights_.size()) * wire::batch_bytes_max); !picked) return picked;
    if (rows_.empty()) return {};

    std::vector<std::uint64_t> numbers;
    std::vector<Store::Seal> seals;
    numbers.reserve(rows_.size());
    const std::size_t room = wire::batch_bytes_max - wire::batch_overhead_bytes;
    std::uint64_t sequence = store.last_sealed();
    for (std::size_t first = 0; first < rows_.size() && flights_.size() < window_batches;) {
        std::size_t size = 0;
        std::size_t end = first;
        while (end < rows_.size() && size + bytes_in_batch(rows_[end]) <= room) size += bytes_in_batch(rows_[end++]);
        if (end == first) return failure("a row is larger than a batch");
        const std::size_t at = numbers.size();
        for (std::size_t i = first; i < end; ++i) numbers.push_back(rows_[i].number);
        ++sequence;
        flights_.push_back({sequence, frame_of(store, sequence, std::span(rows_).subspan(first, end - first)), false});
        seals.push_back({.sequence = sequence,
                         .digest = wire::digest_of(flights_.back().frame),
                         .numbers = std::span(numbers).subspan(at, end - first)});
        first = end;
    }
    auto sealed = store.seal(seals);
    if (!sealed) forget();
    return sealed;
}

void UplinkSession::send(std::int64_t now_ns) {
    for (Flight& flight : flights_) {
        if (flight.sent) continue;
        if (!socket_->send(flight.frame)) return;
        flight.sent = true;
        asked_ns_ = now_ns;
    }
}

}  // namespace redshank
