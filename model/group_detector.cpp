#include "model/group_detector.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace redshank {

namespace {

constexpr float smoothing = 0.15F;
constexpr float drift_weight = 0.3F;
constexpr float deviation_weight = 0.1F;
constexpr std::uint32_t block_rows = 20;
constexpr std::uint32_t training_least = 64;
constexpr std::uint32_t training_most = 1'000'000;
constexpr float rows_per_member = 5;
constexpr float follow_few = 1.0F / 250;
constexpr float follow_many = 1.0F / 400;
constexpr float follow_alarm = 1.0F / 2000;
constexpr float widen = 1.0F / 20000;
constexpr float alarm_strangeness = 5;   // as a score 0.8
constexpr float back = 2.5F;             // as a score 0.5
constexpr float ordinary_ratio = 0.67F;  // of a distance to the mean one of unseen rows: nothing strange at all
constexpr float alarm_ratio = 1.75F;
constexpr float unseen_least = 1.4F;
constexpr float value_limit = 1e15F;
constexpr float deviation_limit = 1024;
constexpr float scale_least = 1e-12F;
constexpr float state_limit = 3e38F;

float limited(float value, float limit) noexcept {
    return std::clamp(value, -limit, limit);
}

}  // namespace

template <std::size_t capacity>
GroupDetector<capacity>::GroupDetector(std::size_t members, std::uint32_t warmup) noexcept
    : members_(static_cast<std::uint32_t>(members)),
      warmup_(warmup),
      training_(std::clamp(warmup, training_least, training_most)) {}

template <std::size_t capacity>
bool GroupDetector<capacity>::relates() const noexcept {
    return packed > 0 && members_ > few_members &&
           static_cast<float>(training_) > rows_per_member * static_cast<float>(members_);
}

template <std::size_t capacity>
auto GroupDetector<capacity>::smoothed_with(const Observation& observation) const noexcept -> Values {
    Values next{};
    for (std::size_t i = 0; i < members_; ++i) {
        const float value = limited(observation.values[i], value_limit);
        next[i] = seen_ ? smoothed_[i] + smoothing * (value - smoothed_[i]) : value;
    }
    return next;
}

template <std::size_t capacity>
auto GroupDetector<capacity>::deviations(const Values& smoothed) const noexcept -> Values {
    Values result{};
    for (std::size_t i = 0; i < members_; ++i)
        result[i] = limited((smoothed[i] - baseline_[i]) / scale_[i], deviation_limit);
    return result;
}

template <std::size_t capacity>
float GroupDetector<capacity>::distance(const Values& deviations) const noexcept {
    Values solved{};
    float sum = 0;
    for (std::size_t i = 0; i < members_; ++i) {
        float rest = deviations[i];
        for (std::size_t k = 0; k < i; ++k) rest -= products_[at(i, k)] * solved[k];
        solved[i] = limited(rest / products_[at(i, i)], 1e6F);
        sum += solved[i] * solved[i];
    }
    return std::sqrt(sum / static_cast<float>(members_));
}

template <std::size_t capacity>
float GroupDetector<capacity>::strangeness(const Values& deviations) const noexcept {
    if (relates()) {
        const float unseen = unseen_distances_ / static_cast<float>(training_ - fitted_rows());
        const float ratio = distance(deviations) / std::max(unseen_least, unseen);
        return std::max(0.0F, ratio - ordinary_ratio) * (alarm_strangeness / (alarm_ratio - ordinary_ratio));
    }
    float first = 0;
    float second = 0;
    for (std::size_t i = 0; i < members_; ++i) {
        const float size = std::fabs(deviations[i]);
        second = std::max(second, std::min(first, size));
        first = std::max(first, size);
    }
    return (first + second) / 2;
}

template <std::size_t capacity>
Score GroupDetector<capacity>::score(const Observation& observation) const noexcept {
    if (learned_ < warmup_) return {};
    if (!ready()) return {0, true};
    const float strange = strangeness(deviations(smoothed_with(observation)));
    const float score = strange * strange / (strange * strange + back * back);
    return {latched_ ? std::max(0.8F, score) : score, true};
}

