#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/bytes.hpp"
#include "model/dense_inputs.hpp"
#include "model/features.hpp"
#include "model/framed_learner.hpp"

namespace redshank {

// Which features say something: how much each varies, and how closely it goes with the target, in a straight line.
//   Source: variance threshold and Pearson's correlation (Guyon and Elisseeff 2003, "An introduction to variable and
//   feature selection"); running moments by Welford (1962), exponentially weighted once `memory` events were seen. An
//   event where a feature is missing is none for that feature.
//   Invariant: counts within [0, memory], |means| <= input_limit, variances within [0, (2 input_limit)^2].
//   Units: features and target clamped to +-input_limit; a class counts as its number, so give two. Shape: 1 to Inputs
//   features. Thread: the owner's. No heap.
template <std::size_t Inputs>
class FeatureSelection {
    static_assert(Inputs >= 1 && Inputs <= features_max);

public:
    explicit FeatureSelection(std::size_t inputs) noexcept : inputs_(static_cast<std::uint16_t>(inputs)) {
        assert(inputs >= 1 && inputs <= Inputs);
    }

    void learn(const Features& features, float target) noexcept {
        assert(features.values.size() == inputs_);
        const float y = clamped(target, input_limit);
        for (std::size_t i = 0; i < inputs_; ++i) {
            if (!features.has(i)) continue;
            Moments& m = moments_[i];
            m.count = std::min(m.count + 1.0F, memory);
            const float weight = 1.0F / m.count;
            const float kept = 1.0F - weight;
            const float dx = clamped(features.values[i], input_limit) - m.mean;
            const float dy = y - m.target_mean;
            m.mean = clamped(m.mean + weight * dx, input_limit);
            m.target_mean = clamped(m.target_mean + weight * dy, input_limit);
            m.variance = bounded(kept * (m.variance + weight * dx * dx));
            m.target_variance = bounded(kept * (m.target_variance + weight * dy * dy));
            m.covariance = bounded(kept * (m.covariance + weight * dx * dy));
        }
    }

    float variance(std::size_t input) const noexcept { return moments_[input].variance; }
    // In [-1, 1]; 0 where either never varied.
    float correlation(std::size_t input) const noexcept {
        const Moments& m = moments_[input];
        const float roots = std::sqrt(m.variance) * std::sqrt(m.target_variance);
        return roots > roots_least ? clamped(m.covariance / roots, 1.0F) : 0.0F;
    }

    // Bit i stands for feature i: those that vary and correlate at least so much, of these the `most` that correlate
    // most closely, of equals the first.
    std::uint64_t selected(float variance_least, float correlation_least, std::size_t most) const noexcept {
        std::uint64_t chosen = 0;
        for (std::size_t count = 0; count < std::min<std::size_t>(most, inputs_); ++count) {
            std::size_t best = inputs_;
            float best_size = 0.0F;
            for (std::size_t i = 0; i < inputs_; ++i) {
                const float size = std::fabs(correlation(i));
                const bool fit = variance(i) >= variance_least && size >= correlation_least;
                if (!fit || (chosen >> i & 1U) != 0 || (best < inputs_ && size <= best_size)) continue;
                best = i;
                best_size = size;
            }
            if (best == inputs_) break;
            chosen |= std::uint64_t{1} << best;
        }
        return chosen;
    }

    std::size_t written_bytes() const noexcept { return std::size_t{24} * inputs_; }
    void write(ByteWriter& out) const noexcept {
        for (const Moments& m : std::span(moments_).first(inputs_)) {
            put_all(out, std::array{m.count, m.mean, m.variance, m.target_mean, m.target_variance, m.covariance});
        }
    }
    bool read(ByteReader& in) noexcept {  // false: values that no stream can lead to; state undefined then
        bool fine = true;
        const auto take = [&](float& value, float least, float most) {
            fine = get_all(in, std::span(&value, 1), least, most) && fine;
        };
        for (Moments& m : std::span(moments_).first(inputs_)) {
            take(m.count, 0.0F, memory);
            take(m.mean, -input_limit, input_limit);
            take(m.variance, 0.0F, variance_most);
            take(m.target_mean, -input_limit, input_limit);
            take(m.target_variance, 0.0F, variance_most);
            take(m.covariance, -variance_most, variance_most);
        }
        return fine;
    }
    std::size_t bytes() const noexcept { return sizeof(*this); }
    void reset() noexcept { moments_ = {}; }

private:
    static constexpr float memory = 65536.0F;
    static constexpr float variance_most = 4.0F * input_limit * input_limit;
    static constexpr float roots_least = 1e-9F;
    static constexpr float negligible = 1e-20F;  // set to 0, so that nothing decays into denormal numbers

    struct Moments {
        float count = 0;
        float mean = 0;
        float variance = 0;
        float target_mean = 0;
        float target_variance = 0;
        float covariance = 0;
    };

    static float bounded(float value) noexcept {
        return std::fabs(value) < negligible ? 0.0F : clamped(value, variance_most);
    }

    std::uint16_t inputs_;
    std::array<Moments, Inputs> moments_{};
};

}  // namespace redshank
