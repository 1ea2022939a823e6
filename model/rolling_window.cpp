#include "model/rolling_window.hpp"

#include <algorithm>
#include <cmath>

#include "model/aggregate_parts.hpp"
#include "model/channel_scale.hpp"
#include "model/exact_ratio.hpp"
#include "model/int128.hpp"

namespace redshank {

namespace {

using Kind = DerivedFeature::Kind;

constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr double ns_per_s = 1e9;
constexpr std::uint8_t rate_digits = 6;

std::uint8_t digits(unsigned wanted) noexcept {
    return static_cast<std::uint8_t>(std::min(wanted, 15U));
}

// numerator / (10^places * divisor^2) or / (10^places * divisor), with a sign.
double quotient(const Int128& numerator, std::uint64_t divisor, bool squared, unsigned places) noexcept {
    const std::array<std::uint64_t, 2> divisors{divisor, divisor};
    const double size =
        exact_decimal_ratio(UInt256::of(magnitude(numerator)), std::span(divisors).first(squared ? 2 : 1), places);
    return is_negative(numerator) ? -size : size;
}

Int128 wide(std::int64_t value) noexcept {
    return with_sign(UInt128{magnitude(value), 0}, value < 0);
}

}  // namespace

void RollingWindow::add(std::int64_t raw, std::int64_t time_ns) noexcept {
    readings_[next_] = {raw, time_ns};
    next_ = static_cast<std::uint8_t>((next_ + 1) % most);
    if (count_ < most) ++count_;
}

double RollingWindow::slope(std::uint8_t count, std::uint8_t exponent, bool& known) const noexcept {
    // About the newest reading and its time: small numbers.
    const Reading& last = newest(0);
    std::array<std::int64_t, most> times{};
    std::int64_t longest = 0;
    for (std::uint8_t i = 0; i < count; ++i) {
        const std::int64_t ms = newest(i).time_ns / ns_per_ms - last.time_ns / ns_per_ms;
        times[i] = ms;
        longest = std::max(longest, ms < 0 ? -ms : ms);
    }
    constexpr std::int64_t steps = std::int64_t{1} << 25;
    unsigned shift = 0;
    while ((longest >> shift) >= steps) ++shift;
    const std::int64_t step_ms = std::int64_t{1} << shift;
    Int128 products;
    Int128 values;
    std::int64_t sum = 0;
    std::int64_t squares = 0;
    for (std::uint8_t i = 0; i < count; ++i) {
        const std::int64_t time = times[i] / step_ms;
        const std::int64_t value = newest(i).raw - last.raw;
        products = products + multiply_signed(value, time * count);
        values = values + wide(value);
        sum += time;
        squares += time * time;
    }
    const std::int64_t spread = squares * count - sum * sum;  // below 2^62
    known = spread > 0;
    if (!known) return 0;
    const std::int64_t total = static_cast<std::int64_t>(values.low);  // of 64 differences: below 2^60
    const Int128 numerator = products - multiply_signed(total, sum);
    const double per_step = quotient(numerator, static_cast<std::uint64_t>(spread), false, exponent);
    return per_step * 1000 / static_cast<double>(step_ms);
}

std::optional<Decimal> RollingWindow::derive(const DerivedFeature& feature, std::uint8_t exponent) const noexcept {
    const std::uint8_t count = std::min(feature.readings, count_);
    if (count < 2) return std::nullopt;
    const Reading& last = newest(0);
    const Reading& before = newest(1);
    const std::int64_t change = last.raw - before.raw;
    const std::int64_t increase = change >= 0 ? change : last.raw;
    const auto in_a_second = [&](std::int64_t raw) -> std::optional<Decimal> {
        const std::int64_t passed_ns = last.time_ns - before.time_ns;
        if (passed_ns <= 0) return std::nullopt;
        const double rate = to_double(raw, exponent) / static_cast<double>(passed_ns) * ns_per_s;
        return nearest_decimal(rate, digits(exponent + rate_digits));
    };
    const auto exact = [exponent](std::int64_t raw) { return Decimal{raw, exponent, false}; };
    switch (feature.kind) {
        case Kind::difference:
            return exact(change);
        case Kind::rate:
            return in_a_second(change);
        case Kind::increase:
            return exact(increase);
        case Kind::counter_rate:
            return in_a_second(increase);
        case Kind::slope: {
            bool known = false;
            const double value = slope(count, exponent, known);
            return known ? nearest_decimal(value, digits(exponent + rate_digits)) : std::nullopt;
        }
        default:
            break;
    }
    std::int64_t least = last.raw;
    std::int64_t greatest = last.raw;
    std::int64_t sum = 0;  // of 64 values below 2^53
    UInt128 squares;
    Int128 differences;  // to the newest one, for the variance
    UInt128 difference_squares;
    for (std::uint8_t i = 0; i < count; ++i) {
        const std::int64_t raw = newest(i).raw;
        const std::int64_t difference = raw - last.raw;
        least = std::min(least, raw);
        greatest = std::max(greatest, raw);
        sum += raw;
        squares = squares + multiply(magnitude(raw), magnitude(raw));
        differences = differences + wide(difference);
        difference_squares = difference_squares + multiply(magnitude(difference), magnitude(difference));
    }
    switch (feature.kind) {
        case Kind::min:
            return exact(least);
        case Kind::max:
            return exact(greatest);
        case Kind::mean:
            return nearest_decimal(quotient(wide(sum), count, false, exponent), digits(exponent + 1U));
        case Kind::rms:
            return nearest_decimal(std::sqrt(quotient(with_sign(squares, false), count, false, 2U * exponent)),
                                   digits(exponent + 1U));
        default: {
            const auto total = static_cast<std::int64_t>(differences.low);
            const UInt128 numerator =
                multiply(difference_squares, count).value - multiply(magnitude(total), magnitude(total));
            return nearest_decimal(quotient(with_sign(numerator, false), count, true, 2U * exponent),
                                   digits(2U * exponent + 1U));
        }
    }
}

void RollingWindow::exponent_changed(int change) noexcept {
    for (std::uint8_t i = 0; i < count_; ++i) {
        Reading& reading = readings_[static_cast<std::uint8_t>(next_ + most - 1 - i) % most];
        reading.raw = rescale(reading.raw, change);
    }
}

void RollingWindow::write(ByteWriter& out) const noexcept {
    out.put(count_);
    for (std::uint8_t i = count_; i > 0; --i) {
        out.put(newest(static_cast<std::uint8_t>(i - 1)).raw);
        out.put(newest(static_cast<std::uint8_t>(i - 1)).time_ns);
    }
}

void RollingWindow::read(ByteReader& in) noexcept {
    *this = {};
    const auto count = in.get<std::uint8_t>();
    if (count > most) in.get_bytes(SIZE_MAX);
    for (std::uint8_t i = 0; i < count && in.ok(); ++i) {
        const auto raw = in.get<std::int64_t>();
        const auto time_ns = in.get<std::int64_t>();
        if (magnitude(raw) >= std::uint64_t{1} << 53) in.get_bytes(SIZE_MAX);
        add(raw, time_ns);
    }
}

}  // namespace redshank
