#include "model/int128.hpp"

#include <gtest/gtest.h>

#include "tests/model/numbers_random.hpp"

namespace redshank {
namespace {

constexpr std::uint64_t all_ones = UINT64_MAX;

TEST(Int128, fixed_vectors_agree_on_every_board) {
    static_assert(UInt128{all_ones, 0} + UInt128{1, 0} == UInt128{0, 1});
    static_assert(UInt128{0, 1} - UInt128{1, 0} == UInt128{all_ones, 0});
    static_assert(multiply(all_ones, all_ones) == UInt128{1, all_ones - 1});
    static_assert(multiply(0x123456789abcdef0U, 0xfedcba9876543210U) ==
                  UInt128{0x236d88fe5618cf00U, 0x121fa00ad77d7422U});
    static_assert(divide(UInt128{0, 1}, 3).quotient == UInt128{0x5555555555555555U, 0});
    static_assert(divide(uint128_max, all_ones).quotient == UInt128{1, 1});
    static_assert(divide(UInt128{5, 7}, all_ones).remainder == 12);
    EXPECT_EQ(multiply_signed(INT64_MIN, INT64_MIN), (Int128{0, std::int64_t{1} << 62}));
    EXPECT_EQ(multiply_signed(INT64_MIN, 1), (Int128{std::uint64_t{1} << 63, -1}));
    EXPECT_EQ(-Int128::of(5) + Int128::of(7), Int128::of(2));
    EXPECT_EQ(magnitude(Int128::of(-9)), (UInt128{9, 0}));
    EXPECT_TRUE(is_negative(Int128::of(3) - Int128::of(4)));
}

TEST(Int128, overflow_of_a_product_and_a_sum_is_told) {
    EXPECT_TRUE(multiply(UInt128{0, 1}, std::uint64_t{1} << 63).value == UInt128({0, std::uint64_t{1} << 63}));
    EXPECT_FALSE(multiply(UInt128{all_ones, 1}, std::uint64_t{1} << 62).overflow);
    EXPECT_TRUE(multiply(UInt128{0, 2}, std::uint64_t{1} << 63).overflow);
    EXPECT_TRUE(multiply(UInt128{all_ones, std::uint64_t{1} << 63}, 2).overflow);
    bool clamped = false;
    EXPECT_EQ(saturating_add(uint128_max, UInt128{}, clamped), uint128_max);
    EXPECT_FALSE(clamped);
    EXPECT_EQ(saturating_add(uint128_max, UInt128{1, 0}, clamped), uint128_max);
    EXPECT_TRUE(clamped);
}

TEST(Int128, doubles_are_nearest_with_ties_to_even) {
    const std::uint64_t two53 = std::uint64_t{1} << 53;
    EXPECT_EQ(to_double(UInt128{}), 0.0);
    EXPECT_EQ(to_double(UInt128{two53 + 1, 0}), 9007199254740992.0);  // a tie, down to even
    EXPECT_EQ(to_double(UInt128{two53 + 3, 0}), 9007199254740996.0);  // a tie, up to even
    EXPECT_EQ(to_double(UInt128{1, 1} << 53), to_double(UInt128{0, 1} << 53));
    EXPECT_EQ(to_double(uint128_max), 340282366920938463463374607431768211456.0);
    EXPECT_EQ(to_double(Int128::of(INT64_MIN)), -9223372036854775808.0);
    EXPECT_EQ(to_double(Int128::of(-3)), -3.0);
    // One bit far below a tie decides it.
    EXPECT_EQ(to_double((UInt128{two53 + 1, 0} << 64) + UInt128{1, 0}), 9007199254740994.0 * 18446744073709551616.0);
}

TEST(Int128, division_gives_back_the_dividend) {
    NumbersRandom random(1);
    for (int i = 0; i < 200'000; ++i) {
        const UInt128 a{random.any_width(), random.any_width()};
        const std::uint64_t divisor = random.any_width() | 1U << random.below(3);
        const auto [quotient, remainder] = divide(a, divisor);
        ASSERT_LT(remainder, divisor) << i;
        const Product128 back = multiply(quotient, divisor);
        ASSERT_FALSE(back.overflow) << i;
        ASSERT_EQ(back.value + UInt128({remainder, 0}), a) << i;
    }
}

#ifdef __SIZEOF_INT128__
__extension__ using Wide = unsigned __int128;
__extension__ using WideSigned = __int128;

Wide wide(const UInt128& a) {
    return static_cast<Wide>(a.high) << 64 | a.low;
}
UInt128 pair(Wide a) {
    return {static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(a >> 64)};
}

TEST(Int128, agrees_with_the_compilers_own_type) {
    NumbersRandom random(2);
    for (int i = 0; i < 200'000; ++i) {
        const UInt128 a{random.any_width(), random.any_width()};
        const UInt128 b{random.any_width(), random.any_width()};
        const std::uint64_t c = random.any_width();
        const auto count = static_cast<unsigned>(random.below(128));
        ASSERT_EQ(a + b, pair(wide(a) + wide(b))) << i;
        ASSERT_EQ(a - b, pair(wide(a) - wide(b))) << i;
        ASSERT_EQ(a << count, pair(wide(a) << count)) << i;
        ASSERT_EQ(a >> count, pair(wide(a) >> count)) << i;
        ASSERT_EQ(a < b, wide(a) < wide(b)) << i;
        ASSERT_EQ(multiply(a.low, c), pair(static_cast<Wide>(a.low) * c)) << i;
        ASSERT_EQ(multiply(a, c).value, pair(wide(a) * c)) << i;
        ASSERT_EQ(multiply(a, c).overflow, c != 0 && wide(a) > wide(uint128_max) / c) << i;
        if (c != 0) {
            ASSERT_EQ(divide(a, c).quotient, pair(wide(a) / c)) << i;
            ASSERT_EQ(divide(a, c).remainder, static_cast<std::uint64_t>(wide(a) % c)) << i;
        }
        ASSERT_EQ(to_double(a), static_cast<double>(wide(a))) << i;
        const auto x = static_cast<std::int64_t>(a.low);
        const auto y = static_cast<std::int64_t>(c);
        ASSERT_EQ(multiply_signed(x, y).bits(), pair(static_cast<Wide>(static_cast<WideSigned>(x) * y))) << i;
        ASSERT_EQ(to_double(Int128::of_bits(a)), static_cast<double>(static_cast<WideSigned>(wide(a)))) << i;
    }
}
#endif

}  // namespace
}  // namespace redshank
