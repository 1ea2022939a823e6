#include "model/preprocess.hpp"

#include <algorithm>
#include <compare>

namespace redshank {

namespace {

constexpr unsigned state_bits = 40;
constexpr unsigned value_bits = 8;
constexpr unsigned alpha_bits = 16;

UInt128 shift_nearest(const UInt128& size, unsigned count) noexcept {
    return (size + (UInt128{1, 0} << (count - 1))) >> count;
}

}  // namespace

Preprocess::Preprocess(const PreprocessSettings& settings) noexcept
    : settings_(settings), despiked_(settings.despike_readings), smoothed_(settings.smooth_readings) {
    settings_.smooth_alpha_q16 = std::clamp<std::uint32_t>(settings_.smooth_alpha_q16, 1, 1U << alpha_bits);
}

Result<void> Preprocess::check(std::int64_t raw, const ChannelScale& scale) const noexcept {
    if (!settings_.range) return {};
    const auto& [low, high] = *settings_.range;
    const bool inside = std::is_gteq(compare_decimal(raw, scale.exponent(), low.mantissa, low.scale)) &&
                        std::is_lteq(compare_decimal(raw, scale.exponent(), high.mantissa, high.scale));
    if (!inside) return tl::unexpected(Error::range);
    return {};
}

void Preprocess::exponent_changed(int change) noexcept {
    if (smoothing_) smoothed_q40_ = rescale_wide(smoothed_q40_, change);
    if (holding_) held_ = rescale(held_, change);
    despiked_.exponent_changed(change);
    smoothed_.exponent_changed(change);
    standardiser_.exponent_changed(change);
}

std::int64_t Preprocess::despike(std::int64_t raw) noexcept {
    if (despiked_.length() == 0) return raw;
    despiked_.add(raw);
    if (despiked_.count() < 3) return raw;
    const std::int64_t median = despiked_.median();
    const std::int64_t deviation = std::max<std::int64_t>(despiked_.median_distance(median), 1);
    const std::int64_t distance = raw < median ? median - raw : raw - median;
    constexpr std::uint64_t factor = 3 * 14826;  // of 10^-4
    const bool spike = multiply(magnitude(distance), 10'000) > multiply(magnitude(deviation), factor);
    return spike ? median : raw;
}

std::int64_t Preprocess::hold_within_deadband(std::int64_t raw, std::uint8_t exponent) noexcept {
    if (!settings_.deadband) return raw;
    const std::int64_t distance = raw < held_ ? held_ - raw : raw - held_;
    const bool within = holding_ && std::is_lt(compare_decimal(distance, exponent, settings_.deadband->mantissa,
                                                               settings_.deadband->scale));
    if (within) return held_;
    holding_ = true;
    held_ = raw;
    return raw;
}

std::int64_t Preprocess::smooth_q8(std::int64_t raw) noexcept {
    if (smoothed_.length() > 0) {
        smoothed_.add(raw);
        return smoothed_.median() * (1 << value_bits);
    }
    const Int128 target = with_sign(UInt128{magnitude(raw), 0} << state_bits, raw < 0);
    if (smoothing_) {
        const Int128 distance = target - smoothed_q40_;
        const UInt128 product = multiply(magnitude(distance), settings_.smooth_alpha_q16).value;
        smoothed_q40_ = smoothed_q40_ + with_sign(shift_nearest(product, alpha_bits), is_negative(distance));
    } else {
        smoothing_ = true;
        smoothed_q40_ = target;
    }
    const UInt128 value = shift_nearest(magnitude(smoothed_q40_), state_bits - value_bits);
    return static_cast<std::int64_t>(with_sign(value, is_negative(smoothed_q40_)).low);
}

StandardisedQ16 Preprocess::standardise(std::int64_t smoothed_q8) const noexcept {
    return standardiser_.standardise(smoothed_q8).raw();
}

void Preprocess::learn(std::int64_t smoothed_q8) noexcept {
    standardiser_.learn(smoothed_q8);
}

void Preprocess::write(ByteWriter& out) const noexcept {
    out.put(smoothing_);
    out.put(smoothed_q40_.low);
    out.put(smoothed_q40_.high);
    standardiser_.write(out);
    out.put(holding_);
    out.put(held_);
    despiked_.write(out);
    smoothed_.write(out);
}

void Preprocess::read(ByteReader& in, bool smoothed_only) noexcept {
    smoothing_ = in.get<bool>();
    smoothed_q40_.low = in.get<std::uint64_t>();
    smoothed_q40_.high = in.get<std::int64_t>();
    standardiser_.read(in);
    if (!smoothed_only) {
        holding_ = in.get<bool>();
        held_ = in.get<std::int64_t>();
        despiked_.read(in);
        smoothed_.read(in);
    }
    if (in.ok() && bit_width(magnitude(smoothed_q40_)) <= 95 && bit_width(UInt128{magnitude(held_), 0}) <= 62) return;
    *this = Preprocess(settings_);
    in.get_bytes(SIZE_MAX);
}

}  // namespace redshank
