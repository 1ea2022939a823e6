#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/dense_inputs.hpp"
#include "model/float_math.hpp"
#include "model/framed_learner.hpp"

namespace redshank {

// Naive Bayes with a normal distribution for each input and class. A missing value is skipped, not replaced.
//   Source: mean and variance by Welford (1962), exponentially weighted once `memory` events of a class were seen
//   (Finch 2009); class shares with one event more than was seen (Laplace). Invariant: variances within [0, (2
//   input_limit)^2], counts within [0, memory]. Units: inputs clamped to +-input_limit. Shape: 1 to Inputs inputs, 2 to
//   Classes classes. No heap.
template <std::size_t Inputs, std::size_t Classes>
class NaiveBayes final : public FramedLearner<Classifier, NaiveBayes<Inputs, Classes>> {
public:
    NaiveBayes(std::size_t inputs, std::size_t classes) noexcept
        : inputs_(static_cast<std::uint16_t>(inputs)), classes_(static_cast<std::uint8_t>(classes)) {
        assert(inputs >= 1 && inputs <= Inputs && classes >= 2 && classes <= Classes);
    }

    void shares(const Features& features, std::span<float> out) const noexcept override {
        assert(out.size() == classes_);
        std::array<float, Inputs> x;
        load(features, x);
        float most = -1e30F;
        for (std::size_t c = 0; c < classes_; ++c) {
            out[c] = log2_density(class_[c], features, x);
            most = std::max(most, out[c]);
        }
        float sum = 0.0F;
        for (float& share : out) {
            share = exp2_of(share - most);
            sum += share;
        }
        for (float& share : out) share /= sum;
    }

    void learn(const Features& features, std::uint8_t actual) noexcept override {
        assert(actual < classes_);
        std::array<float, Inputs> x;
        load(features, x);
        Normal& seen = class_[actual];
        seen.events += 1.0F;
        if (seen.events >= memory) {  // of all classes, so that their shares stay
            for (Normal& each : class_) each.events *= 0.5F;
        }
        for (std::size_t i = 0; i < inputs_; ++i) {
            if (!features.has(i)) continue;
            seen.counts[i] = std::min(seen.counts[i] + 1.0F, memory);
            const float weight = 1.0F / seen.counts[i];
            const float deviation = x[i] - seen.means[i];
            seen.means[i] = clamped(seen.means[i] + weight * deviation, input_limit);
            const float variance = (1.0F - weight) * (seen.variances[i] + weight * deviation * deviation);
            seen.variances[i] = std::min(variance, variance_most);
        }
    }

    std::size_t classes() const noexcept override { return classes_; }
    void reset() noexcept override { class_ = {}; }
    std::string_view name() const noexcept override { return "naive-bayes"; }

    SnapshotFrame frame() const noexcept {
        return {.magic = magic_of("naive-bayes"),
                .inputs = inputs_,
                .body_bytes = static_cast<std::uint32_t>(1 + classes_ * (4 + inputs_ * 12))};
    }
    void write_body(ByteWriter& out) const noexcept {
        out.put(classes_);
        for (std::size_t c = 0; c < classes_; ++c) {
            out.put(class_[c].events);
            put_all(out, std::span(class_[c].counts).first(inputs_));
            put_all(out, std::span(class_[c].means).first(inputs_));
            put_all(out, std::span(class_[c].variances).first(inputs_));
        }
    }
    bool read_body(ByteReader& in) noexcept {
        reset();
        bool fine = in.get<std::uint8_t>() == classes_;
        for (std::size_t c = 0; c < classes_; ++c) {
            fine = get_all(in, std::span(&class_[c].events, 1), 0.0F, memory) && fine;
            fine = get_all(in, std::span(class_[c].counts).first(inputs_), 0.0F, memory) && fine;
            fine = get_all(in, std::span(class_[c].means).first(inputs_), -input_limit, input_limit) && fine;
            fine = get_all(in, std::span(class_[c].variances).first(inputs_), 0.0F, variance_most) && fine;
        }
        return fine;
    }

private:
    static constexpr float memory = 65536.0F;
    static constexpr float variance_most = 4.0F * input_limit * input_limit;
    static constexpr float variance_least = 1e-4F;  // a hundredth of a deviation is no difference
    static constexpr std::size_t at_once = 4;       // variances whose product is a float for sure

    struct Normal {
        float events = 0;
        std::array<float, Inputs> counts{};
        std::array<float, Inputs> means{};
        std::array<float, Inputs> variances{};
    };

    float log2_density(const Normal& seen, const Features& features,
                       const std::array<float, Inputs>& x) const noexcept {
        constexpr float log2_of_e = 1.44269504F;
        float logarithms = 0.0F;
        float distance = 0.0F;
        for (std::size_t first = 0; first < inputs_; first += at_once) {
            float product = 1.0F;
            for (std::size_t i = first; i < std::min<std::size_t>(first + at_once, inputs_); ++i) {
                if (!features.has(i)) continue;
                // Until two were seen: as all inputs are, standardised.
                const float variance = seen.counts[i] < 2.0F ? 1.0F : std::max(seen.variances[i], variance_least);
                const float deviation = x[i] - seen.means[i];
                product *= variance;
                distance += deviation * deviation / variance;
            }
            logarithms += log2_of(product);
        }
        return log2_of(seen.events + 1.0F) - 0.5F * (logarithms + log2_of_e * distance);
    }

    std::uint16_t inputs_;
    std::uint8_t classes_;
    std::array<Normal, Classes> class_{};
};

}  // namespace redshank
