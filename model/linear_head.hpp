#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "model/bytes.hpp"
#include "model/dense_inputs.hpp"
#include "model/framed_learner.hpp"

namespace redshank {

// One linear function of the inputs and how it moves against a gradient; regressors and classifiers are built of these.
//   Invariant: weights within +-weight_limit; all finite for any input that load() gives and |slope| <= slope_limit.
//   Thread: the owner's. No heap.
inline constexpr float weight_limit = 1e6F;
inline constexpr float slope_limit = 2048.0F;

struct HeadOptions {
    float rate = 0.01F;
    float l2 = 0.0F;          // the weights' share that a step takes away is rate * l2
    bool normalised = false;  // rate is a share of the step that would make the error 0
};

// Stochastic gradient descent; a step is never longer than to where the error of a squared loss is 0.
//   Source: implicit updates, Kulis and Bartlett (2010), equation 8 for the squared loss; normalised least mean
//   squares, Haykin, "Adaptive Filter Theory", chapter 6.
template <std::size_t Inputs>
class PlainHead {
public:
    explicit PlainHead(const HeadOptions& options) noexcept : options_(options) {}

    float at(const std::array<float, Inputs>& x) const noexcept { return dot(weights_, x) + bias_; }

    // slope: of the loss, by the value at x.
    void descend(const std::array<float, Inputs>& x, float slope) noexcept {
        const float square = dot(x, x) + 1.0F;
        const float step = slope * options_.rate / (options_.normalised ? square : 1.0F + options_.rate * square);
        const float kept = 1.0F - options_.rate * options_.l2;
        std::array<float, Inputs> weights = weights_;  // here, so that the compiler knows it overlaps nothing
        for (std::size_t i = 0; i < Inputs; ++i) weights[i] = clamped(kept * weights[i] - step * x[i], weight_limit);
        weights_ = weights;
        bias_ = clamped(bias_ - step, weight_limit);
    }

    void write(ByteWriter& out, std::size_t inputs) const noexcept {
        put_all(out, std::span(weights_).first(inputs));
        out.put(bias_);
    }
    bool read(ByteReader& in, std::size_t inputs) noexcept {
        *this = PlainHead(options_);
        return get_all(in, std::span(weights_).first(inputs), -weight_limit, weight_limit) &&
               get_all(in, std::span(&bias_, 1), -weight_limit, weight_limit);
    }
    static constexpr std::size_t written_bytes(std::size_t inputs) noexcept { return 4 * (inputs + 1); }

private:
    std::array<float, Inputs> weights_{};
    float bias_ = 0;
    HeadOptions options_;
};

// Each weight with a rate of its own, whatever the scale of its input.
//   Source: normalised adaptive gradient, Ross, Mineiro, Langford (2013), algorithm 3 (NAG), as in Vowpal Wabbit; the
//   sums of squares fade over 2^20 events, so that it never stops to learn.
template <std::size_t Inputs>
class AdaptiveHead {
public:
    explicit AdaptiveHead(const HeadOptions& options) noexcept : options_(options) {}

    float at(const std::array<float, Inputs>& x) const noexcept { return dot(weights_, x) + bias_; }

    void descend(const std::array<float, Inputs>& x, float slope) noexcept {
        constexpr float kept = 1.0F - 0x1p-20F;
        constexpr float least = 1e-12F;
        std::array<float, lanes> shares{};
        for (std::size_t i = 0; i < Inputs; i += lanes) {
            for (std::size_t k = 0; k < lanes; ++k) {
                const float size = std::fabs(x[i + k]);
                const float scale = std::max(scales_[i + k], size);
                weights_[i + k] *= scales_[i + k] / scale;
                scales_[i + k] = scale;
                const float share = size / scale;
                shares[k] += share * share;
            }
        }
        events_ = kept * events_ + 1.0F;
        shares_ = kept * shares_ + 1.0F + (shares[0] + shares[1]) + (shares[2] + shares[3]);
        const float rate = options_.rate * std::sqrt(events_ / shares_);
        const float shrunk = 1.0F - options_.l2 * options_.rate;
        for (std::size_t i = 0; i < Inputs; ++i) {
            const float gradient = slope * x[i];
            squares_[i] = kept * squares_[i] + gradient * gradient;
            const float step = rate * gradient / (scales_[i] * std::sqrt(squares_[i]) + least);
            weights_[i] = clamped(shrunk * weights_[i] - step, weight_limit);
        }
        bias_square_ = kept * bias_square_ + slope * slope;
        bias_ = clamped(bias_ - rate * slope / (std::sqrt(bias_square_) + least), weight_limit);
    }

    void write(ByteWriter& out, std::size_t inputs) const noexcept {
        put_all(out, std::span(weights_).first(inputs));
        put_all(out, std::span(scales_).first(inputs));
        put_all(out, std::span(squares_).first(inputs));
        put_all(out, std::array{bias_, bias_square_, events_, shares_});
    }
    bool read(ByteReader& in, std::size_t inputs) noexcept {
        *this = AdaptiveHead(options_);
        constexpr float scale_least = 1e-30F;
        bool fine = get_all(in, std::span(weights_).first(inputs), -weight_limit, weight_limit);
        fine = get_all(in, std::span(scales_).first(inputs), scale_least, input_limit) && fine;
        fine = get_all(in, std::span(squares_).first(inputs), 0.0F, square_most) && fine;
        fine = get_all(in, std::span(&bias_, 1), -weight_limit, weight_limit) && fine;
        fine = get_all(in, std::span(&bias_square_, 1), 0.0F, square_most) && fine;
        fine = get_all(in, std::span(&events_, 1), 0.0F, 2e6F) && fine;
        return get_all(in, std::span(&shares_, 1), 0.0F, 2e6F * static_cast<float>(Inputs + 1)) && fine;
    }
    static constexpr std::size_t written_bytes(std::size_t inputs) noexcept { return 4 * (3 * inputs + 4); }

private:
    static constexpr float square_most = slope_limit * slope_limit * input_limit * input_limit * 2e6F;
    static constexpr std::array<float, Inputs> small() noexcept {
        std::array<float, Inputs> all{};
        all.fill(1e-3F);  // an input that never was larger: below a thousandth of its deviation
        return all;
    }

    std::array<float, Inputs> weights_{};
    std::array<float, Inputs> scales_ = small();
    std::array<float, Inputs> squares_{};
    float bias_ = 0;
    float bias_square_ = 0;
    float events_ = 0;
    float shares_ = 0;
    HeadOptions options_;
};

}  // namespace redshank
