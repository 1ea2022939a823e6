#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "model/aggregate_parts.hpp"
#include "model/decimal.hpp"
#include "tests/model/numbers_random.hpp"

namespace redshank {
namespace {

Decimal decimal(std::string_view text) {
    return parse_decimal(text, DecimalGrammar::json).value();
}

std::string scaled(std::string_view value, std::string_view factor, std::string_view offset) {
    const auto result = scale_decimal(decimal(value), decimal(factor), decimal(offset));
    if (!result) return "refused";
    return std::to_string(result->mantissa) + "e-" + std::to_string(result->scale) +
           (result->rounded ? " rounded" : "");
}

TEST(DecimalScaling, is_exact_where_eighteen_digits_hold_it) {
    EXPECT_EQ(scaled("215", "0.1", "0"), "215e-1");
    EXPECT_EQ(scaled("72.5", "0.5", "-16"), "2025e-2");
    EXPECT_EQ(scaled("-40", "1.8", "32"), "-400e-1");
    EXPECT_EQ(scaled("0", "0.1", "5"), "5e-0");
    EXPECT_EQ(scaled("3", "-1", "0.25"), "-275e-2");
}

TEST(DecimalScaling, rounds_the_nineteenth_digit_half_to_even_and_says_so) {
    EXPECT_EQ(scaled("999999999.999999999", "0.1", "0"), "999999999999999999e-10");
    EXPECT_EQ(scaled("999999999.999999999", "0.5", "0"), "500000000000000000e-9 rounded");
    EXPECT_EQ(scaled("100000000.000000001", "2.5", "0"), "250000000000000002e-9 rounded");
}

TEST(DecimalScaling, refuses_from_ten_to_the_eighteenth_on) {
    EXPECT_EQ(scaled("999999999999999999", "2", "0"), "refused");
    EXPECT_EQ(scaled("999999999999999999", "1", "1"), "refused");
    EXPECT_EQ(scaled("999999999999999999", "1", "0"), "999999999999999999e-0");
}

TEST(DecimalScaling, is_within_a_step_of_doubles_for_any_decimals) {
    NumbersRandom random(3);
    for (int i = 0; i < 3000; ++i) {
        const auto any = [&](std::int64_t most) {
            return Decimal{random.between(-most, most), static_cast<std::uint8_t>(random.between(0, 12)), false};
        };
        const Decimal value = any(1'000'000'000);
        const Decimal factor = any(100'000);
        const Decimal offset = any(1'000'000'000'000);
        const auto result = scale_decimal(value, factor, offset);
        ASSERT_TRUE(result);
        const auto as_double = [](const Decimal& d) { return to_double(d.mantissa, d.scale); };
        const double expected = as_double(value) * as_double(factor) + as_double(offset);
        const double size = std::fabs(as_double(value) * as_double(factor)) + std::fabs(as_double(offset));
        ASSERT_NEAR(as_double(*result), expected, size * 1e-14 + std::pow(10.0, -result->scale));
    }
}

TEST(NearestDecimal, has_the_places_that_were_asked_for_or_as_many_as_fit) {
    EXPECT_EQ(nearest_decimal(2.5, 3)->mantissa, 2500);
    EXPECT_EQ(nearest_decimal(-0.0125, 3)->mantissa, -13);
    EXPECT_EQ(nearest_decimal(123456789012345.0, 6)->scale, 1);
    EXPECT_FALSE(nearest_decimal(1e16, 0));
    EXPECT_FALSE(nearest_decimal(std::nan(""), 0));
}

}  // namespace
}  // namespace redshank
