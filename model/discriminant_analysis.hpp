#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/dense_inputs.hpp"
#include "model/framed_learner.hpp"
#include "model/linear_classifier.hpp"

namespace redshank {

// Linear discriminant analysis: normal classes that share one covariance.
//   Source: Fisher (1936) and Rao (1948) as in Hastie, Tibshirani, Friedman, "The Elements of Statistical Learning",
//   section 4.3; running means and pooled covariance by Welford (1962), exponentially weighted once `memory` events of
//   a class, or of all, were seen. The linear functions are solved for by Cholesky factors at every event of the first
//   `solve_always`, later at each `solve_every`th, with `ridge` of the mean variance on the diagonal. A missing value
//   is the mean of all; an event with one teaches the share of its class, nothing else.
//   Invariant: |means| <= input_limit; counts within [0, memory]; everything is finite. Units: inputs clamped to
//   +-input_limit. Shape: 1 to Inputs inputs, 2 to Classes classes. Thread: the owner's. No heap.
template <std::size_t Inputs, std::size_t Classes>
class DiscriminantAnalysis final : public FramedLearner<Classifier, DiscriminantAnalysis<Inputs, Classes>> {
    static_assert(Inputs <= 16 && Inputs % lanes == 0);

public:
    DiscriminantAnalysis(std::size_t inputs, std::size_t classes) noexcept
        : inputs_(static_cast<std::uint16_t>(inputs)), classes_(static_cast<std::uint8_t>(classes)) {
        assert(inputs >= 1 && inputs <= Inputs && classes >= 2 && classes <= Classes);
    }

    void shares(const Features& features, std::span<float> out) const noexcept override {
        assert(out.size() == classes_);
        Vector x;
        load(features, x);
        std::array<float, Classes> room{};
        const std::span<float> values = std::span(room).first(classes_);
        for (std::size_t c = 0; c < classes_; ++c) values[c] = state_.bias[c] + dot(state_.weights[c], x);
        if (classes_ == 2) values[0] = values[1] - values[0];
        shares_of(Loss::logistic, values, out);
    }

    void learn(const Features& features, std::uint8_t actual) noexcept override {
        assert(actual < classes_);
        state_.seen[actual] += 1.0F;
        if (state_.seen[actual] >= memory) {  // of all classes, so that their shares stay
            for (float& seen : state_.seen) seen *= 0.5F;
        }
        if (features.missing == 0) learn_whole(features, actual);
        if (state_.events < UINT32_MAX) ++state_.events;
        if (state_.events <= solve_always || state_.events % solve_every == 0) solve();
    }

    std::size_t classes() const noexcept override { return classes_; }
    void reset() noexcept override { state_ = {}; }
    std::string_view name() const noexcept override { return "lda"; }

    SnapshotFrame frame() const noexcept {
        const std::size_t of_class = 3 + 2U * inputs_;
        const std::size_t floats = classes_ * of_class + 1 + inputs_ * (inputs_ + 1U) / 2;
        return {
            .magic = magic_of("lda"), .inputs = inputs_, .body_bytes = static_cast<std::uint32_t>(1 + 4 + 4 * floats)};
    }
    void write_body(ByteWriter& out) const noexcept {
        out.put(classes_);
        out.put(state_.events);
        out.put(state_.pooled);
        for (std::size_t c = 0; c < classes_; ++c) {
            put_all(out, std::array{state_.seen[c], state_.counts[c], state_.bias[c]});
            put_all(out, std::span(state_.means[c]).first(inputs_));
            put_all(out, std::span(state_.weights[c]).first(inputs_));
        }
        for (std::size_t i = 0; i < inputs_; ++i) put_all(out, std::span(state_.covariance[i]).first(i + 1));
    }
    bool read_body(ByteReader& in) noexcept {
        state_ = {};
        bool fine = in.get<std::uint8_t>() == classes_;
        state_.events = in.get<std::uint32_t>();
        const auto take = [&](std::span<float> values, float least, float most) {
            fine = get_all(in, values, least, most) && fine;
        };
        take(std::span(&state_.pooled, 1), 0.0F, memory);
        for (std::size_t c = 0; c < classes_; ++c) {
            take(std::span(&state_.seen[c], 1), 0.0F, memory);
            take(std::span(&state_.counts[c], 1), 0.0F, memory);
            take(std::span(&state_.bias[c], 1), -bias_limit, bias_limit);
            take(std::span(state_.means[c]).first(inputs_), -input_limit, input_limit);
            take(std::span(state_.weights[c]).first(inputs_), -weight_limit, weight_limit);
        }
        for (std::size_t i = 0; i < inputs_; ++i) {
            take(std::span(state_.covariance[i]).first(i), -variance_most, variance_most);
            take(std::span(&state_.covariance[i][i], 1), 0.0F, variance_most);
        }
        return fine;
    }

private:
    static constexpr float memory = 65536.0F;
    static constexpr std::uint32_t solve_always = 64;
    static constexpr std::uint32_t solve_every = 16;
    static constexpr float ridge = 1e-3F;
    static constexpr float variance_least = 1e-4F;  // a hundredth of a deviation is no difference
    static constexpr float variance_most = 4.0F * input_limit * input_limit;
    // Beyond what any stream's covariance leads to; they keep one that no stream leads to finite.
    static constexpr float factor_limit = 4.0F * input_limit;
    static constexpr float half_way_limit = 1e6F;
    static constexpr float weight_limit = 1e9F;
    static constexpr float bias_limit = 1e14F;

