#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/network.hpp"

namespace redshank {

// How far a vector is from what a network with a narrow middle makes of it.
//   Source: Hinton and Salakhutdinov (2006), "Reducing the dimensionality of data with neural networks", with one
//   hidden layer of half as many units as inputs.
//   Units: inputs clamped to +-16 deviations; the distance is the sum of the squared errors. Shape: 1 to inputs_most
//   inputs. Thread: the owner's. No heap.
class Autoencoder {
public:
    static constexpr std::string_view name = "autoencoder";
    static constexpr std::size_t inputs_most = 16;
    static constexpr std::uint32_t unsettled = 256;
    static constexpr bool lagged = true;

    explicit Autoencoder(std::size_t inputs) noexcept
        : inputs_(static_cast<std::uint8_t>(inputs)),
          network_(inputs, std::clamp<std::size_t>(inputs / 2, 1, units), inputs) {
        assert(inputs >= 1 && inputs <= inputs_most);
    }

    float distance(std::span<const float> inputs) const noexcept {
        const Net::Input x = loaded(inputs);
        Net::Pass pass;
        network_.forward(x, pass);
        float sum = 0.0F;
        for (std::size_t i = 0; i < inputs_; ++i) sum += (pass.outputs[i] - x[i]) * (pass.outputs[i] - x[i]);
        return sum;
    }
    void learn(std::span<const float> inputs) noexcept {
        const Net::Input x = loaded(inputs);
        Net::Pass pass;
        network_.forward(x, pass);
        Net::Output errors{};
        for (std::size_t i = 0; i < inputs_; ++i) errors[i] = clamped(pass.outputs[i] - x[i], error_limit);
        network_.descend(x, pass, errors, rate);
    }

    std::size_t written_bytes() const noexcept { return network_.written_bytes(); }
    void write(ByteWriter& out) const noexcept { network_.write(out); }
    bool read(ByteReader& in) noexcept { return network_.read(in); }

private:
    static constexpr std::size_t units = 8;
    static constexpr float limit = 16.0F;
    static constexpr float error_limit = 4.0F;  // a single fault moves the weights no more than one of four deviations
    static constexpr float rate = 0.01F;
    using Net = Network<inputs_most, units, inputs_most>;

    Net::Input loaded(std::span<const float> inputs) const noexcept {
        assert(inputs.size() == inputs_);
        Net::Input x{};
        for (std::size_t i = 0; i < inputs_; ++i) x[i] = clamped(inputs[i], limit);
        return x;
    }

    std::uint8_t inputs_;
    Net network_;
};

}  // namespace redshank
