#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "model/dense_inputs.hpp"
#include "model/float_math.hpp"
#include "model/splitmix64.hpp"

namespace redshank {

// Features in which a linear function is a function of the radial kernel exp(-|x - y|^2 / (2 * inputs * reach^2)).
//   Source: Rahimi and Recht (2007), cosines of random projections. The projection comes from a fixed seed (splitmix64,
//   normal as a sum of twelve uniforms), so it is the same on every board and no part of a snapshot.
//   Units: inputs clamped to +-input_limit; outputs within +-1. Shape: 1 to Inputs inputs, Width outputs. No heap.
template <std::size_t Inputs, std::size_t Width>
class RandomFourierFeatures {
public:
    static constexpr std::size_t width = Width;
    static constexpr float reach = 0.5F;  // deviations of every input at once

    explicit RandomFourierFeatures(std::size_t inputs) noexcept : inputs_(static_cast<std::uint16_t>(inputs)) {
        assert(inputs >= 1 && inputs <= Inputs);
        constexpr float turn = 6.28318531F;
        SplitMix64 random(0x52656473'68616e6bU);
        const float scale = 1.0F / (turn * reach * std::sqrt(static_cast<float>(inputs)));
        for (std::size_t j = 0; j < Width; ++j) {
            for (std::size_t i = 0; i < inputs; ++i) {
                std::int32_t sum = -(6 << 16);
                for (int k = 0; k < 12; ++k) sum += static_cast<std::int32_t>(random.next() >> 48);
                projection_[j][i] = static_cast<float>(sum) * 0x1p-16F * scale;
            }
            phases_[j] = random.uniform();
        }
    }

    std::size_t used() const noexcept { return Width; }
    void map(const Features& features, std::array<float, Width>& out) const noexcept {
        std::array<float, Inputs> x;
        load(features, x);
        for (std::size_t j = 0; j < Width; ++j) out[j] = cos_turns_of(dot(projection_[j], x) + phases_[j]);
    }

private:
    std::uint16_t inputs_;
    std::array<std::array<float, Inputs>, Width> projection_{};  // in turns
    std::array<float, Width> phases_{};                          // in turns
};

}  // namespace redshank
