#pragma once

#include <cstdint>

namespace redshank::test {

// A TCP port of 127.0.0.1 that nobody listens on just now, never the same twice in one process.
std::uint16_t free_port();

// True when something accepts connections there.
bool accepts(std::uint16_t port);

}  // namespace redshank::test
