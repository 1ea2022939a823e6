#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace redshank {

inline constexpr std::size_t features_max = 64;

// What a learner sees of one event: standardised values, some of which may be missing.
//   Shape: as many values as the learner was built for, 1 to features_max; bit i of `missing` stands for values[i].
//   Invariant: what is not missing is finite; a missing value is never read.
//   A learner takes a missing value as the mean (0, for they are standardised) unless its header says something better.
struct Features {
    std::span<const float> values;
    std::uint64_t missing = 0;

    bool has(std::size_t index) const noexcept { return (missing >> index & 1U) == 0; }
    float or_mean(std::size_t index) const noexcept { return has(index) ? values[index] : 0.0F; }
};

}  // namespace redshank
