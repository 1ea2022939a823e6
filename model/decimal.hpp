#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "model/error.hpp"

namespace redshank {

// A decimal as it was written: value = mantissa * 10^-scale, exact unless `rounded`.
//   Invariant: |mantissa| < 10^18; 0 <= scale <= 40. "21.50" has scale 2, "1e3" scale 0, "1e-12" scale 12.
struct Decimal {
    std::int64_t mantissa = 0;
    std::uint8_t scale = 0;
    bool rounded = false;  // digits beyond 18 significant ones or 40 places were rounded away, half to even
};

// Optional sign, digits, fraction, exponent. `json` admits JSON's grammar only (no leading +, zeros or bare point);
// otherwise "+3", ".5", "5." and "007" pass too. Anything else, "NaN" and "inf" included, is not_a_number; a magnitude
// of 10^18 and above, also by rounding, is out_of_range. No locale, no heap.
enum class DecimalGrammar : std::uint8_t { json, plain };
Result<Decimal> parse_decimal(std::string_view text, DecimalGrammar grammar) noexcept;

// a * 10^-a_scale against b * 10^-b_scale, exactly, for any integers and scales.
std::strong_ordering compare_decimal(std::int64_t a, std::uint8_t a_scale, std::int64_t b,
                                     std::uint8_t b_scale) noexcept;

// `value` with that many places, halves away from zero, fewer where it would not fit in 53 bits; nullopt from 9e15 on.
std::optional<Decimal> nearest_decimal(double value, std::uint8_t places) noexcept;

// value * factor + offset, exact, or with the last digits rounded half to even (and `rounded` set) where more than 18
// are needed; out_of_range from 10^18 on.
Result<Decimal> scale_decimal(const Decimal& value, const Decimal& factor, const Decimal& offset) noexcept;

}  // namespace redshank
