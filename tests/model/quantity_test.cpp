#include "model/quantity.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <type_traits>

#include "tests/model/numbers_random.hpp"

namespace redshank {
namespace {

using Q7 = Fixed<std::int16_t, 7>;
using DegC = Quantity<struct CelsiusTag, Q7>;
using Bar = Quantity<struct BarTag, Q7>;

template <class To, class From>
concept saturates_into = requires(From from, std::uint64_t count) {
    saturate<To>(from, count);
};
template <class A, class B>
concept adds = requires(A a, B b) {
    a + b;
};

TEST(Quantity, has_no_implicit_way_in_or_out) {
    static_assert(!std::is_convertible_v<std::int16_t, Q7> && !std::is_constructible_v<Q7, std::int16_t>);
    static_assert(!std::is_convertible_v<Q7, std::int16_t> && !std::is_convertible_v<Q7, double>);
    static_assert(!std::is_convertible_v<Q7, DegC> && !std::is_convertible_v<DegC, Q7>);
    static_assert(adds<DegC, DegC> && !adds<DegC, Bar> && !adds<Q7, Fixed<std::int16_t, 6>>);
    static_assert(!adds<Fixed<std::int64_t, 7>, Fixed<std::int64_t, 7>>);  // there is nothing wider
    static_assert(saturates_into<DegC, decltype(widen(DegC{}))> && !saturates_into<Bar, decltype(widen(DegC{}))>);
    static_assert(!saturates_into<Q7, decltype(Q7{} * Q7{})>);  // fraction bits go: the rounding must be named
    SUCCEED();
}

TEST(Quantity, ratios_are_the_nearest) {
    static_assert(DegC::from_ratio(853, 10).raw() == 10918);
    static_assert(Q7::from_ratio(-853, 10).raw() == -10918);
    static_assert(Fixed<std::int32_t, 16>::from_ratio(1, 3).raw() == 21845);
    static_assert(Fixed<std::int8_t, 0>::from_ratio(5, 2).raw() == 3);
    static_assert(Fixed<std::int8_t, 0>::from_ratio(-5, 2).raw() == -3);
    SUCCEED();
}

TEST(Quantity, sums_and_products_widen) {
    constexpr DegC highest_degc = DegC::from_raw(INT16_MAX);
    constexpr auto sum = highest_degc + highest_degc;
    static_assert(sum.raw() == 2 * INT16_MAX);
    static_assert(std::is_same_v<decltype(sum)::Value, Fixed<std::int32_t, 7>>);
    constexpr auto product = DegC::from_raw(INT16_MIN) * Bar::from_raw(INT16_MIN);
    static_assert(product.raw() == std::int32_t{1} << 30);
    static_assert(decltype(product)::Value::fraction_bits == 14);
    static_assert((widen(DegC::from_raw(3)) - widen(DegC::from_raw(5))).raw() == -2);
    static_assert((DegC::from_ratio(10, 1) * Q7::from_ratio(1, 2)).value() ==
                  Fixed<std::int32_t, 14>::from_ratio(5, 1));
    SUCCEED();
}

TEST(Quantity, what_does_not_fit_becomes_the_end_and_is_counted) {
    std::uint64_t saturated = 0;
    const DegC warm = DegC::from_ratio(200, 1);
    const DegC mean = saturate<DegC>(divide<Round::nearest>(widen(warm) + widen(warm), 2), saturated);
    EXPECT_EQ(mean, warm);
    EXPECT_EQ(saturated, 0U);
    EXPECT_EQ(saturate<DegC>(warm + warm, saturated).raw(), INT16_MAX);
    EXPECT_EQ(saturate<DegC>(DegC::from_ratio(-200, 1) - warm, saturated).raw(), INT16_MIN);
    EXPECT_EQ(saturated, 2U);
    const Q7 low = Q7::from_ratio(-1, 1);
    const Q7 high = Q7::from_ratio(1, 1);
    EXPECT_EQ((saturate_between<Q7, Round::nearest>(Q7::from_ratio(3, 1) * high, low, high, saturated)), high);
    EXPECT_EQ((saturate_between<Q7>(Fixed<std::int32_t, 7>::from_raw(-129), low, high, saturated)), low);
    EXPECT_EQ(saturated, 4U);
}

TEST(Quantity, narrowing_is_within_its_rounding_of_a_double) {
    NumbersRandom random(14);
    for (int i = 0; i < 100'000; ++i) {
        const auto a = Q7::from_raw(static_cast<std::int16_t>(random.any_width_signed(11)));
        const auto b = Q7::from_raw(static_cast<std::int16_t>(random.any_width_signed(11)));
        std::uint64_t saturated = 0;
        const double exact = a.raw() * b.raw() / 128.0;
        ASSERT_EQ((saturate<Q7, Round::nearest>(a * b, saturated).raw()), std::round(exact)) << i;
        ASSERT_EQ((saturate<Q7, Round::down>(a * b, saturated).raw()), std::floor(exact)) << i;
        const auto divisor = static_cast<std::int16_t>(1 + random.below(99));
        ASSERT_EQ(divide<Round::nearest>(a, divisor).raw(), std::round(a.raw() / static_cast<double>(divisor))) << i;
        ASSERT_EQ(divide<Round::down>(a, divisor).raw(), std::floor(a.raw() / static_cast<double>(divisor))) << i;
        ASSERT_EQ(saturated, 0U);
    }
    EXPECT_EQ(divide<Round::nearest>(Fixed<std::int8_t, 0>::from_raw(INT8_MIN), INT8_MAX).raw(), -1);
}

}  // namespace
}  // namespace redshank