template <std::size_t capacity>
void GroupDetector<capacity>::advance(const Observation& observation) noexcept {
    smoothed_ = smoothed_with(observation);
    seen_ = true;
    if (!ready()) return;
    const Values now = deviations(smoothed_);
    const float strange = strangeness(now);
    if (strange >= alarm_strangeness) {
        latched_ = true;
        for (std::size_t i = 0; i < members_; ++i)
            if (std::fabs(now[i]) >= alarm_strangeness) raised_by_ |= std::uint64_t{1} << i;
        return;
    }
    if (!latched_) return;
    bool over = !relates() || strange < back;
    if (!relates()) {
        for (std::size_t i = 0; i < members_; ++i)
            if ((raised_by_ >> i & 1U) != 0 && std::fabs(now[i]) > back) over = false;
    }
    if (!over) return;
    latched_ = false;
    raised_by_ = 0;
    if (!relates()) baseline_ = smoothed_;  // else they are back where they were, and one row is too noisy a start
}

template <std::size_t capacity>
void GroupDetector<capacity>::learn(const Observation& observation) noexcept {
    advance(observation);
    if (learned_ < UINT32_MAX) ++learned_;
    if (!ready()) {
        train(observation);
        return;
    }
    const float follow = latched_ ? follow_alarm : relates() ? follow_many : follow_few;
    for (std::size_t i = 0; i < members_; ++i) {
        const float distance = limited(observation.values[i], value_limit) - baseline_[i];
        if (latched_ && std::fabs(distance) > scale_[i])
            scale_[i] = std::sqrt(scale_[i] * scale_[i] + widen * (distance * distance - scale_[i] * scale_[i]));
        baseline_[i] += follow * distance;
    }
}

template <std::size_t capacity>
void GroupDetector<capacity>::pass(const Observation& observation) noexcept {
    advance(observation);
}

template <std::size_t capacity>
void GroupDetector<capacity>::train(const Observation& observation) noexcept {
    if (fitted()) {
        unseen_distances_ += distance(deviations(smoothed_));
        ++trained_;
        return;
    }
    ++trained_;
    const auto rows = static_cast<float>(trained_);
    Values before{};
    for (std::size_t i = 0; i < members_; ++i) {
        const float value = limited(observation.values[i], value_limit);
        const float distance = value - baseline_[i];
        baseline_[i] += distance / rows;
        squares_[i] += distance * (value - baseline_[i]);
        before[i] = smoothed_[i] - smoothed_mean_[i];
        smoothed_mean_[i] += before[i] / rows;
        smoothed_squares_[i] += before[i] * (smoothed_[i] - smoothed_mean_[i]);
        block_sum_[i] += value;
    }
    if (relates()) {
        for (std::size_t i = 0; i < members_; ++i)
            for (std::size_t k = 0; k <= i; ++k) products_[at(i, k)] += before[i] * (smoothed_[k] - smoothed_mean_[k]);
    }
    if (++in_block_ == block_rows) {
        in_block_ = 0;
        ++blocks_;
        for (std::size_t i = 0; i < members_; ++i) {
            const float mean = block_sum_[i] / static_cast<float>(block_rows);
            const float distance = mean - block_mean_[i];
            block_mean_[i] += distance / static_cast<float>(blocks_);
            block_squares_[i] += distance * (mean - block_mean_[i]);
            block_sum_[i] = 0;
        }
    }
    if (fitted()) finish_training();
}

template <std::size_t capacity>
void GroupDetector<capacity>::finish_training() noexcept {
    const auto degrees = static_cast<float>(trained_ - 1);
    for (std::size_t i = 0; i < members_; ++i) {
        const float variance = std::max(0.0F, squares_[i]) / degrees;
        const float of_blocks = std::max(0.0F, block_squares_[i]) / static_cast<float>(blocks_ - 1);
        const float drift = std::max(0.0F, of_blocks - variance / static_cast<float>(block_rows));
        const float square = std::max(0.0F, smoothed_squares_[i]) / degrees + drift_weight * drift_weight * drift +
                             deviation_weight * deviation_weight * variance;
        scale_[i] = std::max(scale_least, std::sqrt(square));
    }
    if (relates()) factorise();
}

