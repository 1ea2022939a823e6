#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>

#include "model/features.hpp"

namespace redshank {

// Arithmetic on short vectors of a fixed width, in four lanes: the order of the sums is in the code, so a compiler may
// use vector instructions and the bits stay the same.
//   Shape: widths are multiples of 4; what is beyond the inputs in use is 0.
inline constexpr float input_limit = 1024.0F;
inline constexpr std::size_t lanes = 4;

inline float clamped(float value, float limit) noexcept {
    return std::min(std::max(value, -limit), limit);
}

template <std::size_t Width>
float dot(const std::array<float, Width>& a, const std::array<float, Width>& b) noexcept {
    static_assert(Width % lanes == 0);
    std::array<float, lanes> sums{};
    for (std::size_t i = 0; i < Width; i += lanes) {
        for (std::size_t k = 0; k < lanes; ++k) sums[k] += a[i + k] * b[i + k];
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// The features as a vector: clamped to +-input_limit, a missing one 0, which is the mean.
template <std::size_t Width>
void load(const Features& features, std::array<float, Width>& values) noexcept {
    const std::size_t inputs = features.values.size();
    assert(inputs <= Width);
    if (features.missing == 0 && inputs == Width) {
        for (std::size_t i = 0; i < Width; ++i) values[i] = clamped(features.values[i], input_limit);
        return;
    }
    for (std::size_t i = 0; i < inputs; ++i) values[i] = clamped(features.or_mean(i), input_limit);
    for (std::size_t i = inputs; i < Width; ++i) values[i] = 0.0F;
}

}  // namespace redshank
