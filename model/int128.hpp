#pragma once

#include <bit>
#include <compare>
#include <cstdint>

namespace redshank {

// 128-bit integers as pairs of 64 bits with carry: GCC on armhf has no __int128. Only what exact sums need. Everything
// is constexpr and integer only; sums and differences wrap modulo 2^128 unless the name says otherwise.

constexpr std::uint64_t magnitude(std::int64_t value) noexcept {
    const auto bits = static_cast<std::uint64_t>(value);
    return value < 0 ? 0 - bits : bits;
}

struct UInt128 {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    friend constexpr bool operator==(const UInt128&, const UInt128&) noexcept = default;
    friend constexpr std::strong_ordering operator<=>(const UInt128& a, const UInt128& b) noexcept {
        return a.high != b.high ? a.high <=> b.high : a.low <=> b.low;
    }
    friend constexpr UInt128 operator+(const UInt128& a, const UInt128& b) noexcept {
        const std::uint64_t low = a.low + b.low;
        return {low, a.high + b.high + (low < a.low ? 1U : 0U)};
    }
    friend constexpr UInt128 operator-(const UInt128& a, const UInt128& b) noexcept {
        return {a.low - b.low, a.high - b.high - (a.low < b.low ? 1U : 0U)};
    }
    // `count` of 128 and more gives 0.
    friend constexpr UInt128 operator<<(const UInt128& a, unsigned count) noexcept {
        if (count == 0) return a;
        if (count >= 128) return {};
        if (count >= 64) return {0, a.low << (count - 64)};
        return {a.low << count, a.high << count | a.low >> (64 - count)};
    }
    friend constexpr UInt128 operator>>(const UInt128& a, unsigned count) noexcept {
        if (count == 0) return a;
        if (count >= 128) return {};
        if (count >= 64) return {a.high >> (count - 64), 0};
        return {a.low >> count | a.high << (64 - count), a.high >> count};
    }
};

inline constexpr UInt128 uint128_max{UINT64_MAX, UINT64_MAX};

// Two's complement over the pair.
struct Int128 {
    std::uint64_t low = 0;
    std::int64_t high = 0;

