#pragma once

#include <bit>
#include <cassert>
#include <cstdint>

namespace redshank {

// Float functions with the same bits on every board: + - * / and integer operations only, because libm differs.

// Base-2 logarithm of a finite value >= 0, within 4e-7 absolute or 2e-7 relative, whichever is larger; exact for powers
// of two. Anything below the smallest normal float, 0 included, counts as that: -126.
//   Source: x = 2^e * m with m in [sqrt(1/2), sqrt(2)); ln m = 2 artanh(s) with s = (m - 1) / (m + 1), its series cut
//   after s^9 (the rest is below 1e-9).
inline float log2_of(float value) noexcept {
    constexpr std::uint32_t smallest_normal = 0x00800000U;
    constexpr std::uint32_t root_of_half = 0x3f3504f3U;
    constexpr float two_over_ln2 = 2.88539008F;

    assert(value >= 0.0F && value <= 3.402823466e38F);
    std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
    if (bits < smallest_normal) bits = smallest_normal;

    const auto exponent = static_cast<std::int32_t>(bits - root_of_half) >> 23;  // rounds down, also below zero
    const float m = std::bit_cast<float>(bits - (static_cast<std::uint32_t>(exponent) << 23));
    const float s = (m - 1.0F) / (m + 1.0F);
    const float square = s * s;
    const float series =
        s * (1.0F + square * (1.0F / 3.0F + square * (1.0F / 5.0F + square * (1.0F / 7.0F + square * (1.0F / 9.0F)))));
    return static_cast<float>(exponent) + two_over_ln2 * series;
}

}  // namespace redshank
