#pragma once

#include <cstdint>
#include <string_view>

namespace redshank::wire {

// What an event of ZeroMQ's socket monitor says about a handshake that failed, for people; empty for other events.
// encrypted: this end's side.
std::string_view handshake_text(std::uint16_t event, std::uint32_t value, bool encrypted) noexcept;

}  // namespace redshank::wire
