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

}  // namespace
}  // namespace redshank
