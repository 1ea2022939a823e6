#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstring>

#include "model/features.hpp"

namespace redshank {

// Arithmetic on short vectors of a fixed width, in four lanes: the order of the sums is in the code, so a compiler may
// use vector instructions and the bits stay the same.
//   Shape: widths are multiples of 4; what is beyond the inputs in use is 0.
inline constexpr float input_limit = 1024.0F;
inline constexpr std::size_t lanes = 4;

// Written so that a loop of it becomes vector instructions.
inline float clamped(float value, float limit) noexcept {
    const float low = value < -limit ? -limit : value;
    return limit < low ? limit : low;
}

template <std::size_t Width>
float dot(const std::array<float, Width>& a, const std::array<float, Width>& b) noexcept {
    static_assert(Width % lanes == 0);
    using Lanes [[gnu::vector_size(lanes * sizeof(float))]] = float;  // four lanes where a board has none, too
    Lanes sums{};
    for (std::size_t i = 0; i < Width; i += lanes) {
        Lanes of_a;
        Lanes of_b;
        std::memcpy(&of_a, &a[i], sizeof of_a);
        std::memcpy(&of_b, &b[i], sizeof of_b);
        sums += of_a * of_b;
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// The features as a vector: clamped to +-input_limit, a missing one 0, which is the mean.
template <std::size_t Width>
void load(const Features& features, std::array<float, Width>& values) noexcept {
    const std::size_t inputs = features.values.size();
    assert(inputs <= Width);
    if (features.missing == 0 && inputs == Width) {
        std::array<float, Width> all;  // here, so that the compiler knows it overlaps nothing
        std::memcpy(all.data(), features.values.data(), sizeof all);
        for (float& value : all) value = clamped(value, input_limit);
        values = all;
        return;
    }
    for (std::size_t i = 0; i < inputs; ++i) values[i] = clamped(features.or_mean(i), input_limit);
    for (std::size_t i = inputs; i < Width; ++i) values[i] = 0.0F;
}

}  // namespace redshank
