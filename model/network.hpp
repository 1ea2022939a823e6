#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "model/bytes.hpp"
#include "model/dense_inputs.hpp"
#include "model/float_math.hpp"
#include "model/framed_learner.hpp"
#include "model/splitmix64.hpp"

namespace redshank {

// A network of one hidden layer: tanh units, linear outputs, learned by gradient descent one vector at a time.
//   Source: back-propagation (Rumelhart, Hinton, Williams 1986). Steps of the first layer are divided by 1 + the
//   inputs' mean square (normalised as in NLMS), so that one wild vector does not throw the units over. First weights:
//   uniform within 1 / sqrt(inputs of the layer), from a fixed seed.
//   Invariant: weights within +-weight_limit; weights of inputs, hidden units and outputs that are not in use are 0
//   and stay so, for their gradients are 0. Units: inputs within +-input_limit. Shape: 1 to Inputs inputs, 1 to Hidden
//   hidden units, 1 to Outputs outputs. Thread: the owner's. No heap.
template <std::size_t Inputs, std::size_t Hidden, std::size_t Outputs>
class Network {
    static_assert(Hidden % lanes == 0);

public:
    using Input = std::array<float, Inputs>;
    using Output = std::array<float, Outputs>;
    struct Pass {
        std::array<float, Hidden> hidden;
        Output outputs;
    };

    Network(std::size_t inputs, std::size_t hidden, std::size_t outputs) noexcept
        : inputs_(static_cast<std::uint8_t>(inputs)),
          hidden_(static_cast<std::uint8_t>(hidden)),
          outputs_(static_cast<std::uint8_t>(outputs)) {
        assert(inputs >= 1 && inputs <= Inputs && hidden >= 1 && hidden <= Hidden);
        assert(outputs >= 1 && outputs <= Outputs);
        reset();
    }

    void reset() noexcept {
        SplitMix64 random(0x6d6c702d312d3136U);
        weights_ = {};
        const float in_scale = 1.0F / std::sqrt(static_cast<float>(inputs_));
        for (std::size_t i = 0; i < inputs_; ++i) {
            for (std::size_t j = 0; j < hidden_; ++j) weights_.in[i][j] = in_scale * (2.0F * random.uniform() - 1.0F);
        }
        const float out_scale = 1.0F / std::sqrt(static_cast<float>(hidden_));
        for (std::size_t k = 0; k < outputs_; ++k) {
            for (std::size_t j = 0; j < hidden_; ++j) weights_.out[k][j] = out_scale * (2.0F * random.uniform() - 1.0F);
        }
    }

    // x: 0 beyond the inputs in use.
    void forward(const Input& x, Pass& pass) const noexcept {
        std::array<float, Hidden> hidden = weights_.in_bias;  // here, so that the compiler knows it overlaps nothing
        for (std::size_t i = 0; i < inputs_; ++i) {
            for (std::size_t j = 0; j < Hidden; ++j) hidden[j] += x[i] * weights_.in[i][j];
        }
        for (std::size_t j = 0; j < Hidden; ++j) pass.hidden[j] = tanh_of(clamped(hidden[j], flat_from));
        pass.outputs = {};
        for (std::size_t k = 0; k < outputs_; ++k) {
            pass.outputs[k] = weights_.out_bias[k] + dot(weights_.out[k], pass.hidden);
        }
    }

    // One step down. pass: what forward(x) gave; errors: the loss' derivative by each output, finite.
    void descend(const Input& x, const Pass& pass, const Output& errors, float rate) noexcept {
        std::array<float, Hidden> back{};
        for (std::size_t k = 0; k < outputs_; ++k) {
            for (std::size_t j = 0; j < Hidden; ++j) back[j] += errors[k] * weights_.out[k][j];
            step(weights_.out[k], pass.hidden, rate * errors[k]);
            weights_.out_bias[k] = clamped(weights_.out_bias[k] - rate * errors[k], weight_limit);
        }
        float square = 0.0F;
        for (std::size_t i = 0; i < inputs_; ++i) square += x[i] * x[i];
        const float inner_rate = rate / (1.0F + square / static_cast<float>(inputs_));
        for (std::size_t j = 0; j < Hidden; ++j) back[j] *= 1.0F - pass.hidden[j] * pass.hidden[j];
        for (std::size_t i = 0; i < inputs_; ++i) step(weights_.in[i], back, inner_rate * x[i]);
        step(weights_.in_bias, back, inner_rate);
    }

    std::size_t written_bytes() const noexcept {
        const std::size_t hidden = hidden_;
        return 4 * ((inputs_ + 1) * hidden + outputs_ * (hidden + 1));
    }
    void write(ByteWriter& out) const noexcept {
        for (std::size_t i = 0; i < inputs_; ++i) put_all(out, std::span(weights_.in[i]).first(hidden_));
        put_all(out, std::span(weights_.in_bias).first(hidden_));
        for (std::size_t k = 0; k < outputs_; ++k) put_all(out, std::span(weights_.out[k]).first(hidden_));
        put_all(out, std::span(weights_.out_bias).first(outputs_));
    }
    // false: values that no stream can lead to; state undefined then.
    bool read(ByteReader& in) noexcept {
        weights_ = {};
        bool fine = true;
        const auto take = [&](std::span<float> values) {
            fine = get_all(in, values, -weight_limit, weight_limit) && fine;
        };
        for (std::size_t i = 0; i < inputs_; ++i) take(std::span(weights_.in[i]).first(hidden_));
        take(std::span(weights_.in_bias).first(hidden_));
        for (std::size_t k = 0; k < outputs_; ++k) take(std::span(weights_.out[k]).first(hidden_));
        take(std::span(weights_.out_bias).first(outputs_));
        return fine;
    }

private:
    static constexpr float weight_limit = 64.0F;
    static constexpr float flat_from = 10.0F;  // where tanh is 1 to the last bit

    struct Weights {
        std::array<std::array<float, Hidden>, Inputs> in{};
        std::array<float, Hidden> in_bias{};
        std::array<std::array<float, Hidden>, Outputs> out{};
        Output out_bias{};
    };

    static void step(std::array<float, Hidden>& weights, const std::array<float, Hidden>& slopes, float size) noexcept {
        for (std::size_t j = 0; j < Hidden; ++j) weights[j] = clamped(weights[j] - size * slopes[j], weight_limit);
    }

    std::uint8_t inputs_;
    std::uint8_t hidden_;
    std::uint8_t outputs_;
    Weights weights_;
};

}  // namespace redshank
