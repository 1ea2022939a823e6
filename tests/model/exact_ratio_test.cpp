#include "model/exact_ratio.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace redshank {
namespace {

TEST(ExactRatio, a_bit_far_below_a_tie_decides_it) {
    // (2^53 + 1) * 3 / 3 is a tie; one more in the numerator is above it.
    const UInt128 tie = multiply((std::uint64_t{1} << 53) + 1, 3);
    const std::array<std::uint64_t, 1> three{3};
    EXPECT_EQ(exact_ratio(UInt256::of(tie), three, 0), 9007199254740992.0);
    EXPECT_EQ(exact_ratio(UInt256::of(tie + UInt128{1, 0}), three, 0), 9007199254740994.0);
    EXPECT_EQ(exact_ratio(UInt256::of(tie), three, -60), 9007199254740992.0 * 0x1p-60);
    // 2^360 - 1 in factors: a tie times 1 + 2^-360, so that only the remainders know that it is above.
    const std::array<std::uint64_t, 6> almost{17381693317310093557U, 14801564972449726743U, 15555096349649322541U,
                                              15038693238773119835U, 14690285919898609897U, 2656352253555U};
    EXPECT_EQ(exact_ratio(UInt256{{(std::uint64_t{1} << 53) + 1}}, almost, 360), 9007199254740994.0);
    EXPECT_EQ(exact_ratio(UInt256{{0, 0, 0, std::uint64_t{1} << 63}}, {}, 0), 0x1p255);
}

}  // namespace
}  // namespace redshank
