#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "tests/collector/random_rows.hpp"

namespace redshank::test {
namespace {

constexpr int rounds = 2'000;

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
    std::vector<std::byte> bytes;
    for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

void expect_refused(const AggregateRow& row, const char* what) {
    EXPECT_FALSE(wire::decode_row(wire_of(row)).has_value()) << what;
}

TEST(WireRow, an_aggregate_comes_back_with_every_exact_part) {
    for (std::uint64_t seed = 0; seed < rounds; ++seed) {
        Random random(seed);
        const AggregateRow row = random_aggregate(random);
        const auto bytes = wire_of(row);
        ASSERT_GT(bytes.size(), 0U) << "seed " << seed;
        const auto back = wire::decode_row(bytes);
        ASSERT_TRUE(back.has_value()) << "seed " << seed << ": " << back.error();
        const auto* got = std::get_if<AggregateRow>(&*back);
        ASSERT_NE(got, nullptr) << "seed " << seed;
        EXPECT_EQ(got->number, row.number) << "seed " << seed;
        EXPECT_EQ(got->boot, row.boot) << "seed " << seed;
        EXPECT_EQ(got->channel, row.channel) << "seed " << seed;
        EXPECT_EQ(got->unit, row.unit) << "seed " << seed;
        EXPECT_EQ(got->clock, row.clock) << "seed " << seed;
        EXPECT_EQ(got->start_ns, row.start_ns) << "seed " << seed;
        EXPECT_EQ(got->length_ns, row.length_ns) << "seed " << seed;
        EXPECT_EQ(got->quality, row.quality) << "seed " << seed;
        EXPECT_TRUE(got->parts == row.parts) << "seed " << seed;
    }
}

TEST(WireRow, an_alert_comes_back_to_the_bit) {
    for (std::uint64_t seed = 0; seed < rounds; ++seed) {
        Random random(seed);
        const AlertRow row = random_alert(random);
        const auto back = wire::decode_row(wire_of(row));
        ASSERT_TRUE(back.has_value()) << "seed " << seed << ": " << back.error();
        const auto* got = std::get_if<AlertRow>(&*back);
        ASSERT_NE(got, nullptr) << "seed " << seed;
        EXPECT_EQ(got->number, row.number) << "seed " << seed;
        EXPECT_TRUE(got->id == row.id) << "seed " << seed;
        EXPECT_EQ(got->rule, row.rule) << "seed " << seed;
        EXPECT_EQ(got->channel, row.channel) << "seed " << seed;
        EXPECT_EQ(got->state, row.state) << "seed " << seed;
        EXPECT_EQ(got->severity, row.severity) << "seed " << seed;
        EXPECT_EQ(got->since_ns, row.since_ns) << "seed " << seed;
        EXPECT_EQ(std::bit_cast<std::uint64_t>(got->value), std::bit_cast<std::uint64_t>(row.value)) << "seed " << seed;
    }
}

TEST(WireRow, gaps_and_boots_come_back) {
    for (std::uint64_t seed = 0; seed < rounds; ++seed) {
        Random random(seed);
        const wire::GapRow gap = random_gap(random);
        const auto gap_back = wire::decode_row(wire_of(gap));
        ASSERT_TRUE(gap_back.has_value()) << "seed " << seed << ": " << gap_back.error();
        const auto* got_gap = std::get_if<wire::GapRow>(&*gap_back);
        ASSERT_NE(got_gap, nullptr) << "seed " << seed;
        EXPECT_EQ(std::tie(got_gap->boot, got_gap->first, got_gap->last, got_gap->count, got_gap->reason),
                  std::tie(gap.boot, gap.first, gap.last, gap.count, gap.reason))
            << "seed " << seed;

        const wire::BootRow boot = random_boot(random);
        const auto boot_back = wire::decode_row(wire_of(boot));
        ASSERT_TRUE(boot_back.has_value()) << "seed " << seed << ": " << boot_back.error();
        const auto* got_boot = std::get_if<wire::BootRow>(&*boot_back);
        ASSERT_NE(got_boot, nullptr) << "seed " << seed;
        EXPECT_EQ(std::tie(got_boot->boot, got_boot->from_ns, got_boot->shift_ns),
                  std::tie(boot.boot, boot.from_ns, boot.shift_ns))
            << "seed " << seed;
    }
}

TEST(WireRow, an_ordinary_aggregate_stays_small) {
    const auto bytes =
        wire_of(plain_aggregate(123'456, "plant/pump-3/sensors:temperature", 1'790'000'000'000'000'000, 40));
    RecordProperty("bytes", static_cast<int>(bytes.size()));
    EXPECT_LE(bytes.size(), 112U);
}

TEST(WireRow, the_longest_row_fits_row_bytes_max_and_too_little_room_is_said) {
    Random random(7);
    AggregateRow row = random_aggregate(random);
    row.channel.assign(std::string(channel_name_bytes_max, 'c'));
    row.unit.assign(std::string(unit_bytes_max, 'u'));
    row.number = row.boot = ~std::uint64_t{0};
    row.parts.count = std::numeric_limits<std::int64_t>::max();
    row.parts.squares = {~std::uint64_t{0}, ~std::uint64_t{0}};
    const auto bytes = wire_of(row);
    ASSERT_GT(bytes.size(), 0U);
    std::vector<std::byte> room(bytes.size() - 1);
    EXPECT_EQ(wire::encode_row(row, room), 0U);
    EXPECT_EQ(wire::encode_row(row, std::span<std::byte>()), 0U);
}

TEST(WireRow, what_breaks_an_invariant_is_refused) {
    Random random(11);
    const AggregateRow good = random_aggregate(random);
    ASSERT_TRUE(wire::decode_row(wire_of(good)).has_value());
    const auto with = [&good](auto change) {
        AggregateRow row = good;
        change(row);
        return row;
    };
    expect_refused(with([](AggregateRow& row) { row.parts.count = 0; }), "count 0");
    expect_refused(with([](AggregateRow& row) { row.parts.count = std::uint64_t{1} << 63; }), "count 2^63");
    expect_refused(with([](AggregateRow& row) { row.length_ns = 0; }), "length 0");
    expect_refused(with([](AggregateRow& row) { row.length_ns = -1; }), "negative length");
    expect_refused(with([](AggregateRow& row) { row.channel = {}; }), "no channel");
    expect_refused(with([](AggregateRow& row) { row.channel.assign("a\xc0\x80"); }), "overlong UTF-8");
    expect_refused(with([](AggregateRow& row) { row.channel.assign("\xed\xa0\x80"); }), "surrogate");
    expect_refused(with([](AggregateRow& row) { row.channel.assign("\xf4\x90\x80\x80"); }), "above U+10FFFF");
    expect_refused(with([](AggregateRow& row) { row.channel.assign("caf\xc3"); }), "cut UTF-8");
    expect_refused(with([](AggregateRow& row) { row.channel.assign(std::string_view("a\0b", 3)); }), "NUL");
    expect_refused(with([](AggregateRow& row) { row.unit.assign("\xff"); }), "unit not UTF-8");
    expect_refused(with([](AggregateRow& row) { row.parts.exponent = 41; }), "exponent");
    expect_refused(with([](AggregateRow& row) { row.parts.pivot = wire::raw_magnitude_max + 1; }), "pivot");
    expect_refused(with([](AggregateRow& row) { row.parts.min = std::numeric_limits<std::int64_t>::min(); }), "min");
    expect_refused(with([](AggregateRow& row) {
                       row.parts.min = row.parts.first = row.parts.last = 1;
                       row.parts.max = 0;
                   }),
                   "min above max");
    expect_refused(with([](AggregateRow& row) {
                       row.parts.min = row.parts.max = row.parts.last = 5;
                       row.parts.first = 6;
                   }),
                   "first above max");
    expect_refused(with([](AggregateRow& row) {
                       row.parts.first_ns = 2;
                       row.parts.last_ns = 1;
                   }),
                   "last before first");
    expect_refused(with([](AggregateRow& row) { row.parts.sum.high = wire::raw_magnitude_max; }), "sum");
    expect_refused(with([](AggregateRow& row) { row.clock = static_cast<ClockKind>(2); }), "clock");

    AlertRow alert = random_alert(random);
    for (const double value : {std::nan(""), std::numeric_limits<double>::infinity()}) {
        alert.value = value;
        EXPECT_FALSE(wire::decode_row(wire_of(alert)).has_value());
    }
    alert.value = 1;
    alert.state = static_cast<AlertState>(2);
    EXPECT_FALSE(wire::decode_row(wire_of(alert)).has_value());
    alert.state = AlertState::firing;
    alert.severity = static_cast<Severity>(3);
    EXPECT_FALSE(wire::decode_row(wire_of(alert)).has_value());

    EXPECT_FALSE(wire::decode_row(wire_of(wire::GapRow{1, 5, 4, 1, wire::GapReason::database_lost})).has_value());
    EXPECT_FALSE(wire::decode_row(wire_of(wire::GapRow{1, 1, 1, 1, static_cast<wire::GapReason>(0)})).has_value());
    EXPECT_FALSE(wire::decode_row(wire_of(wire::GapRow{1, 1, 1, 1, static_cast<wire::GapReason>(5)})).has_value());
    EXPECT_FALSE(wire::decode_row({}).has_value());
}

TEST(WireRow, a_row_of_two_kinds_or_of_a_later_kind_is_refused) {
    auto both = wire_of(wire::BootRow{1, 2, 3});
    ASSERT_TRUE(wire::decode_row(both).has_value());
    const auto gap = wire_of(wire::GapRow{1, 1, 2, 2, wire::GapReason::inbox_given_up});
    both.insert(both.end(), gap.begin(), gap.end());
    EXPECT_FALSE(wire::decode_row(both).has_value());
    EXPECT_FALSE(wire::decode_row(bytes_of({0x7a, 0x02, 0x08, 0x01})).has_value());  // field 15, a message
}

TEST(WireRow, unknown_fields_are_ignored) {
    auto bytes = wire_of(wire::BootRow{1, 2, 3});
    for (const auto& unknown : {bytes_of({0xf8, 0x07, 0x96, 0x01}),                 // field 127, varint
                                bytes_of({0xfa, 0x07, 0x03, 0x01, 0x02, 0x03}),     // field 127, bytes
                                bytes_of({0xf9, 0x07, 1, 2, 3, 4, 5, 6, 7, 8})}) {  // field 127, 64 bits
        bytes.insert(bytes.end(), unknown.begin(), unknown.end());
        const auto back = wire::decode_row(bytes);
        ASSERT_TRUE(back.has_value()) << back.error();
        EXPECT_EQ(std::get<wire::BootRow>(*back).shift_ns, 3);
    }
}

TEST(WireRow, a_field_of_a_wrong_type_is_refused) {
    // Row.boot (field 4) = {from_ns (field 2) as 64 bits instead of a varint}
    EXPECT_FALSE(wire::decode_row(bytes_of({0x22, 0x09, 0x11, 1, 2, 3, 4, 5, 6, 7, 8})).has_value());
    EXPECT_FALSE(wire::decode_row(bytes_of({0x20, 0x01})).has_value());  // Row.boot as a varint
}

TEST(WireRow, cut_or_flipped_bytes_never_crash) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        Random random(seed);
        auto bytes = seed % 2 == 0 ? wire_of(random_aggregate(random)) : wire_of(random_alert(random));
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
            static_cast<void>(wire::decode_row(cut));
        }
        for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
            auto flipped = bytes;
            flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
            const auto row = wire::decode_row(flipped);
            if (!row) continue;  // what is let through is a row that can be written again
            const auto again = std::visit([](const auto& value) { return wire_of(value); }, *row);
            EXPECT_TRUE(wire::decode_row(again).has_value()) << "seed " << seed << " bit " << bit;
        }
    }
}

}  // namespace
}  // namespace redshank::test
