#include "model/quantity_detector.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <optional>

#include "model/float_math.hpp"

namespace redshank {
namespace {

constexpr float log10_of_2 = 0.301029996F;
constexpr float near_level = 0.075F;       // of the range
constexpr float level_step = 0.005F;       // of the range a reading
constexpr float spike_beyond_mean = 0.1F;  // of the range
constexpr float range_least = 1e-22F;
constexpr float value_most = 1.01e15F;  // of an observation, and a rounding
// The power mean at which a score is 0.8, where never seen before in all five is about 3.5. On the 29 recorded streams
// of NAB that is an alert in 1,350 readings.
constexpr float strange = 1.65F;
constexpr float unit_of_log10 = 3.48F;
constexpr float answers = 5;
constexpr std::uint32_t age_least = 150;  // as TailHistogram has it

float power(float value) noexcept {  // value^1.5
    return value * std::sqrt(value);
}

}  // namespace

float QuantityDetector::range() const noexcept {
    return std::max(values_.width(), range_least);
}

float QuantityDetector::at_level(float value) const noexcept {
    return std::fabs(value - level_) < near_level * values_.width() ? level_ : value;
}

float QuantityDetector::block_of(float value) const noexcept {
    const auto& recent = context_.recent.values;
    if (recent.count() + 1 < block) return at_level(value);
    const auto [low, high] = std::minmax({value, recent[0], recent[1]});
    const float mean = recent.mean_with(value, block);
    const float spike = std::fabs(high - mean) > std::fabs(low - mean) ? high : low;
    const bool stands_out = std::fabs(spike - level_) > std::fabs(mean - level_) + spike_beyond_mean * values_.width();
    return at_level(stands_out ? spike : mean);
}

QuantityDetector::Look QuantityDetector::look(float value, std::int16_t half_hour) const noexcept {
    Look seen;
    seen.value = value;
    seen.half_hour = half_hour;
    seen.observed = statistics_.observe(value, half_hour, values_.width(), context_.recent);
    float sum = 0;
    float given = 0;
    for (std::size_t i = 0; i < tails_.size(); ++i) {
        if ((seen.observed.given >> i & 1U) == 0) continue;
        sum += tails_[i].surprise(seen.observed.statistics[i]);
        given += 1;
    }
    if (given > 0) seen.mean_surprise = sum / given;

    seen.last_block = {block_of(value)};
    seen.nearest_block = blocks_.nearest(seen.last_block, range());

    const auto& recent = context_.recent.values;
    seen.has_pattern = recent.count() + 1 >= pattern;
    if (seen.has_pattern) {
        seen.last_values[0] = at_level(value);
        for (std::size_t i = 1; i < pattern; ++i) seen.last_values[i] = at_level(recent[i - 1]);
        seen.nearest_pattern = patterns_.nearest(seen.last_values, range());
    }
    return seen;
}

Score QuantityDetector::score(const Observation& observation) const noexcept {
    if (learned_ < warmup_) return {};
    assert(observation.values.size() == 1);
    last_look_.reset();
    const Look& seen = last_look_.emplace(look(observation.values[0], observation.half_hour));
    const float log10_age = log2_of(static_cast<float>(std::max(learned_, age_least))) * log10_of_2;

    float sum =
        power(mean_tail_.surprise(seen.mean_surprise)) + power(block_tail_.surprise(seen.nearest_block.distance)) +
        power(pattern_tail_.surprise(seen.nearest_pattern.distance)) + power(values_.record(seen.value) * log10_age);
    if (seen.observed.has_residual) sum += power(residuals_.record(seen.observed.residual) * log10_age);
    // 1 where the power mean is `strange`. Any monotone map will do from here on.
    const float strangeness = sum / answers / power(log10_age / unit_of_log10 * strange);
    const float steep = power(strangeness);
    return {steep / (steep + 0.25F), true};
}

void QuantityDetector::learn(const Observation& observation) noexcept {
    if (passed_.any) {
        last_look_.reset();
        passed_.any = false;
        context_ = passed_.before;
        learn(look(passed_.value, passed_.half_hour));
    }
    learn_next(observation.values[0], observation.half_hour);
}

void QuantityDetector::learn_next(float value, std::int16_t half_hour) noexcept {
    const Look seen = looked(value, half_hour);
    last_look_.reset();
    learn(seen);
    come_after(seen);
}

QuantityDetector::Look QuantityDetector::looked(float value, std::int16_t half_hour) const noexcept {
    const bool same = last_look_ &&
                      std::bit_cast<std::uint32_t>(last_look_->value) == std::bit_cast<std::uint32_t>(value) &&
                      last_look_->half_hour == half_hour;
    return same ? *last_look_ : look(value, half_hour);
}

void QuantityDetector::pass(const Observation& observation) noexcept {
    const float value = observation.values[0];
    if (!passed_.any) passed_ = {true, value, observation.half_hour, context_};
    const Look seen = looked(value, observation.half_hour);
    last_look_.reset();
    come_after(seen);
}

void QuantityDetector::learn(const Look& seen) noexcept {
    for (std::size_t i = 0; i < tails_.size(); ++i) {
        if ((seen.observed.given >> i & 1U) != 0) tails_[i].add(seen.observed.statistics[i]);
    }
    if (seen.observed.given != 0) mean_tail_.add(seen.mean_surprise);
    if (context_.in_block + 1U == block) {
        if (!blocks_.empty()) block_tail_.add(seen.nearest_block.distance);
        blocks_.learn(seen.last_block, seen.nearest_block);
    }
    if (seen.has_pattern) {
        if (!patterns_.empty()) pattern_tail_.add(seen.nearest_pattern.distance);
        patterns_.learn(seen.last_values, seen.nearest_pattern);
    }
    values_.learn(seen.value);
    if (seen.observed.has_residual && statistics_.residual_settled()) residuals_.learn(seen.observed.residual);
    statistics_.learn(seen.value, seen.half_hour, seen.observed);

    const float step = learned_ == 0 ? std::fabs(seen.value) : level_step * values_.width();
    level_ = std::clamp(seen.value, level_ - step, level_ + step);
    if (learned_ < UINT32_MAX) ++learned_;
}

void QuantityDetector::come_after(const Look& seen) noexcept {
    context_.recent.come_after(seen.value, seen.observed);
    context_.in_block = static_cast<std::uint8_t>((context_.in_block + 1U) % block);
}

void QuantityDetector::Context::write(ByteWriter& out) const noexcept {
    recent.write(out);
    out.put(in_block);
}

bool QuantityDetector::Context::read(ByteReader& in) noexcept {
    const bool possible = recent.read(in);
    in_block = in.get<std::uint8_t>();
    return in.ok() && possible && in_block < block;
}

SnapshotFrame QuantityDetector::frame() noexcept {
    constexpr std::size_t body_bytes = 4 + 4 + 2 * Context::written_bytes + 7 + QuantityStatistics::written_bytes +
                                       2 * SeenRange::written_bytes +
                                       (QuantityStatistics::count + 3) * TailHistogram::written_bytes +
                                       NoveltyMemory<1>::written_bytes + NoveltyMemory<pattern>::written_bytes;
    return {.magic = 0x4e415551,  // "QUAN"
            .version = 1,
            .inputs = 1,
            .body_bytes = body_bytes};
}

void QuantityDetector::snapshot(ByteWriter& out) const noexcept {
    frame().write(out, [this](ByteWriter& body) {
        body.put(learned_);
        body.put(level_);
        context_.write(body);
        body.put(passed_.any);
        body.put(passed_.value);
        body.put(passed_.half_hour);
        passed_.before.write(body);
        statistics_.write(body);
        values_.write(body);
        residuals_.write(body);
        for (const TailHistogram& each : tails_) each.write(body);
        mean_tail_.write(body);
        blocks_.write(body);
        patterns_.write(body);
        block_tail_.write(body);
        pattern_tail_.write(body);
    });
}

bool QuantityDetector::restore(ByteReader& in) noexcept {
    std::optional<ByteReader> body = frame().read(in);
    if (!body) return false;
    last_look_.reset();
    learned_ = body->get<std::uint32_t>();
    level_ = body->get<float>();
    bool possible = context_.read(*body) && std::fabs(level_) <= value_most;
    passed_.any = body->get<bool>();
    passed_.value = body->get<float>();
    passed_.half_hour = body->get<std::int16_t>();
    possible = passed_.before.read(*body) && possible && std::fabs(passed_.value) <= value_most &&
               passed_.half_hour >= Observation::no_half_hour &&
               passed_.half_hour < static_cast<std::int16_t>(QuantityStatistics::half_hours);
    possible = statistics_.read(*body) && possible;
    possible = values_.read(*body) && possible;
    possible = residuals_.read(*body) && possible;
    for (TailHistogram& each : tails_) each.read(*body);
    mean_tail_.read(*body);
    possible = blocks_.read(*body) && possible;
    possible = patterns_.read(*body) && possible;
    block_tail_.read(*body);
    pattern_tail_.read(*body);
    return possible && body->ok() && body->left() == 0;
}

}  // namespace redshank