// Cholesky, in place, of the covariance in scaled deviations. A pivot that rounding or a constant channel leaves
// without spread is held at the least one: that channel then counts by itself.
template <std::size_t capacity>
void GroupDetector<capacity>::factorise() noexcept {
    constexpr double pivot_least = 1e-6;
    const double degrees = static_cast<double>(trained_ - 1);
    for (std::size_t i = 0; i < members_; ++i) {
        for (std::size_t k = 0; k <= i; ++k) {
            const double scales = static_cast<double>(scale_[i]) * static_cast<double>(scale_[k]);
            double rest = static_cast<double>(products_[at(i, k)]) / degrees / scales;
            for (std::size_t j = 0; j < k; ++j)
                rest -= static_cast<double>(products_[at(i, j)]) * static_cast<double>(products_[at(k, j)]);
            if (i == k) {
                rest = std::sqrt(std::max(rest, pivot_least));
            } else {
                rest = std::clamp(rest / static_cast<double>(products_[at(k, k)]), -1.0, 1.0);
            }
            products_[at(i, k)] = static_cast<float>(rest);
        }
    }
}

template <std::size_t capacity>
template <class Each>
bool GroupDetector<capacity>::each_field(Each&& each, auto& self) noexcept {
    for (auto* values :
         {&self.smoothed_, &self.baseline_, &self.squares_, &self.smoothed_mean_, &self.smoothed_squares_,
          &self.block_sum_, &self.block_mean_, &self.block_squares_, &self.scale_}) {
        for (std::size_t i = 0; i < self.members_; ++i)
            if (!each((*values)[i])) return false;
    }
    for (std::size_t i = 0; i < self.packed_in_use(); ++i)
        if (!each(self.products_[i])) return false;
    return true;
}

template <std::size_t capacity>
SnapshotFrame GroupDetector<capacity>::frame() const noexcept {
    return {.magic = 0x50524752,  // "RGRP"
            .version = 1,
            .inputs = static_cast<std::uint16_t>(members_),
            .body_bytes = static_cast<std::uint32_t>(34 + 4 * (9 * members_ + packed_in_use()))};
}

template <std::size_t capacity>
void GroupDetector<capacity>::snapshot(ByteWriter& out) const noexcept {
    frame().write(out, [this](ByteWriter& body) {
        body.put(training_);
        body.put(learned_);
        body.put(trained_);
        body.put(blocks_);
        body.put(in_block_);
        body.put(unseen_distances_);
        body.put(raised_by_);
        body.put(latched_);
        body.put(seen_);
        each_field(
            [&](const float& value) {
                body.put(value);
                return true;
            },
            *this);
    });
}

template <std::size_t capacity>
bool GroupDetector<capacity>::restore(ByteReader& in) noexcept {
    std::optional<ByteReader> body = frame().read(in);
    if (!body) return false;
    const auto training = body->get<std::uint32_t>();
    learned_ = body->get<std::uint32_t>();
    trained_ = body->get<std::uint32_t>();
    blocks_ = body->get<std::uint32_t>();
    in_block_ = body->get<std::uint32_t>();
    unseen_distances_ = body->get<float>();
    raised_by_ = body->get<std::uint64_t>();
    latched_ = body->get<bool>();
    seen_ = body->get<bool>();
    const bool finite = each_field(
        [&](float& value) {
            value = body->get<float>();
            return std::fabs(value) <= state_limit;
        },
        *this);
    if (!finite || !body->ok() || body->left() != 0) return false;
    if (training != training_ || trained_ != std::min(learned_, training_) ||
        !(unseen_distances_ >= 0 && unseen_distances_ <= state_limit) ||
        blocks_ != std::min(trained_, fitted_rows()) / block_rows ||
        in_block_ != std::min(trained_, fitted_rows()) % block_rows || (trained_ > 0 && !seen_) ||
        (latched_ && !ready())) {
        return false;
    }
    if (members_ < 64 && raised_by_ >> members_ != 0) return false;
    if (!fitted()) return true;
    for (std::size_t i = 0; i < members_; ++i) {
        if (!(scale_[i] >= scale_least)) return false;
        if (relates() && !(products_[at(i, i)] > 0)) return false;
    }
    return true;
}

template <std::size_t capacity>
void GroupDetector<capacity>::reset() noexcept {
    *this = GroupDetector(members_, warmup_);
}

template class GroupDetector<16>;
template class GroupDetector<64>;

}  // namespace redshank
