#include <algorithm>
#include <cmath>

#include "model/decimal.hpp"
#include "model/int128.hpp"
#include "model/powers_of_ten.hpp"

namespace redshank {

namespace {

constexpr unsigned places_max = 40;
const UInt128 mantissa_limit{powers_of_ten[18], 0};

// A decimal on the way: up to 2^127 of a mantissa.
struct Wide {
    Int128 mantissa;
    unsigned places = 0;
    bool rounded = false;
};

// Half to even.
void drop_places(Wide& value, unsigned count) noexcept {
    UInt128 size = magnitude(value.mantissa);
    for (; count > 0;) {
        const unsigned now = std::min(count, 18U);
        const auto [quotient, remainder] = divide(size, powers_of_ten[now]);
        const std::uint64_t half = powers_of_ten[now] / 2;
        const bool up = remainder > half || (remainder == half && (quotient.low & 1U) != 0);
        value.rounded = value.rounded || remainder != 0;
        size = up ? quotient + UInt128{1, 0} : quotient;
        count -= now;
        value.places -= now;
    }
    value.mantissa = with_sign(size, is_negative(value.mantissa));
}

void widen(Wide& value, unsigned places) noexcept {
    UInt128 size = magnitude(value.mantissa);
    for (unsigned left = places; left > 0; --left) size = multiply(size, 10).value;
    value.mantissa = with_sign(size, is_negative(value.mantissa));
    value.places += places;
}

unsigned digits_of(const Int128& value) noexcept {
    const UInt128 size = magnitude(value);
    unsigned digits = 0;
    for (UInt128 power{1, 0}; digits < 38 && power <= size; ++digits) power = multiply(power, 10).value;
    return digits;
}

}  // namespace

std::optional<Decimal> nearest_decimal(double value, std::uint8_t places) noexcept {
    constexpr double largest = 9e15;  // below 2^53
    Decimal decimal{.mantissa = 0, .scale = 0, .rounded = false};
    if (!(std::fabs(value) < largest)) return std::nullopt;
    while (decimal.scale < places && std::fabs(value) * 10 < largest) {
        value *= 10;
        ++decimal.scale;
    }
    decimal.mantissa = static_cast<std::int64_t>(value < 0 ? value - 0.5 : value + 0.5);
    return decimal;
}

Result<Decimal> scale_decimal(const Decimal& value, const Decimal& factor, const Decimal& offset) noexcept {
    Wide product{multiply_signed(value.mantissa, factor.mantissa),
                 static_cast<unsigned>(value.scale) + static_cast<unsigned>(factor.scale), value.rounded};
    Wide sum{with_sign(UInt128{magnitude(offset.mantissa), 0}, offset.mantissa < 0), offset.scale, false};
    if (product.mantissa == Int128{}) product.places = 0;
    // Both to the places of the finer one, as far as 36 digits hold them.
    const auto align = [](Wide& coarse, Wide& fine) {
        const unsigned room = 36 - std::min(digits_of(coarse.mantissa), 36U);
        const unsigned more = std::min(fine.places - coarse.places, room);
        widen(coarse, more);
        if (fine.places > coarse.places) drop_places(fine, fine.places - coarse.places);
    };
    if (product.places < sum.places) {
        align(product, sum);
    } else if (sum.places < product.places) {
        align(sum, product);
    }
    Wide result{product.mantissa + sum.mantissa, product.places, product.rounded || sum.rounded};
    const unsigned digits = digits_of(result.mantissa);
    unsigned drop = digits > 18 ? std::min(digits - 18, result.places) : 0;
    drop = std::max(drop, result.places > places_max ? result.places - places_max : 0);
    drop_places(result, drop);
    // Rounding may have made one digit more.
    if (magnitude(result.mantissa) >= mantissa_limit && result.places > 0) drop_places(result, 1);
    const UInt128 size = magnitude(result.mantissa);
    if (size >= mantissa_limit) return tl::unexpected(Error::out_of_range);
    const auto mantissa = static_cast<std::int64_t>(size.low);
    return Decimal{is_negative(result.mantissa) ? -mantissa : mantissa, static_cast<std::uint8_t>(result.places),
                   result.rounded};
}

}  // namespace redshank
