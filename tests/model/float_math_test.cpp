#include "model/float_math.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace redshank {
namespace {

TEST(FloatMath, log2_is_exact_for_powers_of_two) {
    for (int exponent = -126; exponent <= 127; ++exponent) {
        EXPECT_EQ(log2_of(std::ldexp(1.0F, exponent)), static_cast<float>(exponent)) << exponent;
    }
}

TEST(FloatMath, log2_is_close_to_the_double_over_all_normal_floats) {
    for (std::uint64_t bits = 0x00800000U; bits < 0x7f800000U; bits += 1009) {  // prime: meets all mantissas
        const float value = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
        const double expected = std::log2(static_cast<double>(value));
        ASSERT_NEAR(log2_of(value), expected, std::max(2e-7 * std::fabs(expected), 4e-7)) << std::hexfloat << value;
    }
}

TEST(FloatMath, log2_never_falls_where_the_value_rises) {
    float before = log2_of(0.25F);
    for (std::uint32_t bits = std::bit_cast<std::uint32_t>(0.25F); bits < std::bit_cast<std::uint32_t>(4.0F);
         bits += 64) {
        const float now = log2_of(std::bit_cast<float>(bits));
        ASSERT_GE(now, before) << bits;
        before = now;
    }
}

TEST(FloatMath, log2_of_nothing_and_of_denormals_is_that_of_the_smallest_normal) {
    EXPECT_EQ(log2_of(0.0F), -126.0F);
    EXPECT_EQ(log2_of(std::numeric_limits<float>::denorm_min()), -126.0F);
    EXPECT_EQ(log2_of(std::numeric_limits<float>::min()), -126.0F);
    EXPECT_NEAR(log2_of(std::numeric_limits<float>::max()), 128.0F, 1e-5F);
}

TEST(FloatMath, exp_is_close_to_the_double) {
    for (int i = -87'000; i <= 88'000; i += 7) {
        const float value = static_cast<float>(i) * 0.001F;
        const double expected = std::exp(static_cast<double>(value));
        const double bound = std::fabs(value) <= 1.0F ? 3e-7 : 6e-6;
        ASSERT_NEAR(exp_of(value), expected, bound * expected) << value;
    }
    for (int i = -125'999; i <= 127'000; i += 7) {
        const float value = static_cast<float>(i) * 0.001F;
        const double expected = std::exp2(static_cast<double>(value));
        ASSERT_NEAR(exp2_of(value), expected, 3e-7 * expected) << value;
    }
}

TEST(FloatMath, exp_stays_finite_at_the_ends) {
    constexpr float most = std::numeric_limits<float>::max();
    EXPECT_EQ(exp_of(-most), 0.0F);
    EXPECT_EQ(exp_of(-100.0F), 0.0F);
    EXPECT_EQ(exp_of(0.0F), 1.0F);
    EXPECT_TRUE(std::isfinite(exp_of(1000.0F)));
    EXPECT_TRUE(std::isfinite(exp2_of(most)));
}

TEST(FloatMath, sigmoid_and_tanh_are_close_to_the_double) {
    for (int i = -30'000; i <= 30'000; i += 3) {
        const float value = static_cast<float>(i) * 0.001F;
        const double sigmoid = 1.0 / (1.0 + std::exp(-static_cast<double>(value)));
        ASSERT_NEAR(sigmoid_of(value), sigmoid, 2e-6 * sigmoid) << value;
        ASSERT_NEAR(tanh_of(value), std::tanh(static_cast<double>(value)), 4e-7) << value;
    }
    EXPECT_EQ(sigmoid_of(0.0F), 0.5F);
    EXPECT_EQ(tanh_of(0.0F), 0.0F);
    EXPECT_EQ(sigmoid_of(1000.0F), 1.0F);
    EXPECT_EQ(sigmoid_of(-1000.0F), 0.0F);
    EXPECT_EQ(tanh_of(-1000.0F), -1.0F);
}

TEST(FloatMath, the_normal_distribution_is_close_to_the_double) {
    for (int i = -90'000; i <= 90'000; i += 7) {
        const float value = static_cast<float>(i) * 0.0001F;
        const double below = 0.5 * std::erfc(-static_cast<double>(value) * M_SQRT1_2);
        ASSERT_NEAR(normal_below(value), below, 4e-7) << value;
    }
    EXPECT_EQ(normal_below(1e30F), 1.0F);
    EXPECT_EQ(normal_below(-1e30F), 0.0F);
}

TEST(FloatMath, the_inverse_root_is_close_to_the_double) {
    for (float value = 1e-30F; value < 1e30F; value *= 1.0173F) {
        const double expected = 1.0 / std::sqrt(static_cast<double>(value));
        ASSERT_NEAR(inverse_root_of(value), expected, 1e-5 * expected) << value;
    }
}

TEST(FloatMath, cosine_of_turns_is_close_to_the_double) {
    for (int i = -10'000; i <= 10'000; ++i) {
        const float turns = static_cast<float>(i) * 0.0001F;
        ASSERT_NEAR(cos_turns_of(turns), std::cos(2 * M_PI * static_cast<double>(turns)), 2e-6) << turns;
    }
}

}  // namespace
}  // namespace redshank
