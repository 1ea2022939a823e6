#pragma once

#include <array>
#include <cstdint>

namespace redshank {

// The only place where the agent reads a clock. 64-bit nanoseconds on every board.
std::int64_t monotonic_ns() noexcept;  // CLOCK_BOOTTIME: runs through suspend, starts again with the kernel
std::int64_t wall_ns() noexcept;       // CLOCK_REALTIME, may be wrong
bool wall_plausible() noexcept;  // later than this program was written; a gateway without a clock boots in the past
std::array<char, 36> kernel_boot_id() noexcept;

}  // namespace redshank
