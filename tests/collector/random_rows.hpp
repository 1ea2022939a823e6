#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "drivers/uplink/wire.hpp"
#include "model/rows.hpp"

namespace redshank::test {

// splitmix64 (Steele, Lea, Flood 2014).
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }
    std::uint64_t below(std::uint64_t bound) { return bound == 0 ? next() : next() % bound; }  // 0 stands for 2^64
    std::size_t index(std::size_t size) { return static_cast<std::size_t>(next() % size); }
    bool coin() { return (next() & 1) != 0; }

    // Of every magnitude, the extremes among them.
    std::uint64_t unsigned_integer() {
        switch (below(4)) {
            case 0:
                return 0;
            case 1:
                return std::numeric_limits<std::uint64_t>::max() >> below(64);
            default:
                return next() >> below(64);
        }
    }
    std::int64_t integer() {
        if (below(8) == 0) return std::numeric_limits<std::int64_t>::min();
        const auto magnitude = static_cast<std::int64_t>(unsigned_integer() >> 1);
        return coin() ? magnitude : -magnitude;
    }
    std::int64_t between(std::int64_t low, std::int64_t high) {
        const std::uint64_t width = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + below(width + 1));
    }

private:
    std::uint64_t state_;
};

template <std::size_t Capacity>
Text<Capacity> random_name(Random& random, std::size_t least) {
    constexpr std::array<std::string_view, 6> pieces{"a", "/", "ß", "温", "🐦", "{m}"};
    const std::size_t bytes = least + random.index(Capacity - least + 1);
    std::string name;
    while (name.size() < bytes) {
        const std::string_view piece = pieces[random.index(pieces.size())];
        name += name.size() + piece.size() <= bytes ? piece : "x";
    }
    Text<Capacity> text;
    text.assign(name);
    return text;
}

// Any aggregate that the invariants of rows.hpp allow, whatever the parts would say of each other.
inline AggregateRow random_aggregate(Random& random) {
    constexpr std::int64_t bound = wire::raw_magnitude_max;
    AggregateRow row;
    row.number = random.unsigned_integer();
    row.boot = random.unsigned_integer();
    row.channel = random_name<channel_name_bytes_max>(random, 1);
    row.unit = random_name<unit_bytes_max>(random, 0);
    row.clock = random.coin() ? ClockKind::device : ClockKind::gateway;
    row.start_ns = random.integer();
    row.length_ns = static_cast<std::int64_t>((random.unsigned_integer() >> 1) | 1);
    row.quality = static_cast<std::uint32_t>(random.next());
    AggregateParts& parts = row.parts;
    parts.pivot = random.between(-bound, bound);
    parts.exponent = static_cast<std::uint8_t>(random.below(wire::exponent_max + 1));
    parts.squares_clamped = random.coin();
    parts.rounded = random.coin();
    parts.count = (random.unsigned_integer() >> 1) | 1;
    parts.sum = {random.next(), random.between(-bound, bound - 1)};
    parts.squares = {random.unsigned_integer(), random.unsigned_integer()};
    parts.min = random.coin() ? -bound : random.between(-bound, bound);
    parts.max = random.coin() ? bound : random.between(parts.min, bound);
    parts.first = random.between(parts.min, parts.max);
    parts.last = random.between(parts.min, parts.max);
    parts.first_ns = random.integer();
    parts.last_ns = random.between(parts.first_ns, std::numeric_limits<std::int64_t>::max());
    if (random.coin()) parts.sketch.add(random.between(-bound + 1, bound - 1), parts.exponent);
    return row;
}

inline AlertRow random_alert(Random& random) {
    AlertRow row;
    row.number = random.unsigned_integer();
    row.id = {random.unsigned_integer(), random.unsigned_integer(), static_cast<std::uint32_t>(random.next())};
    row.rule = random_name<rule_name_bytes_max>(random, 1);
    row.channel = random_name<channel_name_bytes_max>(random, 1);
    row.state = random.coin() ? AlertState::firing : AlertState::clear;
    row.severity = static_cast<Severity>(random.below(3));
    row.since_ns = random.integer();
    constexpr std::array values{0.0,
                                -0.0,
                                85.5,
                                -1e-308,
                                std::numeric_limits<double>::denorm_min(),
                                std::numeric_limits<double>::max(),
                                std::numeric_limits<double>::lowest()};
    row.value = values[random.index(values.size())];
    return row;
}

inline wire::GapRow random_gap(Random& random) {
    wire::GapRow row;
    row.boot = random.unsigned_integer();
    row.first = random.unsigned_integer();
    row.last = row.first + random.below(std::numeric_limits<std::uint64_t>::max() - row.first + 1);
    row.count = random.unsigned_integer();
    row.reason = static_cast<wire::GapReason>(1 + random.below(4));
    return row;
}

inline wire::BootRow random_boot(Random& random) {
    return {random.unsigned_integer(), random.integer(), random.integer()};
}

// What a gateway makes every ten seconds of a channel: for figures of size and for filling collectors.
inline AggregateRow plain_aggregate(std::uint64_t number, std::string_view channel, std::int64_t start_ns,
                                    std::uint64_t count) {
    AggregateRow row;
    row.number = number;
    row.boot = 1;
    row.channel.assign(channel);
    row.unit.assign("degC");
    row.start_ns = start_ns;
    row.length_ns = 10'000'000'000;
    row.parts.pivot = 2150;
    row.parts.exponent = 2;
    row.parts.count = count;
    row.parts.sum = {7, 0};
    row.parts.squares = {113, 0};
    row.parts.min = 2147;
    row.parts.max = 2158;
    row.parts.first = 2150;
    row.parts.first_ns = start_ns + 120'000'000;
    row.parts.last = 2151;
    row.parts.last_ns = start_ns + 9'870'000'000;
    return row;
}

template <class Row>
std::vector<std::byte> wire_of(const Row& row) {
    std::vector<std::byte> bytes(wire::row_bytes_max);
    bytes.resize(wire::encode_row(row, bytes));
    return bytes;
}

}  // namespace redshank::test
