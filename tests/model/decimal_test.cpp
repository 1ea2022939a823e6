#include "model/decimal.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/model/numbers_random.hpp"

namespace redshank {
namespace {

void expect_decimal(const std::string& text, std::int64_t mantissa, int scale, bool rounded = false) {
    for (const DecimalGrammar grammar : {DecimalGrammar::json, DecimalGrammar::plain}) {
        const Result<Decimal> parsed = parse_decimal(text, grammar);
        ASSERT_TRUE(parsed.has_value()) << text;
        EXPECT_EQ(parsed->mantissa, mantissa) << text;
        EXPECT_EQ(parsed->scale, scale) << text;
        EXPECT_EQ(parsed->rounded, rounded) << text;
    }
}

void expect_refused(const std::string& text, Error error, DecimalGrammar grammar) {
    const Result<Decimal> parsed = parse_decimal(text, grammar);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error(), error) << text;
}

TEST(Decimal, is_what_was_written) {
    expect_decimal("0", 0, 0);
    expect_decimal("-0", 0, 0);
    expect_decimal("-0.00", 0, 2);
    expect_decimal("21.50", 2150, 2);
    expect_decimal("101325.00", 10132500, 2);
    expect_decimal("1e-12", 1, 12);
    expect_decimal("1e12", 1'000'000'000'000, 0);
    expect_decimal("1e3", 1000, 0);
    expect_decimal("1.5E+3", 1500, 0);
    expect_decimal("1.2345e2", 12345, 2);
    expect_decimal("-12.5e-1", -125, 2);
    expect_decimal("123456789012345", 123456789012345, 0);
    expect_decimal("0.1234567890123456", 1234567890123456, 16);
    expect_decimal("999999999999999999", 999999999999999999, 0);
    expect_decimal("-999999999999999999", -999999999999999999, 0);
    expect_decimal("0e999999999999999999999999", 0, 0);
    expect_decimal("0e-99", 0, 40);
    expect_decimal("1e-40", 1, 40);
    expect_decimal("1" + std::string(400, '0') + "e-400", 100'000'000'000'000'000, 17);
}

TEST(Decimal, digits_beyond_eighteen_are_rounded_half_to_even) {
    expect_decimal("0.1234567890123456785", 123456789012345678, 18, true);
    expect_decimal("0.1234567890123456775", 123456789012345678, 18, true);
    expect_decimal("0.12345678901234567750000001", 123456789012345678, 18, true);
    expect_decimal("0.12345678901234567850000001", 123456789012345679, 18, true);
    expect_decimal("0.1234567890123456784999", 123456789012345678, 18, true);
    expect_decimal("0.9999999999999999999", 100'000'000'000'000'000, 17, true);
    expect_decimal("0." + std::string(400, '3'), 333'333'333'333'333'333, 18, true);
    expect_decimal("12345678901234567.89", 123456789012345679, 1, true);
    expect_decimal("1." + std::string(400, '0'), 100'000'000'000'000'000, 17);  // zeros dropped are no rounding
    expect_decimal("1." + std::string(400, '0') + "1", 100'000'000'000'000'000, 17, true);
}

TEST(Decimal, places_beyond_forty_are_rounded_half_to_even) {
    expect_decimal("1e-41", 0, 40, true);
    expect_decimal("5e-41", 0, 40, true);
    expect_decimal("5.0000001e-41", 1, 40, true);
    expect_decimal("15e-41", 2, 40, true);
    expect_decimal("25e-41", 2, 40, true);
    expect_decimal("10e-41", 1, 40);
    expect_decimal("1e-400", 0, 40, true);
    expect_decimal("-1e-" + std::string(1000, '9'), 0, 40, true);
    expect_decimal("999999999999999999e-45", 10'000'000'000'000, 40, true);
    expect_decimal("0." + std::string(60, '0'), 0, 40);
    // 18 digits and 40 places at once: one rounding of the text, not two.
    expect_decimal("4.99999999999999999999e-41", 0, 40, true);
}

TEST(Decimal, magnitudes_of_ten_to_the_eighteen_and_above_are_out_of_range) {
    for (const DecimalGrammar grammar : {DecimalGrammar::json, DecimalGrammar::plain}) {
        expect_refused("1000000000000000000", Error::out_of_range, grammar);
        expect_refused("999999999999999999.9", Error::out_of_range, grammar);
        expect_refused("1e18", Error::out_of_range, grammar);
        expect_refused("-1e400", Error::out_of_range, grammar);
        expect_refused("0.001e21", Error::out_of_range, grammar);
        expect_refused("1e" + std::string(1000, '9'), Error::out_of_range, grammar);
        expect_refused(std::string(400, '7'), Error::out_of_range, grammar);
    }
    expect_decimal(std::string(400, '7') + "e-390", 777'777'777'777'777'778, 8, true);
}

TEST(Decimal, everything_else_is_not_a_number) {
    for (const DecimalGrammar grammar : {DecimalGrammar::json, DecimalGrammar::plain}) {
        for (const char* text : {"",    "-",     "+",     ".",     "-.",    "e5",  "1e",   "1e+",      "1e-", "--1",
                                 "+-1", "-+1",   "0x10",  "NaN",   "nan",   "inf", "-inf", "Infinity", "1 ",  " 1",
                                 "1,5", "1.2.3", "1e5.0", "1e5e5", "1_000", "1f",  "\t1",  "..5",      "1..", ".e1"}) {
            expect_refused(text, Error::not_a_number, grammar);
        }
        expect_refused(std::string("1\0", 2), Error::not_a_number, grammar);
        expect_refused(std::string("\xD9\xA1"), Error::not_a_number, grammar);  // a digit of another script
    }
}

TEST(Decimal, json_grammar_is_the_stricter_one) {
    for (const char* text : {"+3", ".5", "5.", "007", "-01", "00", "5.e1", "-.5"}) {
        expect_refused(text, Error::not_a_number, DecimalGrammar::json);
        EXPECT_TRUE(parse_decimal(text, DecimalGrammar::plain).has_value()) << text;
    }
    EXPECT_EQ(parse_decimal("007", DecimalGrammar::plain)->mantissa, 7);
    EXPECT_EQ(parse_decimal("-.5", DecimalGrammar::plain)->mantissa, -5);
    EXPECT_EQ(parse_decimal("5.e1", DecimalGrammar::plain)->mantissa, 50);
}

TEST(Decimal, any_digits_and_exponent_come_back_as_their_value) {
    NumbersRandom random(3);
    for (int i = 0; i < 50'000; ++i) {
        const auto mantissa = static_cast<std::int64_t>(random.any_width() % 1'000'000'000'000'000'000U);
        const auto scale = static_cast<std::uint8_t>(random.below(41));
        const auto places = random.below(std::to_string(mantissa).size());  // after the point
        const auto exponent = static_cast<std::int64_t>(places) - scale;
        const std::string digits = std::to_string(mantissa);
        std::string text = "-";
        text += digits.substr(0, static_cast<std::size_t>(digits.size() - places));
        if (places > 0) text += '.';
        text += digits.substr(static_cast<std::size_t>(digits.size() - places));
        text += 'e';
        text += std::to_string(exponent);
        const Result<Decimal> parsed = parse_decimal(text, DecimalGrammar::json);
        ASSERT_TRUE(parsed.has_value()) << text;
        ASSERT_TRUE(compare_decimal(parsed->mantissa, parsed->scale, -mantissa, scale) == 0) << text;
        ASSERT_FALSE(parsed->rounded) << text;
        ASSERT_EQ(parsed->scale, scale) << text;
    }
}

TEST(Decimal, comparison_is_exact_at_any_scales) {
    EXPECT_TRUE(compare_decimal(12, 1, 125, 2) < 0);
    EXPECT_TRUE(compare_decimal(13, 1, 125, 2) > 0);
    EXPECT_TRUE(compare_decimal(-12, 1, -125, 2) > 0);
    EXPECT_TRUE(compare_decimal(5, 0, 5'000'000'000'000'000'000, 18) == 0);
    EXPECT_TRUE(compare_decimal(1, 0, INT64_MAX, 19) > 0);
    EXPECT_TRUE(compare_decimal(INT64_MAX, 19, 1, 0) < 0);
    EXPECT_TRUE(compare_decimal(1, 0, INT64_MAX, 40) > 0);
    EXPECT_TRUE(compare_decimal(-1, 0, INT64_MIN, 40) < 0);
    EXPECT_TRUE(compare_decimal(0, 0, 0, 40) == 0);
    EXPECT_TRUE(compare_decimal(0, 40, 1, 0) < 0);
    EXPECT_TRUE(compare_decimal(0, 0, -1, 40) > 0);
    EXPECT_TRUE(compare_decimal(1, 0, -1, 40) > 0);
    NumbersRandom random(4);
    for (int i = 0; i < 50'000; ++i) {
        const std::int64_t a = random.any_width_signed(31);
        const std::int64_t b = random.any_width_signed(31);
        const auto places = static_cast<std::uint8_t>(random.below(10));
        std::int64_t power = 1;
        for (int j = 0; j < places; ++j) power *= 10;
        ASSERT_EQ(compare_decimal(a, 3, b, static_cast<std::uint8_t>(3 + places)), a * power <=> b) << i;
        ASSERT_EQ(compare_decimal(b, static_cast<std::uint8_t>(3 + places), a, 3), b <=> a * power) << i;
    }
}

}  // namespace
}  // namespace redshank
