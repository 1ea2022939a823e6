#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "model/dense_inputs.hpp"
#include "model/float_math.hpp"

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
        std::uint64_t state = 0x52656473'68616e6bU;
        const float scale = 1.0F / (turn * reach * std::sqrt(static_cast<float>(inputs)));
        for (std::size_t j = 0; j < Width; ++j) {
            for (std::size_t i = 0; i < inputs; ++i) {
                std::int32_t sum = -(6 << 16);
                for (int k = 0; k < 12; ++k) sum += static_cast<std::int32_t>(next(state) >> 48);
                projection_[j][i] = static_cast<float>(sum) * 0x1p-16F * scale;
            }
            phases_[j] = static_cast<float>(next(state) >> 40) * 0x1p-24F;
        }
    }

    std::size_t used() const noexcept { return Width; }
    void map(const Features& features, std::array<float, Width>& out) const noexcept {
        std::array<float, Inputs> x;
        load(features, x);
        for (std::size_t j = 0; j < Width; ++j) out[j] = cos_turns_of(dot(projection_[j], x) + phases_[j]);
    }

private:
    static std::uint64_t next(std::uint64_t& state) noexcept {
        std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }

    std::uint16_t inputs_;
    std::array<std::array<float, Inputs>, Width> projection_{};  // in turns
    std::array<float, Width> phases_{};                          // in turns
};

}  // namespace redshank
