#pragma once

#include <netinet/in.h>

#include <cstdint>

namespace redshank::test {

sockaddr_in loopback(std::uint16_t port);  // 127.0.0.1

// A TCP port of 127.0.0.1 that nobody listens on just now, never the same twice in one process.
std::uint16_t free_port();

// True when something accepts connections there.
bool accepts(std::uint16_t port);

}  // namespace redshank::test
