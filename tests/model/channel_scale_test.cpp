#include "model/channel_scale.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "tests/model/numbers_random.hpp"

namespace redshank {
namespace {

Decimal decimal(std::string_view text) {
    return parse_decimal(text, DecimalGrammar::json).value();
}

std::vector<std::byte> state_of(const ChannelScale& scale) {
    std::array<std::byte, 64> room{};
    ByteWriter out(room);
    scale.write(out);
    EXPECT_TRUE(out.ok());
    return {out.written().begin(), out.written().end()};
}

void settle(ChannelScale& scale, std::string_view text) {
    for (int i = 0; i < 32; ++i) ASSERT_TRUE(scale.to_raw(decimal(text)).has_value());
}

constexpr std::int64_t two53 = std::int64_t{1} << 53;

TEST(ChannelScale, takes_the_finest_of_the_first_readings) {
    ChannelScale scale;
    const auto first = scale.to_raw(decimal("21.5"));
    EXPECT_EQ(first->raw, 215);
    EXPECT_TRUE(first->first);
    EXPECT_EQ(first->exponent_change, 1);
    const auto finer = scale.to_raw(decimal("21.625"));
    EXPECT_EQ(finer->raw, 21625);
    EXPECT_FALSE(finer->first);
    EXPECT_EQ(finer->exponent_change, 2);
    const auto coarser = scale.to_raw(decimal("-22"));
    EXPECT_EQ(coarser->raw, -22000);
    EXPECT_EQ(coarser->exponent_change, 0);
    EXPECT_EQ(scale.exponent(), 3);
    EXPECT_EQ(scale.rounded_count(), 0U);
}

TEST(ChannelScale, hostile_scales_keep_headroom_of_a_thousand) {
    struct Case {
        const char* text;
        int exponent;
        std::int64_t raw;
        bool rounded;
    };
    for (const Case& c :
         {Case{"1e-12", 12, 1, false}, Case{"1e12", 0, 1'000'000'000'000, false}, Case{"101325.00", 2, 10132500, false},
          Case{"123456789012345", 0, 123456789012345, false}, Case{"0.1234567890123456", 13, 1234567890123, true},
          Case{"9.007199254740991", 12, 9'007'199'254'741, true}, Case{"9.007199254740992", 11, 900'719'925'474, true},
          Case{"9007199254740991", 0, two53 - 1, false}, Case{"9007199254740991.4", 0, two53 - 1, true},
          Case{"0.30000000000000004", 13, 3'000'000'000'000, true}, Case{"1e-40", 40, 1, false}, Case{"0", 0, 0, false},
          Case{"-0.0", 1, 0, false}}) {
        ChannelScale scale;
        const auto raw = scale.to_raw(decimal(c.text));
        ASSERT_TRUE(raw.has_value()) << c.text;
        EXPECT_EQ(scale.exponent(), c.exponent) << c.text;
        EXPECT_EQ(raw->raw, c.raw) << c.text;
        EXPECT_EQ(raw->rounded, c.rounded) << c.text;
        EXPECT_EQ(scale.rounded_count(), c.rounded ? 1U : 0U) << c.text;
    }
}

TEST(ChannelScale, falls_while_settling_and_tells_by_how_much) {
    ChannelScale scale;
    ASSERT_EQ(scale.to_raw(decimal("0.123456789012"))->raw, 123456789012);
    const auto large = scale.to_raw(decimal("100000.5"));
    EXPECT_EQ(large->exponent_change, -5);
    EXPECT_EQ(scale.exponent(), 7);
    EXPECT_EQ(large->raw, 1'000'005'000'000);
    EXPECT_FALSE(large->rounded);
    const auto fine = scale.to_raw(decimal("0.12345675"));
    EXPECT_EQ(fine->raw, 1234568);
    EXPECT_TRUE(fine->rounded);
    EXPECT_EQ(scale.rounded_count(), 1U);
}

TEST(ChannelScale, never_falls_once_settled) {
    ChannelScale scale;
    settle(scale, "1.25");
    const auto large = scale.to_raw(decimal("90071992547409.91"));
    ASSERT_TRUE(large.has_value());
    EXPECT_EQ(large->exponent_change, 0);
    EXPECT_EQ(large->raw, two53 - 1);
    const auto too_large = scale.to_raw(decimal("90071992547409.92"));
    ASSERT_FALSE(too_large.has_value());
    EXPECT_EQ(too_large.error(), Error::out_of_range);
    EXPECT_EQ(scale.to_raw(decimal("-90071992547409.92")).error(), Error::out_of_range);
    EXPECT_EQ(scale.to_raw(decimal("1.125"))->raw, 112);  // the largest leaves no room for a finer exponent
    EXPECT_EQ(scale.exponent(), 2);
}

TEST(ChannelScale, is_refined_later_as_far_as_the_headroom_allows) {
    ChannelScale scale;
    settle(scale, "20");
    EXPECT_EQ(scale.exponent(), 0);
    const auto finer = scale.to_raw(decimal("20.125"));
    EXPECT_EQ(finer->exponent_change, 3);
    EXPECT_EQ(finer->raw, 20125);
    const auto finest = scale.to_raw(decimal("20.1234567890123456"));
    EXPECT_EQ(scale.exponent(), 11);  // 20.1... * 1000 * 10^11 < 2^53 < 20.1... * 1000 * 10^12
    EXPECT_EQ(finest->exponent_change, 8);
    EXPECT_EQ(finest->raw, 2'012'345'678'901);
    EXPECT_TRUE(finest->rounded);
    EXPECT_EQ(scale.to_raw(decimal("1"))->exponent_change, 0);
}

TEST(ChannelScale, zeros_alone_leave_every_refinement_open) {
    ChannelScale scale;
    settle(scale, "0");
    const auto fine = scale.to_raw(decimal("1e-12"));
    EXPECT_EQ(fine->exponent_change, 12);
    EXPECT_EQ(fine->raw, 1);
}

TEST(ChannelScale, a_refused_reading_leaves_no_trace) {
    ChannelScale fresh;
    const auto untouched = state_of(fresh);
    EXPECT_FALSE(fresh.to_raw(decimal("9007199254740992")).has_value());
    EXPECT_FALSE(fresh.to_raw(decimal("-9007199254740991.5")).has_value());  // by rounding
    EXPECT_EQ(state_of(fresh), untouched);
    settle(fresh, "0.5");
    const auto settled = state_of(fresh);
    EXPECT_FALSE(fresh.to_raw(decimal("999999999999999999")).has_value());
    EXPECT_EQ(state_of(fresh), settled);
}

TEST(ChannelScale, every_accepted_reading_is_the_nearest_of_its_grid) {
    NumbersRandom random(5);
    for (int channel = 0; channel < 500; ++channel) {
        ChannelScale scale;
        const auto size = static_cast<unsigned>(random.below(50) + 1);
        int exponent = 0;
        std::uint64_t rounded = 0;
        for (int i = 0; i < 60; ++i) {
            const Decimal value{random.any_width_signed(size), static_cast<std::uint8_t>(random.below(20)), false};
            const auto raw = scale.to_raw(value);
            if (!raw) {
                ASSERT_EQ(raw.error(), Error::out_of_range);
                continue;
            }
            exponent += raw->exponent_change;
            rounded += raw->rounded ? 1 : 0;
            ASSERT_EQ(exponent, scale.exponent()) << channel;
            ASSERT_GE(exponent, 0);
            ASSERT_LT(raw->raw, two53);
            ASSERT_GT(raw->raw, -two53);
            if (i >= 32) {
                ASSERT_GE(raw->exponent_change, 0) << channel;
            }
            // |raw - value| <= 1/2: twice raw plus and minus one enclose twice the value.
            const auto q = scale.exponent();
            ASSERT_TRUE(compare_decimal(2 * raw->raw - 1, q, 2 * value.mantissa, value.scale) <= 0) << channel;
            ASSERT_TRUE(compare_decimal(2 * raw->raw + 1, q, 2 * value.mantissa, value.scale) >= 0) << channel;
            ASSERT_EQ(raw->rounded, compare_decimal(raw->raw, q, value.mantissa, value.scale) != 0) << channel;
        }
        ASSERT_EQ(scale.rounded_count(), rounded);
    }
}

TEST(ChannelScale, settings_are_rounded_half_to_even_and_clamped) {
    ChannelScale scale;
    settle(scale, "1.5");
    EXPECT_EQ(scale.setting_to_raw(decimal("85.0")), 850);
    EXPECT_EQ(scale.setting_to_raw(decimal("1.25")), 12);
    EXPECT_EQ(scale.setting_to_raw(decimal("-1.35")), -14);
    EXPECT_EQ(scale.setting_to_raw(decimal("1e17")), two53);
    EXPECT_EQ(scale.setting_to_raw(decimal("-1e17")), -two53);
}

TEST(ChannelScale, continues_where_it_was_written) {
    ChannelScale scale;
    for (const char* text : {"1.5", "2.125", "0.30000000000000004", "7"}) ASSERT_TRUE(scale.to_raw(decimal(text)));
    const auto bytes = state_of(scale);
    ChannelScale copy;
    ByteReader in(bytes);
    copy.read(in);
    EXPECT_TRUE(in.ok());
    EXPECT_EQ(in.left(), 0U);
    for (const char* text : {"9000.5", "1e-9", "12345678.125"}) {
        EXPECT_EQ(scale.to_raw(decimal(text))->raw, copy.to_raw(decimal(text))->raw);
    }
    EXPECT_EQ(state_of(scale), state_of(copy));
}

TEST(ChannelScale, bytes_that_no_writer_wrote_are_refused) {
    ChannelScale scale;
    settle(scale, "1.5");
    auto bytes = state_of(scale);
    bytes[0] = std::byte{41};
    ByteReader in(bytes);
    scale.read(in);
    EXPECT_FALSE(in.ok());
    ByteReader cut(std::span<const std::byte>(bytes).first(3));
    scale.read(cut);
    EXPECT_FALSE(cut.ok());
    EXPECT_EQ(scale.exponent(), 0);
}

TEST(Rescale, is_exact_upwards_half_to_even_downwards_and_saturates) {
    EXPECT_EQ(rescale(123, 2), 12300);
    EXPECT_EQ(rescale(-125, -1), -12);
    EXPECT_EQ(rescale(135, -1), 14);
    EXPECT_EQ(rescale(5, 0), 5);
    EXPECT_EQ(rescale(0, 40), 0);
    EXPECT_EQ(rescale(7, -40), 0);
    EXPECT_EQ(rescale(1, 40), std::int64_t{1} << 62);
    EXPECT_EQ(rescale(-1, 19), -(std::int64_t{1} << 62));
    EXPECT_EQ(rescale(INT64_MIN, 0), -(std::int64_t{1} << 62));
}

}  // namespace
}  // namespace redshank
