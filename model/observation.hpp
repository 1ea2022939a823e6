#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace redshank {

inline constexpr std::size_t group_members_most = 64;

// What an anomaly model sees of a group at one instant, in two forms, one value per member each; a model takes the one
// it is made for.
//   values: in the unit of the channel, as distance from the channel's first value, so that a float is fine enough.
//     Finite, within +-1e15.
//   standardised: in deviations, within +-16.
//   half_hour: of the day, 0 to 47; no_half_hour while the wall clock cannot be trusted.
struct Observation {
    static constexpr std::int16_t no_half_hour = -1;

    std::span<const float> values;
    std::span<const float> standardised;
    std::int16_t half_hour = no_half_hour;
};

}  // namespace redshank
