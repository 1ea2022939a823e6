#pragma once

#include <bit>
#include <cstdint>

#include "model/int128.hpp"

namespace redshank {

// A number that is not negative, of any size, to 64 significant bits: value = mantissa * 2^exponent, in integers only,
// the same on every board. Results are cut, not rounded: relative error below 2^-62 each.
//   Invariant: the mantissa's highest bit is set, or mantissa and exponent are 0.
struct Scaled {
    std::uint64_t mantissa = 0;
    std::int32_t exponent = 0;

    friend constexpr bool operator==(const Scaled&, const Scaled&) noexcept = default;

    // value * 2^exponent
    static constexpr Scaled of(const UInt128& value, std::int32_t exponent = 0) noexcept {
        const auto width = static_cast<std::int32_t>(bit_width(value));
        if (width == 0) return {};
        return {(value << static_cast<unsigned>(128 - width)).high, exponent + width - 64};
    }

    friend constexpr Scaled operator+(const Scaled& a, const Scaled& b) noexcept {
        if (a.mantissa == 0) return b;
        if (b.mantissa == 0) return a;
        const Scaled& large = a.exponent >= b.exponent ? a : b;
        const Scaled& small = a.exponent >= b.exponent ? b : a;
        const auto distance = static_cast<unsigned>(large.exponent - small.exponent);
        const UInt128 sum = UInt128{large.mantissa, 0} + (UInt128{small.mantissa, 0} >> distance);
        return of(sum, large.exponent);
    }
    friend constexpr Scaled operator*(const Scaled& a, const Scaled& b) noexcept {
        return of(multiply(a.mantissa, b.mantissa), a.exponent + b.exponent);
    }
    friend constexpr Scaled operator*(const Scaled& a, std::uint64_t factor) noexcept {
        return of(multiply(a.mantissa, factor), a.exponent);
    }
    friend constexpr Scaled operator/(const Scaled& a, std::uint64_t divisor) noexcept {  // divisor is not 0
        if (std::has_single_bit(divisor) && a.mantissa != 0)
            return {a.mantissa, a.exponent - std::countr_zero(divisor)};
        return of(divide(UInt128{0, a.mantissa}, divisor).quotient, a.exponent - 64);
    }
    friend constexpr bool operator<(const Scaled& a, const Scaled& b) noexcept {
        if (a.mantissa == 0 || b.mantissa == 0) return a.mantissa < b.mantissa;
        return a.exponent != b.exponent ? a.exponent < b.exponent : a.mantissa < b.mantissa;
    }
};

// 1 / sqrt(value) = mantissa * 2^exponent with the mantissa from 2^62 to 2^63, give or take a unit of 2^-56; relative
// error below 2^-47. The value is not 0. No division and no root: Newton's step r (3 - w r^2) / 2 for 1 / sqrt(w) from
// a straight line that is within 8.6 % on [1, 4), three times in 32 bits, which leaves an error below 2^-24, and once
// in 64.
struct ReciprocalRoot {
    std::uint64_t mantissa = 0;
    std::int32_t exponent = 0;
};
constexpr ReciprocalRoot reciprocal_root(const Scaled& value) noexcept {
    const std::int32_t whole = value.exponent + 63;
    const bool odd = (whole & 1) != 0;
    const std::uint64_t w = odd ? value.mantissa : value.mantissa >> 1;  // [1, 4) with 62 fraction bits
    const std::uint64_t short_w = w >> 32;                               // with 30
    constexpr std::uint64_t line_start = 2290047080;                     // 1.0663863 with 31
    constexpr std::uint64_t line_slope = 1308598331;                     // 2 * 0.1523409 with 32
    std::uint64_t short_r = line_start - (short_w * line_slope >> 32);   // 31
    for (int step = 0; step < 3; ++step) {
        const std::uint64_t square = short_r * short_r >> 32;           // 30
        const std::uint64_t product = short_w * square >> 32;           // 28, near 1
        const std::uint64_t rest = (std::uint64_t{3} << 28) - product;  // near 2
        short_r = short_r * rest >> 29;                                 // 59 and halved: 60, then 31 again
    }
    std::uint64_t r = short_r << 32;                                // 63
    const std::uint64_t square = multiply(r, r).high;               // 62
    const std::uint64_t product = multiply(w, square).high;         // 60
    const std::uint64_t rest = (std::uint64_t{3} << 60) - product;  // 60
    r = multiply(r, rest).high << 3;                                // 59 and halved: 60, then 63 again
    return {r, -63 - (whole - (odd ? 1 : 0)) / 2};
}

}  // namespace redshank
