#pragma once

#include <zmq.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/outcome.hpp"

// What both ends share of ZeroMQ's C interface.

namespace redshank::wire {

struct CloseContext {
    void operator()(void* context) const noexcept { zmq_ctx_term(context); }
};
struct CloseSocket {
    void operator()(void* socket) const noexcept { zmq_close(socket); }
};
using ZmqContext = std::unique_ptr<void, CloseContext>;
using ZmqSocket = std::unique_ptr<void, CloseSocket>;

// A socket with its own context (so its own I/O thread) and the options of sockets.hpp, for `url`.
struct OpenSocket {
    ZmqContext context;  // outlives the socket
    ZmqSocket socket;

    // encrypted: frames are longer on the wire.
    static Outcome<OpenSocket> open(int type, const std::string& url, bool encrypted);
};

// What failed last in ZeroMQ on this thread, after a word on whose affair it was.
tl::unexpected<std::string> zmq_failure(const std::string& what);

// Why an address is refused that is off loopback and not encrypted.
std::string why_not_plain(const std::string& url);

// As ZeroMQ shall see it: localhost means 127.0.0.1, whatever a hosts file says.
std::string endpoint_of(const std::string& url);

// One message, all of its parts, or false when there is none. Parts beyond `into` are read and left out; the count is
// of all parts. user: the User-Id of the last part, by whoever answered ZAP; empty for none.
bool receive_parts(void* socket, std::span<std::vector<std::byte>* const> into, std::size_t& parts,
                   std::string* user = nullptr) noexcept;

// Sleeps until an item is ready or the time is up.
void poll_items(std::span<zmq_pollitem_t> items, std::int64_t timeout_ms) noexcept;

}  // namespace redshank::wire