    using Vector = std::array<float, Inputs>;
    struct State {
        std::uint32_t events = 0;
        float pooled = 0;                     // events in the covariance
        std::array<float, Classes> seen{};    // events
        std::array<float, Classes> counts{};  // whole events, in the means
        std::array<float, Classes> bias{};    // of the linear functions
        std::array<Vector, Classes> means{};
        std::array<Vector, Classes> weights{};    // of the linear functions
        std::array<Vector, Inputs> covariance{};  // lower triangle
    };

    void learn_whole(const Features& features, std::uint8_t actual) noexcept {
        Vector x;
        load(features, x);
        state_.counts[actual] = std::min(state_.counts[actual] + 1.0F, memory);
        state_.pooled = std::min(state_.pooled + 1.0F, memory);
        const float weight = 1.0F / state_.counts[actual];
        Vector& mean = state_.means[actual];
        Vector deviation;
        for (std::size_t i = 0; i < Inputs; ++i) {
            deviation[i] = x[i] - mean[i];
            mean[i] = clamped(mean[i] + weight * deviation[i], input_limit);
        }
        const float pooled_weight = 1.0F / state_.pooled;
        const float kept = 1.0F - pooled_weight;
        const float added = pooled_weight * (1.0F - weight);
        for (std::size_t i = 0; i < inputs_; ++i) {
            Vector& row = state_.covariance[i];
            const float scaled = added * deviation[i];
            for (std::size_t j = 0; j <= i; ++j) {
                const float value = kept * row[j] + scaled * deviation[j];
                row[j] = std::fabs(value) < 1e-20F ? 0.0F : clamped(value, variance_most);
            }
        }
    }

    // weights = covariance^-1 mean, bias = log share - mean . weights / 2.
    void solve() noexcept {
        float trace = 0.0F;
        for (std::size_t i = 0; i < inputs_; ++i) trace += state_.covariance[i][i];
        const float added = std::max(ridge * trace / static_cast<float>(inputs_), variance_least);

        std::array<Vector, Inputs> factor{};  // lower; its diagonal inverted
        for (std::size_t i = 0; i < inputs_; ++i) {
            for (std::size_t j = 0; j <= i; ++j) {
                float rest = state_.covariance[i][j];
                for (std::size_t k = 0; k < j; ++k) rest -= factor[i][k] * factor[j][k];
                // Rounding cannot take away more than what was added leaves.
                factor[i][j] = i == j ? 1.0F / std::sqrt(std::max(rest + added, 0.5F * added))
                                      : clamped(rest * factor[j][j], factor_limit);
            }
        }
        float events = static_cast<float>(classes_);
        for (std::size_t c = 0; c < classes_; ++c) events += state_.seen[c];
        for (std::size_t c = 0; c < classes_; ++c) {
            Vector& weights = state_.weights[c];
            for (std::size_t i = 0; i < inputs_; ++i) {
                float rest = state_.means[c][i];
                for (std::size_t k = 0; k < i; ++k) rest -= factor[i][k] * weights[k];
                weights[i] = clamped(rest * factor[i][i], half_way_limit);
            }
            float square = 0.0F;  // of the mean's distance from 0, in the covariance
            for (std::size_t i = 0; i < inputs_; ++i) square += weights[i] * weights[i];
            for (std::size_t i = inputs_; i-- > 0;) {
                float rest = weights[i];
                for (std::size_t k = i + 1; k < inputs_; ++k) rest -= factor[k][i] * weights[k];
                weights[i] = clamped(rest * factor[i][i], weight_limit);
            }
            constexpr float ln2 = 0.693147181F;
            const float share = (state_.seen[c] + 1.0F) / events;
            state_.bias[c] = clamped(ln2 * log2_of(share) - 0.5F * square, bias_limit);
        }
    }

    std::uint16_t inputs_;
    std::uint8_t classes_;
    State state_;
};

}  // namespace redshank
