#include "model/scaled.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/model/numbers_random.hpp"

namespace redshank {
namespace {

double value_of(const Scaled& a) {
    return std::ldexp(static_cast<double>(a.mantissa), a.exponent);
}

TEST(Scaled, arithmetic_is_within_its_relative_error) {
    NumbersRandom random(12);
    for (int i = 0; i < 100'000; ++i) {
        const Scaled a = Scaled::of({random.any_width(), 0}, static_cast<std::int32_t>(random.between(-100, 100)));
        const Scaled b = Scaled::of({random.any_width(), 0}, static_cast<std::int32_t>(random.between(-100, 100)));
        const std::uint64_t divisor = 1 + random.below(1024);
        ASSERT_TRUE(a == Scaled{} || a.mantissa >> 63 == 1);
        ASSERT_DOUBLE_EQ(value_of(a + b), value_of(a) + value_of(b)) << i;
        ASSERT_DOUBLE_EQ(value_of(a * b), value_of(a) * value_of(b)) << i;
        ASSERT_DOUBLE_EQ(value_of(a * divisor), value_of(a) * static_cast<double>(divisor)) << i;
        ASSERT_DOUBLE_EQ(value_of(a / divisor), value_of(a) / static_cast<double>(divisor)) << i;
        ASSERT_EQ(a + b, b + a) << i;
        if (value_of(a) != value_of(b)) {
            ASSERT_EQ(a < b, value_of(a) < value_of(b)) << i;
        }
    }
}

TEST(Scaled, reciprocal_root_is_within_two_to_the_minus_47) {
    const auto expect_root = [](const Scaled& a) {
        const ReciprocalRoot root = reciprocal_root(a);
        const double exact = 1.0 / std::sqrt(value_of(a));
        ASSERT_NEAR(std::ldexp(static_cast<double>(root.mantissa), root.exponent) / exact, 1.0, 0x1p-47) << a.mantissa;
        ASSERT_GT(root.mantissa, (std::uint64_t{1} << 62) - (std::uint64_t{1} << 20)) << a.mantissa;
        ASSERT_LE(root.mantissa, (std::uint64_t{1} << 63) + 128) << a.mantissa;
    };
    NumbersRandom random(13);
    for (int i = 0; i < 100'000; ++i) {
        expect_root({random.next() | std::uint64_t{1} << 63, static_cast<std::int32_t>(random.between(-130, 70))});
    }
    for (const std::int32_t exponent : {-64, -63, 0, 1}) {
        expect_root({std::uint64_t{1} << 63, exponent});
        expect_root({UINT64_MAX, exponent});
    }
}

}  // namespace
}  // namespace redshank
