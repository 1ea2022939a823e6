#include "model/standardiser.hpp"

#include <algorithm>
#include <cmath>

#include "model/powers_of_ten.hpp"

namespace redshank {

namespace {

constexpr unsigned mean_extra_bits = 32;  // of the mean beyond the 8 of a value
constexpr unsigned wide_bits_max = 94;
constexpr Scaled variance_floor{std::uint64_t{1} << 63, -63 - 4};  // (1/4)^2
constexpr Scaled variance_ceiling{std::uint64_t{1} << 63, -63 + 126};
constexpr Scaled variance_of_half_a_unit{std::uint64_t{1} << 63, -63 + 14};  // 128^2

Int128 mean_scale(std::int64_t value_q8) noexcept {
    return with_sign(UInt128{magnitude(value_q8), 0} << mean_extra_bits, value_q8 < 0);
}

// size / divisor, halves up.
UInt128 divide_nearest(const UInt128& size, std::uint64_t divisor) noexcept {
    if (divisor == Standardiser::readings) {
        static_assert(Standardiser::readings == 1024);
        return (size + UInt128{512, 0}) >> 10U;
    }
    const auto [quotient, remainder] = divide(size, divisor);
    return remainder >= divisor - remainder ? quotient + UInt128{1, 0} : quotient;
}

}  // namespace

Standardised Standardiser::standardise(std::int64_t value_q8) const noexcept {
    if (learned_ < 2) return {};
    const Int128 distance = mean_scale(value_q8) - mean_q40_;
    const UInt128 size = magnitude(distance);
    const bool below = is_negative(distance);
    const unsigned width = bit_width(size);
    if (width == 0) return {};
    const Standardised end = below ? Standardised::from_raw(-limit.raw()) : limit;
    if (variance_ == Scaled{}) return end;

    // distance * inverse, as a fixed-point number with 32 fraction bits; beyond 2^62 it is the limit anyway.
    const unsigned cut = width > 64 ? width - 64 : 0;
    const UInt128 product = multiply((size >> cut).low, inverse_.mantissa);
    const std::int32_t shift =
        static_cast<std::int32_t>(mean_extra_bits) - 32 - inverse_.exponent - static_cast<std::int32_t>(cut);
    if (shift < static_cast<std::int32_t>(bit_width(product)) - 62) return end;
    const UInt128 wide = product >> static_cast<unsigned>(shift);
    const auto ratio = static_cast<std::int64_t>(wide.low);
    std::uint64_t clamped = 0;  // the clamp is part of the value's definition, not a loss to report
    return saturate_between<Standardised, Round::nearest>(Fixed<std::int64_t, 32>::from_raw(below ? -ratio : ratio),
                                                          Standardised::from_raw(-limit.raw()), limit, clamped);
}

void Standardiser::learn(std::int64_t value_q8) noexcept {
    if (learned_ < readings) ++learned_;
    const Int128 distance = mean_scale(value_q8) - mean_q40_;
    const UInt128 size = magnitude(distance);
    mean_q40_ = mean_q40_ + with_sign(divide_nearest(size, learned_), is_negative(distance));
    const Scaled deviation = Scaled::of(size, -static_cast<std::int32_t>(mean_extra_bits));
    const Scaled grown = variance_ + deviation * deviation / learned_;
    set_variance(grown * (learned_ - 1) / learned_);
}

Spread Standardiser::spread() const noexcept {
    if (learned_ == 0) return {};
    constexpr double mean_unit = 1.0 / static_cast<double>(std::uint64_t{1} << mean_extra_bits);
    double variance = static_cast<double>(variance_.mantissa);
    for (std::int32_t i = variance_.exponent; i > 0; --i) variance *= 2.0;
    for (std::int32_t i = variance_.exponent; i < 0; ++i) variance *= 0.5;
    return {to_double(mean_q40_) * mean_unit, std::sqrt(variance), true};
}

void Standardiser::exponent_changed(int change) noexcept {
    mean_q40_ = rescale_wide(mean_q40_, change);
    Scaled variance = variance_;
    for (int i = 0; i < 2; ++i) {
        for (unsigned left = static_cast<unsigned>(change < 0 ? -change : change); left > 0;) {
            const unsigned part = std::min(left, 19U);
            variance = change < 0 ? variance / powers_of_ten[part] : variance * powers_of_ten[part];
            left -= part;
        }
    }
    // A constant whose digits were cut comes back as another number, up to half a unit off: that is no fault.
    const bool cut = change < 0 && learned_ > 0 && mean_q40_.low << 24U != 0;
    if (cut && variance < variance_of_half_a_unit) variance = variance_of_half_a_unit;
    set_variance(variance);
}

void Standardiser::set_variance(const Scaled& variance) noexcept {
    variance_ = variance;
    if (variance_ == Scaled{}) return;
    if (variance_ < variance_floor) variance_ = variance_floor;
    if (variance_ceiling < variance_) variance_ = variance_ceiling;
    inverse_ = reciprocal_root(variance_);
}

void Standardiser::write(ByteWriter& out) const noexcept {
    out.put(learned_);
    out.put(mean_q40_.low);
    out.put(mean_q40_.high);
    out.put(variance_.mantissa);
    out.put(variance_.exponent);
}

void Standardiser::read(ByteReader& in) noexcept {
    *this = {};
    learned_ = in.get<std::uint32_t>();
    mean_q40_.low = in.get<std::uint64_t>();
    mean_q40_.high = in.get<std::int64_t>();
    Scaled variance;
    variance.mantissa = in.get<std::uint64_t>();
    variance.exponent = in.get<std::int32_t>();
    const bool possible = variance == Scaled{} || (variance.mantissa >> 63 != 0 && !(variance < variance_floor) &&
                                                   !(variance_ceiling < variance));
    if (in.ok() && learned_ <= readings && possible && bit_width(magnitude(mean_q40_)) <= wide_bits_max + 1) {
        set_variance(variance);
        return;
    }
    *this = {};
    in.get_bytes(SIZE_MAX);
}

Int128 rescale_wide(const Int128& value, int change) noexcept {
    constexpr UInt128 limit = UInt128{1, 0} << wide_bits_max;
    UInt128 size = magnitude(value);
    for (unsigned left = static_cast<unsigned>(change < 0 ? -change : change); left > 0;) {
        const unsigned part = std::min(left, 19U);
        left -= part;
        if (change > 0) {
            const Product128 larger = multiply(size, powers_of_ten[part]);
            size = larger.overflow || larger.value > limit ? limit : larger.value;
        } else {
            size = divide_nearest(size, powers_of_ten[part]);
        }
    }
    return with_sign(size, is_negative(value));
}

}  // namespace redshank
