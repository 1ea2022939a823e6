#include "model/quantity_statistics.hpp"

#include <cmath>

#include "model/float_math.hpp"

namespace redshank {
namespace {

constexpr std::uint32_t memory = 1000;   // readings
constexpr std::uint32_t days = 7;        // of one half hour
constexpr std::uint32_t days_least = 2;  // for a deviation
constexpr std::size_t short_window = 4;
constexpr float deviation_least = 1e-3F;  // of the range: less is noise of the last place
constexpr float scale_least = 1e-22F;     // with it no ratio of two values overflows
constexpr float window_variance_least = 1e-30F;
constexpr float own_deviation_least = 0.1F;
constexpr float log_variance_deviation_least = 0.05F;

enum Statistic : std::size_t {
    distance_from_mean,
    step,
    short_mean,
    long_mean,
    variance_change,
    variance_fall,  // a stuck sensor
    residual_size,
    residual_size_own,  // in deviations of that half hour
    residual_mean,
};

}  // namespace

QuantityStatistics::Observed QuantityStatistics::observe(float value, int half_hour, float range,
                                                         const Recents& before) const noexcept {
    Observed observed;
    const auto give = [&](Statistic which, float statistic) {
        observed.statistics[which] = std::fabs(statistic);
        observed.given |= 1U << which;
    };
    const float floor = std::max(deviation_least * range, scale_least);
    const float deviation = std::max(values_.deviation(), floor);
    const float mean = values_.mean();
    const bool window_full = before.values.count() + 1 >= window;
    const float window_mean = before.values.mean_with(value, window);

    if (values_.count() > 0) {
        give(distance_from_mean, (value - mean) / deviation);
        if (before.values.count() + 1 >= short_window) {
            give(short_mean, (before.values.mean_with(value, short_window) - mean) / deviation);
        }
        if (window_full) give(long_mean, (window_mean - mean) / deviation);
    }
    if (before.values.count() > 0) give(step, (value - before.values[0]) / deviation);

    if (window_full) {
        const auto square = [&](float each) { return (each - window_mean) * (each - window_mean); };
        float variance = square(value);
        for (std::size_t age = 0; age < before.values.count(); ++age) variance += square(before.values[age]);
        observed.log_variance = log2_of(std::max(variance / static_cast<float>(window), window_variance_least));
        observed.has_log_variance = true;
        if (log_variances_.count() > settling) {
            const float change = (observed.log_variance - log_variances_.mean()) /
                                 std::max(log_variances_.deviation(), log_variance_deviation_least);
            give(variance_change, change);
            give(variance_fall, std::min(change, 0.0F));
        }
    }
    if (half_hour >= 0) {
        const FadingMoments& usual = by_half_hour_[static_cast<std::size_t>(half_hour)];
        observed.residual = value - (usual.count() > 0 ? usual.mean() : mean);
        observed.has_residual = true;
        if (residual_settled()) {
            const float common = std::max(residuals_.deviation(), floor);
            const float own = usual.count() >= days_least ? usual.deviation() : residuals_.deviation();
            give(residual_size, observed.residual / common);
            give(residual_size_own, observed.residual / std::max(own, own_deviation_least * common));
            if (before.residuals.count() + 1 >= window) {
                give(residual_mean, before.residuals.mean_with(observed.residual, window) / common);
            }
        }
    }
    return observed;
}

void QuantityStatistics::learn(float value, int half_hour, const Observed& observed) noexcept {
    values_.learn(value, memory);
    if (observed.has_log_variance) log_variances_.learn(observed.log_variance, memory);
    if (observed.has_residual) {
        residuals_.learn(observed.residual, memory);
        if (half_hour != half_hour_) {
            if (half_hour_ >= 0) by_half_hour_[static_cast<std::size_t>(half_hour_)].learn(today_, days);
            half_hour_ = static_cast<std::int16_t>(half_hour);
            today_ = {};
        }
        today_.learn(value, UINT32_MAX);
    }
}

void QuantityStatistics::Recents::come_after(float value, const Observed& observed) noexcept {
    values.push(value);
    if (observed.has_residual) residuals.push(observed.residual);
}

void QuantityStatistics::Recents::write(ByteWriter& out) const noexcept {
    values.write(out);
    residuals.write(out);
}

bool QuantityStatistics::Recents::read(ByteReader& in) noexcept {
    const bool possible = values.read(in);
    return residuals.read(in) && possible;
}

void QuantityStatistics::write(ByteWriter& out) const noexcept {
    values_.write(out);
    log_variances_.write(out);
    residuals_.write(out);
    for (const FadingMoments& each : by_half_hour_) each.write(out);
    today_.write(out);
    out.put(half_hour_);
}

bool QuantityStatistics::read(ByteReader& in) noexcept {
    bool possible = true;
    for (FadingMoments* moments : {&values_, &log_variances_, &residuals_}) possible = moments->read(in) && possible;
    for (FadingMoments& each : by_half_hour_) possible = each.read(in) && possible;
    possible = today_.read(in) && possible;
    half_hour_ = in.get<std::int16_t>();
    return in.ok() && possible && half_hour_ >= -1 && half_hour_ < static_cast<std::int16_t>(half_hours);
}

}  // namespace redshank
