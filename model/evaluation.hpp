#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "model/bytes.hpp"
#include "model/framed_learner.hpp"
#include "model/learner.hpp"

namespace redshank {

// How well a learner does when each event is predicted first and learned after (prequential).
//   Source: Gama, Sebastiao, Rodrigues (2013), "On evaluating stream learning algorithms": an event counts kept^age; 1
//   is the plain count. Cohen (1960) for kappa. A figure without anything to divide by is 0. Thread: the owner's.
//   No heap.

inline constexpr float evaluation_weight_most = 8'388'608.0F;  // then all counts halve, so that one more still counts

// The confusion matrix and its figures. Shape: 2 to classes_max classes. Invariant: counts are finite, not negative.
class ClassEvaluation {
public:
    explicit ClassEvaluation(std::size_t classes, float kept = 1.0F) noexcept
        : classes_(static_cast<std::uint8_t>(classes)), kept_(kept) {
        assert(classes >= 2 && classes <= classes_max && kept > 0.0F && kept <= 1.0F);
    }

    void add(std::uint8_t actual, std::uint8_t predicted) noexcept {
        assert(actual < classes_ && predicted < classes_);
        const float factor = total() >= evaluation_weight_most ? 0.5F : kept_;
        if (factor < 1.0F) {
            for (float& count : counts_) {
                count *= factor;
                if (count < 1e-30F) count = 0.0F;  // boards differ in what is slow or flushed below the normal floats
            }
        }
        counts_[at(actual, predicted)] += 1.0F;
    }

    float accuracy() const noexcept { return ratio(right(), total()); }
    float precision(std::size_t c) const noexcept { return ratio(counts_[at(c, c)], predicted(c)); }
    float recall(std::size_t c) const noexcept { return ratio(counts_[at(c, c)], actual(c)); }
    float f1(std::size_t c) const noexcept { return ratio(2.0F * counts_[at(c, c)], actual(c) + predicted(c)); }

    // The mean recall of the classes that were seen.
    float balanced_accuracy() const noexcept {
        float sum = 0.0F;
        float seen = 0.0F;
        for (std::size_t c = 0; c < classes_; ++c) {
            sum += recall(c);
            seen += actual(c) > 0.0F ? 1.0F : 0.0F;
        }
        return ratio(sum, seen);
    }

    // 1: always right, 0: as right as by chance with these shares, below: worse.
    float kappa() const noexcept {
        float chance = 0.0F;
        for (std::size_t c = 0; c < classes_; ++c) chance += ratio(actual(c), total()) * ratio(predicted(c), total());
        return ratio(accuracy() - chance, 1.0F - chance);
    }

    std::size_t written_bytes() const noexcept { return 4U * classes_ * classes_; }
    void write(ByteWriter& out) const noexcept { put_all(out, used()); }
    // false: counts that no stream can lead to.
    bool read(ByteReader& in) noexcept {
        return get_all(in, std::span(counts_).first(std::size_t{classes_} * classes_), 0.0F, evaluation_weight_most) &&
               total() <= evaluation_weight_most + 1.0F;
    }

private:
    static float ratio(float part, float whole) noexcept { return whole > 0.0F ? part / whole : 0.0F; }
    std::size_t at(std::size_t actual, std::size_t predicted) const noexcept { return actual * classes_ + predicted; }
    std::span<const float> used() const noexcept { return std::span(counts_).first(std::size_t{classes_} * classes_); }

    float total() const noexcept {
        float sum = 0.0F;
        for (const float count : used()) sum += count;
        return sum;
    }
    float right() const noexcept {
        float sum = 0.0F;
        for (std::size_t c = 0; c < classes_; ++c) sum += counts_[at(c, c)];
        return sum;
    }
    float actual(std::size_t c) const noexcept {
        float sum = 0.0F;
        for (std::size_t k = 0; k < classes_; ++k) sum += counts_[at(c, k)];
        return sum;
    }
    float predicted(std::size_t c) const noexcept {
        float sum = 0.0F;
        for (std::size_t k = 0; k < classes_; ++k) sum += counts_[at(k, c)];
        return sum;
    }

    std::uint8_t classes_;
    float kept_;
    std::array<float, classes_max * classes_max> counts_{};
};

// Mean absolute and root mean squared error. Errors are clamped to +-error_most.
class NumberEvaluation {
public:
    static constexpr float error_most = 1e6F;

    explicit NumberEvaluation(float kept = 1.0F) noexcept : kept_(kept) { assert(kept > 0.0F && kept <= 1.0F); }

    void add(float actual, float predicted) noexcept {
        const float error = std::min(std::fabs(actual - predicted), error_most);
        weight_ = std::min(kept_ * weight_ + 1.0F, evaluation_weight_most);
        mae_ += (error - mae_) / weight_;
        mse_ += (error * error - mse_) / weight_;
    }
    float mae() const noexcept { return mae_; }
    float rmse() const noexcept { return std::sqrt(mse_); }

    static constexpr std::size_t written_bytes = 12;
    void write(ByteWriter& out) const noexcept { put_all(out, std::array{weight_, mae_, mse_}); }
    // false: values that no stream can lead to.
    bool read(ByteReader& in) noexcept {
        const bool fine = get_all(in, std::span(&weight_, 1), 0.0F, evaluation_weight_most);
        const bool sane = get_all(in, std::span(&mae_, 1), 0.0F, 1.001F * error_most);
        return get_all(in, std::span(&mse_, 1), 0.0F, 1.001F * error_most * error_most) && fine && sane;
    }

private:
    float kept_;
    float weight_ = 0;
    float mae_ = 0;
    float mse_ = 0;
};

}  // namespace redshank
