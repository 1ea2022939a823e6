#pragma once

#include <cstdint>

namespace redshank {

// ns since the epoch by this machine's clock; 64 bits on every board.
std::int64_t wall_clock_ns() noexcept;

}  // namespace redshank
