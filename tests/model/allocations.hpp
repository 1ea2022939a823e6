#pragma once

#include <atomic>
#include <cstdint>

namespace redshank::contract {

// Calls of operator new in this program, all threads.
extern std::atomic<std::uint64_t> allocations;

}  // namespace redshank::contract
