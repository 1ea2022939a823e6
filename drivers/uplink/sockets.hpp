#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/outcome.hpp"

namespace redshank::wire {

// True for tcp://127.0.0.0/8, tcp://localhost, tcp://[::1] and ipc://. Other addresses need CURVE, which this version
// does not have; the failure text of both create functions says so.
bool on_loopback(std::string_view url) noexcept;

// What is wrong with an address to listen at (on this machine; a port from 1 to 65535, or * for any), or empty.
std::string why_no_address(std::string_view url);

// The agent's end: a DEALER. Connecting and reconnecting is ZeroMQ's affair; what was sent may be dropped at any
// disconnect, so only an application acknowledgement counts.
//   IMMEDIATE=1 LINGER=0 MAXMSGSIZE, heartbeats with TTL <= 60 s, bounded high-water marks. A lost connection is tried
//   again after 0.1 s, then ever later up to 2 s, as long as somebody calls wait().
//   Thread: the keeper's alone. create() fails for an address that is off loopback or that ZeroMQ cannot use.
class DealerSocket {
public:
    static Outcome<std::unique_ptr<DealerSocket>> create(const std::string& url);
    virtual ~DealerSocket() = default;

    virtual bool send(std::span<const std::byte> frame) noexcept = 0;  // false: nobody there, or the queue is full
    // One frame if there is one.
    virtual bool receive(std::vector<std::byte>& frame) noexcept = 0;
    // Sleeps until a frame is there, `wake_fd` is readable (pass -1 for none), the connection changes, or the time is
    // up. May return early.
    virtual void wait(int wake_fd, std::int64_t timeout_ms) noexcept = 0;
    // Counts the connections made so far (socket monitor): a change means say Hello again. connected(): as of now.
    virtual std::uint64_t connections() noexcept = 0;
    virtual bool connected() noexcept = 0;
    virtual std::uint64_t dropped() const noexcept = 0;  // messages of more parts than one frame has
};

// The collector's end: a ROUTER. A peer is named by its routing id, which is good for answering and for nothing else.
//   Thread: one. create() fails as DealerSocket's does, and when the address is taken.
class RouterSocket {
public:
    static Outcome<std::unique_ptr<RouterSocket>> create(const std::string& url);
    virtual ~RouterSocket() = default;
    virtual std::string bound_to() const = 0;  // with the port that was given for port *
    virtual bool receive(std::vector<std::byte>& peer, std::vector<std::byte>& frame) noexcept = 0;
    // False: the peer is gone, or its queue is full.
    virtual bool send(std::span<const std::byte> peer, std::span<const std::byte> frame) noexcept = 0;
    virtual void wait(int wake_fd, std::int64_t timeout_ms) noexcept = 0;  // as DealerSocket's
    virtual std::uint64_t dropped() const noexcept = 0;  // messages of more or fewer parts than a peer and one frame
};

}  // namespace redshank::wire
