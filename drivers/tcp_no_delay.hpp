#pragma once

#include <cstdint>

namespace redshank {

// Switches Nagle's algorithm off (TCP_NODELAY) on every TCP socket of this process that is connected to `port`. Paho
// offers no way to its socket, and without this a lone alert waits about 40 ms: it follows the PUBACK of the message
// that raised it, and the broker's kernel delays the acknowledgement of that (RFC 896 meets RFC 1122, 4.2.3.2).
//   Thread: any. Sockets that are gone meanwhile are passed over.
void no_delay_towards(std::uint16_t port) noexcept;

}  // namespace redshank
