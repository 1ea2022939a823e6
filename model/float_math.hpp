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

// 2 to the power of a finite value, within 3e-7 relative. Below -126 it is 0, above 127 as at 127.
//   Source: 2^n * e^(f ln 2), n whole, |f| <= 1/2, the series cut after the seventh power (the rest is below 6e-9).
inline float exp2_of(float value) noexcept {
    if (!(value >= -126.0F)) return 0.0F;
    const float limited = value < 127.0F ? value : 127.0F;
    const auto whole = static_cast<std::int32_t>(limited + (limited < 0.0F ? -0.5F : 0.5F));
    const float x = (limited - static_cast<float>(whole)) * 0.693147181F;
    const float series =
        1.0F +
        x * (1.0F +
             x * (0.5F + x * (1.0F / 6.0F +
                              x * (1.0F / 24.0F + x * (1.0F / 120.0F + x * (1.0F / 720.0F + x * (1.0F / 5040.0F)))))));
    return series * std::bit_cast<float>(static_cast<std::uint32_t>(whole + 127) << 23);
}

// e to the power of a finite value, within 3e-7 relative for |value| <= 1, 6e-6 up to 87. Below -87.3 it is 0, above
// 88 as at 88.
inline float exp_of(float value) noexcept {
    return exp2_of(value * 1.44269504F);
}

// 1 / (1 + e^-value), within 2e-6 relative, in [0, 1]; value finite.
inline float sigmoid_of(float value) noexcept {
    if (value < 0.0F) {
        const float small = exp_of(value);
        return small / (1.0F + small);
    }
    return 1.0F / (1.0F + exp_of(-value));
}

// The hyperbolic tangent of a finite value, within 4e-7 absolute, in [-1, 1].
inline float tanh_of(float value) noexcept {
    const float size = value < 0.0F ? -value : value;
    const float small = exp_of(-2.0F * size);
    const float result = (1.0F - small) / (1.0F + small);
    return value < 0.0F ? -result : result;
}

// 1 over the square root of a normal float > 0, within 1e-5 relative; a loop of these uses lanes where sqrt does not.
//   Source: Lomont (2003), "Fast inverse square root": a first guess by halving the exponent, two steps of Newton.
inline float inverse_root_of(float value) noexcept {
    const float guess = std::bit_cast<float>(0x5f375a86U - (std::bit_cast<std::uint32_t>(value) >> 1));
    const float better = guess * (1.5F - 0.5F * value * guess * guess);
    return better * (1.5F - 0.5F * value * better * better);
}

// The share of a standard normal distribution below a finite value, within 4e-7 absolute, in [0, 1].
//   Source: Abramowitz and Stegun (1964), "Handbook of Mathematical Functions", 26.2.17.
inline float normal_below(float value) noexcept {
    const float size = value < 0.0F ? -value : value;
    if (size > 8.0F) return value < 0.0F ? 0.0F : 1.0F;
    const float t = 1.0F / (1.0F + 0.2316419F * size);
    const float series =
        t * (0.319381530F + t * (-0.356563782F + t * (1.781477937F + t * (-1.821255978F + t * 1.330274429F))));
    const float above = 0.398942280F * exp_of(-0.5F * size * size) * series;
    return value < 0.0F ? above : 1.0F - above;
}

// The cosine of so many whole turns, within 2e-6 absolute for |turns| <= 1; |turns| < 2^22.
//   Source: folded to the sine of a quarter turn, its series cut after the eleventh power.
inline float cos_turns_of(float turns) noexcept {
    const float size = turns < 0.0F ? -turns : turns;
    const float part = size - static_cast<float>(static_cast<std::int32_t>(size));  // in [0, 1)
    const float folded = part < 0.5F ? part : 1.0F - part;                          // in [0, 1/2]
    const float x = (0.25F - folded) * 6.28318531F;
    const float square = x * x;
    return x * (1.0F + square * (-1.0F / 6.0F +
                                 square * (1.0F / 120.0F +
                                           square * (-1.0F / 5040.0F +
                                                     square * (1.0F / 362880.0F + square * (-1.0F / 39916800.0F))))));
}

}  // namespace redshank
