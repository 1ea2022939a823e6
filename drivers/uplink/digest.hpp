#pragma once

#include <cstddef>
#include <span>

#include "drivers/uplink/wire.hpp"

namespace redshank::wire {

// SHA-256 of a frame: both ends compare it in Welcome, to know that they mean the same batch.
Digest digest_of(std::span<const std::byte> frame) noexcept;

}  // namespace redshank::wire
