#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "model/int128.hpp"

namespace redshank {

// What means and variances need so that they are rounded once: wide integers that wrap modulo 2^256, and the quotient
// of one by a product of 64-bit factors as the nearest double. Not for the event path: a window closes with it.
struct UInt256 {
    std::array<std::uint64_t, 4> words{};  // least significant first

    static constexpr UInt256 of(const UInt128& a) noexcept { return {{a.low, a.high, 0, 0}}; }
    bool fits_128() const noexcept { return words[2] == 0 && words[3] == 0; }
    UInt128 low() const noexcept { return {words[0], words[1]}; }

    friend UInt256 operator+(const UInt256& a, const UInt256& b) noexcept;
    friend UInt256 operator-(const UInt256& a, const UInt256& b) noexcept;
    friend bool operator==(const UInt256&, const UInt256&) noexcept = default;
    friend bool operator<(const UInt256& a, const UInt256& b) noexcept;
};

UInt256 multiply(const UInt256& a, std::uint64_t b) noexcept;
UInt256 multiply(const UInt128& a, const UInt128& b) noexcept;

// numerator * 2^binary_exponent / (divisors' product), correctly rounded, ties to even. Divisors are not 0 and their
// product is below 2^448; the result is 0 or in double's normal range.
double exact_ratio(const UInt256& numerator, std::span<const std::uint64_t> divisors, int binary_exponent) noexcept;

// numerator / (10^places * the divisors' product), likewise; at most two divisors and 80 places.
double exact_decimal_ratio(const UInt256& numerator, std::span<const std::uint64_t> divisors, unsigned places) noexcept;

}  // namespace redshank
