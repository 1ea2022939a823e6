#include "model/aggregate_parts.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "model/channel_scale.hpp"
#include "model/exact_ratio.hpp"
#include "model/powers_of_ten.hpp"

namespace redshank {

namespace {

constexpr std::uint64_t value_limit = std::uint64_t{1} << 62;

// Exact for values within 62 bits; others, which only a broken row can bring, wrap.
std::int64_t difference(std::int64_t a, std::int64_t b) noexcept {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

// value * 10^steps where it fits in 62 bits.
std::optional<std::int64_t> refined(std::int64_t value, unsigned steps) noexcept {
    if (value == 0) return 0;
    if (steps >= powers_of_ten.size()) return std::nullopt;
    const UInt128 size = multiply(magnitude(value), powers_of_ten[steps]);
    if (size.high != 0 || size.low >= value_limit) return std::nullopt;
    const auto result = static_cast<std::int64_t>(size.low);
    return value < 0 ? -result : result;
}

// value / 10^steps, half to even.
UInt128 coarsened(UInt128 value, unsigned steps) noexcept {
    if (steps == 0) return value;
    bool sticky = false;
    for (unsigned left = steps - 1; left > 0;) {
        const unsigned part = std::min(left, 19U);
        const Quotient128 shorter = divide(value, powers_of_ten[part]);
        sticky = sticky || shorter.remainder != 0;
        value = shorter.quotient;
        left -= part;
    }
    const auto [quotient, digit] = divide(value, 10);
    const bool up = digit > 5 || (digit == 5 && (sticky || (quotient.low & 1U) != 0));
    return up ? quotient + UInt128{1, 0} : quotient;
}

// The parts about another pivot: sum and squares follow exactly, or squares clamp.
void rebase(AggregateParts& parts, std::int64_t pivot) noexcept {
    const std::int64_t shift = difference(parts.pivot, pivot);
    parts.pivot = pivot;
    if (shift == 0 || parts.count == 0) return;
    const std::uint64_t size = magnitude(shift);
    if (!parts.squares_clamped) {
        // sum of (d + shift)^2 = squares + 2 shift sum + count shift^2
        const UInt256 cross = multiply(multiply(UInt256::of(magnitude(parts.sum)), size), 2);
        const UInt256 constant = multiply(UInt256::of(multiply(size, size)), parts.count);
        const UInt256 positive = UInt256::of(parts.squares) + constant;
        const bool cross_negative = is_negative(parts.sum) != (shift < 0);
        const UInt256 squares = cross_negative ? positive - cross : positive + cross;
        parts.squares_clamped = !squares.fits_128();
        parts.squares = parts.squares_clamped ? uint128_max : squares.low();
    }
    parts.sum = parts.sum + with_sign(multiply(parts.count, size), shift < 0);
}

// Everything at an exponent coarser by `steps`, rounded.
void coarsen(AggregateParts& parts, unsigned steps) noexcept {
    const int change = -static_cast<int>(steps);
    const std::int64_t pivot = rescale(parts.pivot, change);
    rebase(parts, pivot == 0 ? 0 : pivot * static_cast<std::int64_t>(powers_of_ten[steps]));
    parts.pivot = pivot;
    parts.exponent = static_cast<std::uint8_t>(parts.exponent - steps);
    if (parts.count == 0) return;
    parts.rounded = true;
    parts.sum = with_sign(coarsened(magnitude(parts.sum), steps), is_negative(parts.sum));
    if (!parts.squares_clamped) parts.squares = coarsened(parts.squares, 2 * steps);
    for (std::int64_t* value : {&parts.min, &parts.max, &parts.first, &parts.last}) *value = rescale(*value, change);
}

void bring_to_one_exponent(AggregateParts& a, AggregateParts& b) noexcept {
    AggregateParts& coarse = a.exponent < b.exponent ? a : b;
    AggregateParts& fine = a.exponent < b.exponent ? b : a;
    const int steps = fine.exponent - coarse.exponent;
    if (steps == 0 || coarse.refine(static_cast<std::uint8_t>(steps))) return;
    coarsen(fine, static_cast<unsigned>(steps));
}

}  // namespace

AggregateParts AggregateParts::empty(std::int64_t pivot, std::uint8_t exponent) noexcept {
    AggregateParts parts;
    parts.pivot = pivot;
    parts.exponent = exponent;
    return parts;
}

void AggregateParts::add(std::int64_t raw, std::int64_t event_ns) noexcept {
    const std::int64_t distance = difference(raw, pivot);
    const std::uint64_t size = magnitude(distance);
    sum = sum + Int128::of(distance);
    squares = saturating_add(squares, multiply(size, size), squares_clamped);
    const bool only = count == 0;
    if (only || raw < min) min = raw;
    if (only || raw > max) max = raw;
    if (only || event_ns < first_ns) {
        first = raw;
        first_ns = event_ns;
    }
    if (only || event_ns >= last_ns) {
        last = raw;
        last_ns = event_ns;
    }
    ++count;
    sketch.add(raw, exponent);
}

void AggregateParts::merge(const AggregateParts& other) noexcept {
    if (other.count == 0) return;
    AggregateParts added = other;
    bring_to_one_exponent(*this, added);
    rebase(added, pivot);
    const bool only = count == 0;
    count += added.count;
    sum = sum + added.sum;
    squares_clamped = squares_clamped || added.squares_clamped;
    squares = saturating_add(squares, added.squares, squares_clamped);
    rounded = rounded || added.rounded;
    sketch.merge(added.sketch);
    if (only || added.min < min) min = added.min;
    if (only || added.max > max) max = added.max;
    if (only || added.first_ns < first_ns || (added.first_ns == first_ns && added.first < first)) {
        first = added.first;
        first_ns = added.first_ns;
    }
    if (only || added.last_ns > last_ns || (added.last_ns == last_ns && added.last > last)) {
        last = added.last;
        last_ns = added.last_ns;
    }
}

bool AggregateParts::refine(std::uint8_t steps) noexcept {
    if (exponent + steps > static_cast<int>(exponent_max)) return false;
    AggregateParts finer = *this;
    finer.exponent = static_cast<std::uint8_t>(exponent + steps);
    for (std::int64_t* value : {&finer.pivot, &finer.min, &finer.max, &finer.first, &finer.last}) {
        const std::optional<std::int64_t> fitting = refined(*value, steps);
        if (!fitting) return false;
        *value = *fitting;
    }
    // With more steps than 64 bits hold powers, all that fitted is 0, and so are sum and squares.
    const std::uint64_t power = powers_of_ten[std::min<std::size_t>(steps, powers_of_ten.size() - 1)];
    const Product128 wide_sum = multiply(magnitude(sum), power);
    if (wide_sum.overflow || wide_sum.value.high >> 63 != 0) return false;
    finer.sum = with_sign(wide_sum.value, is_negative(sum));
    if (!squares_clamped) {
        const Product128 once = multiply(squares, power);
        const Product128 twice = multiply(once.value, power);
        if (once.overflow || twice.overflow) return false;
        finer.squares = twice.value;
    }
    *this = finer;
    return true;
}

double AggregateParts::mean() const noexcept {
    if (count == 0) return 0.0;
    const Int128 total = sum + with_sign(multiply(count, magnitude(pivot)), pivot < 0);
    const std::array<std::uint64_t, 1> divisors{count};
    const double size = exact_decimal_ratio(UInt256::of(magnitude(total)), divisors, exponent);
    return is_negative(total) ? -size : size;
}

double AggregateParts::variance() const noexcept {
    if (count == 0) return 0.0;
    // (count * squares - sum^2) / count^2; clamped squares may leave less than nothing.
    const UInt256 whole = multiply(UInt256::of(squares), count);
    const UInt256 part = multiply(magnitude(sum), magnitude(sum));
    if (whole < part) return 0.0;
    const std::array<std::uint64_t, 2> divisors{count, count};
    return exact_decimal_ratio(whole - part, divisors, 2U * exponent);
}

void AggregateParts::write(ByteWriter& out) const noexcept {
    out.put(pivot);
    out.put(exponent);
    out.put(squares_clamped);
    out.put(rounded);
    out.put(count);
    out.put(sum.low);
    out.put(sum.high);
    out.put(squares.low);
    out.put(squares.high);
    for (const std::int64_t value : {min, max, first, first_ns, last, last_ns}) out.put(value);
}

AggregateParts AggregateParts::read(ByteReader& in) noexcept {
    AggregateParts parts;
    parts.pivot = in.get<std::int64_t>();
    parts.exponent = in.get<std::uint8_t>();
    parts.squares_clamped = in.get<bool>();
    parts.rounded = in.get<bool>();
    parts.count = in.get<std::uint64_t>();
    parts.sum.low = in.get<std::uint64_t>();
    parts.sum.high = in.get<std::int64_t>();
    parts.squares.low = in.get<std::uint64_t>();
    parts.squares.high = in.get<std::uint64_t>();
    for (std::int64_t* value : {&parts.min, &parts.max, &parts.first, &parts.first_ns, &parts.last, &parts.last_ns}) {
        *value = in.get<std::int64_t>();
    }
    if (in.ok() && parts.exponent <= exponent_max) return parts;
    in.get_bytes(SIZE_MAX);
    return {};
}

double to_double(std::int64_t raw, std::uint8_t exponent) noexcept {
    // Both sides are exact doubles: one IEEE division rounds correctly.
    constexpr std::uint64_t exact_max = std::uint64_t{1} << 53;
    constexpr std::array<double, 23> exact_powers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (exponent < exact_powers.size() && magnitude(raw) <= exact_max) {
        return static_cast<double>(raw) / exact_powers[exponent];
    }
    const double size = exact_decimal_ratio(UInt256::of({magnitude(raw), 0}), {}, exponent);
    return raw < 0 ? -size : size;
}

}  // namespace redshank