    friend constexpr bool operator==(const Int128&, const Int128&) noexcept = default;
    friend constexpr std::strong_ordering operator<=>(const Int128& a, const Int128& b) noexcept {
        return a.high != b.high ? a.high <=> b.high : a.low <=> b.low;
    }
    constexpr UInt128 bits() const noexcept { return {low, static_cast<std::uint64_t>(high)}; }
    static constexpr Int128 of_bits(const UInt128& bits) noexcept {
        return {bits.low, static_cast<std::int64_t>(bits.high)};
    }
    static constexpr Int128 of(std::int64_t value) noexcept {
        return {static_cast<std::uint64_t>(value), value < 0 ? -1 : 0};
    }
    friend constexpr Int128 operator+(const Int128& a, const Int128& b) noexcept {
        return of_bits(a.bits() + b.bits());
    }
    friend constexpr Int128 operator-(const Int128& a, const Int128& b) noexcept {
        return of_bits(a.bits() - b.bits());
    }
    friend constexpr Int128 operator-(const Int128& a) noexcept { return of_bits(UInt128{} - a.bits()); }
};

constexpr bool is_negative(const Int128& a) noexcept {
    return a.high < 0;
}

// Sign and magnitude apart and together again; 2^127 as a magnitude is exact for the most negative value only.
constexpr UInt128 magnitude(const Int128& a) noexcept {
    return is_negative(a) ? (-a).bits() : a.bits();
}
constexpr Int128 with_sign(const UInt128& size, bool negative) noexcept {
    return negative ? -Int128::of_bits(size) : Int128::of_bits(size);
}

constexpr unsigned bit_width(const UInt128& a) noexcept {
    return static_cast<unsigned>(a.high != 0 ? 64 + std::bit_width(a.high) : std::bit_width(a.low));
}

// The full product, from 32-bit halves.
constexpr UInt128 multiply(std::uint64_t a, std::uint64_t b) noexcept {
    const std::uint64_t a0 = a & 0xffffffffU;
    const std::uint64_t a1 = a >> 32;
    const std::uint64_t b0 = b & 0xffffffffU;
    const std::uint64_t b1 = b >> 32;
    const std::uint64_t low = a0 * b0;
    const std::uint64_t middle = a1 * b0 + (low >> 32);  // at most (2^32 - 1)^2 + 2^32 - 1, so it cannot wrap
    const std::uint64_t carry = a0 * b1 + (middle & 0xffffffffU);
    return {carry << 32 | (low & 0xffffffffU), a1 * b1 + (middle >> 32) + (carry >> 32)};
}

constexpr Int128 multiply_signed(std::int64_t a, std::int64_t b) noexcept {
    return with_sign(multiply(magnitude(a), magnitude(b)), (a < 0) != (b < 0));
}

struct Product128 {
    UInt128 value;          // modulo 2^128
    bool overflow = false;  // the product is 2^128 or more
};
constexpr Product128 multiply(const UInt128& a, std::uint64_t b) noexcept {
    const UInt128 low = multiply(a.low, b);
    const UInt128 high = multiply(a.high, b);
    const std::uint64_t top = low.high + high.low;
    return {{low.low, top}, high.high != 0 || top < low.high};
}

// a + b, or 2^128 - 1 with `clamped` set (it is never reset here).
constexpr UInt128 saturating_add(const UInt128& a, const UInt128& b, bool& clamped) noexcept {
    const UInt128 sum = a + b;
    if (sum >= a) return sum;
    clamped = true;
    return uint128_max;
}

struct Quotient64 {
    std::uint64_t quotient = 0;
    std::uint64_t remainder = 0;
};
// (high * 2^64 + low) / divisor; high < divisor, so that the quotient fits. Knuth, The Art of Computer Programming,
// volume 2, algorithm D, with two 32-bit quotient digits.
constexpr Quotient64 divide_wide(std::uint64_t high, std::uint64_t low, std::uint64_t divisor) noexcept {
    if (high == 0) return {low / divisor, low % divisor};
    const auto shift = static_cast<unsigned>(std::countl_zero(divisor));
    const std::uint64_t d = divisor << shift;
    const std::uint64_t d1 = d >> 32;
    const std::uint64_t d0 = d & 0xffffffffU;
    const UInt128 n = UInt128{low, high} << shift;
    const auto digit = [d, d1, d0](std::uint64_t rest, std::uint64_t next, std::uint64_t& remainder) {
        std::uint64_t q = rest / d1;
        std::uint64_t r = rest % d1;
        while (q >> 32 != 0 || q * d0 > (r << 32 | next)) {
            --q;
            r += d1;
            if (r >> 32 != 0) break;
        }
        remainder = (rest << 32 | next) - q * d;  // exact modulo 2^64
        return q;
    };
    std::uint64_t rest = 0;
    const std::uint64_t q1 = digit(n.high, n.low >> 32, rest);
    const std::uint64_t q0 = digit(rest, n.low & 0xffffffffU, rest);
    return {q1 << 32 | q0, rest >> shift};
}

struct Quotient128 {
    UInt128 quotient;
    std::uint64_t remainder = 0;
};
// divisor is not 0.
constexpr Quotient128 divide(const UInt128& a, std::uint64_t divisor) noexcept {
    const Quotient64 low = divide_wide(a.high % divisor, a.low, divisor);
    return {{low.quotient, a.high / divisor}, low.remainder};
}

// The double nearest to (top + tail) * 2^exponent, ties to even, with 0 <= tail < 1 and tail > 0 exactly when `sticky`.
// The highest bit of `top` is set; the result lies in double's normal range.
constexpr double nearest_double(std::uint64_t top, bool sticky, int exponent) noexcept {
    std::uint64_t mantissa = top >> 11;
    const std::uint64_t rest = top & 0x7ffU;
    if (rest > 0x400U || (rest == 0x400U && (sticky || (mantissa & 1U) != 0))) ++mantissa;
    const int biased_exponent = exponent + 11 + 52 + 1023;
    const auto biased = static_cast<std::uint64_t>(biased_exponent);
    // The hidden bit comes off; a mantissa rounded up to 2^53 carries into the exponent as it should.
    return std::bit_cast<double>((biased << 52) + (mantissa - (std::uint64_t{1} << 52)));
}

constexpr double to_double(const UInt128& a) noexcept {
    const unsigned width = bit_width(a);
    if (width == 0) return 0.0;
    const UInt128 aligned = a << (128 - width);
    return nearest_double(aligned.high, aligned.low != 0, static_cast<int>(width) - 64);
}

constexpr double to_double(const Int128& a) noexcept {
    const double size = to_double(magnitude(a));
    return is_negative(a) ? -size : size;
}

}  // namespace redshank
