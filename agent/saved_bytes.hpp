#pragma once

#include <algorithm>
#include <cstdint>

#include "agent/group_fill.hpp"
#include "agent/settings.hpp"
#include "agent/windows.hpp"
#include "model/rolling_window.hpp"
#include "model/text.hpp"

namespace redshank {

// How many results wait in memory, merged, while the outbox has no room: two to merge for each channel.
inline std::size_t held_aggregates_max(const Capacities& limits) noexcept {
    return std::max<std::size_t>(64, 2 * limits.channels_max);
}

// What an entry of state has at most, key and all, at the longest names: for the disk's budget, which a test compares
// with what is saved.
namespace saved_bytes {
inline constexpr std::uint64_t key = 16;
inline constexpr std::uint64_t channel = key + channel_name_bytes_max + 732;  // beside its links and filters
inline constexpr std::uint64_t link = 8;
inline constexpr std::uint64_t filter = std::uint64_t{8} * Recent::most;
inline constexpr std::uint64_t sketches = key + Windows::sketches_bytes_max;
inline constexpr std::uint64_t rolling = key + RollingWindow::written_bytes_max;
inline constexpr std::uint64_t group = key + channel_name_bytes_max + 168;
inline constexpr std::uint64_t group_member = 16 + GroupFill::member_bytes;
inline constexpr std::uint64_t model = key + 16;  // beside its snapshot
inline constexpr std::uint64_t rule = key + rule_name_bytes_max + channel_name_bytes_max + 176;
inline constexpr std::uint64_t source = key + 512;   // beside its topic
inline constexpr std::uint64_t gate = key + 10'240;  // beside 8 for each source
inline constexpr std::uint64_t base = 1024;
inline constexpr std::uint64_t redelivery = 32;
inline constexpr std::uint64_t broker = key + 64;  // beside its redelivery table
inline constexpr std::uint64_t held_row = 16;      // beside its wire form
}  // namespace saved_bytes

}  // namespace redshank
