#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/uplink/curve_key.hpp"
#include "model/outcome.hpp"

namespace redshank::wire {

// True for tcp://127.0.0.0/8, tcp://localhost, tcp://[::1] and ipc://.
bool on_loopback(std::string_view url) noexcept;

// What is wrong with an address, or empty: tcp://HOST:PORT or ipc://PATH. To listen at: names of network interfaces and
// * (all of them) as well, and * for any port. To connect to: a name, an IPv4 address, or an IPv6 address in brackets;
// the text goes on a sentence that begins with the address.
std::string why_no_address(std::string_view url);
std::string why_no_address_to_connect(std::string_view url);

// Without encryption an address off loopback must be wanted by name.
enum class Plain : std::uint8_t { on_loopback, anywhere };

// Encryption, and proof of who is at the other end: CURVE (RFC 26/CURVEZMQ).
struct ClientKeys {
    CurvePublicKey server;
    CurveSecretKey own;
};

// The agent's end: a DEALER. Connecting and reconnecting is ZeroMQ's affair; what was sent may be dropped at any
// disconnect, so only an application acknowledgement counts.
//   IMMEDIATE=1 LINGER=0 MAXMSGSIZE, heartbeats with TTL <= 60 s, bounded high-water marks. A lost connection is tried
//   again after 0.1 s, then ever later up to 2 s, as long as somebody calls wait().
//   Host names are looked up, as IPv4, by ZeroMQ at every connection.
//   Thread: the keeper's alone. create() fails for an address that ZeroMQ cannot use, or that is off loopback where
//   that was not wanted.
class DealerSocket {
public:
    static Outcome<std::unique_ptr<DealerSocket>> create(const std::string& url, Plain plain = Plain::on_loopback);
    static Outcome<std::unique_ptr<DealerSocket>> create(const std::string& url, ClientKeys keys);
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
    // Why the last handshake failed, for people; empty since one succeeded, and when nobody has answered at all.
    virtual const std::string& handshake_failure() noexcept = 0;
    virtual std::uint64_t dropped() const noexcept = 0;  // messages of more parts than one frame has
};

// Handshakes that were refused.
struct Refusals {
    std::uint64_t count = 0;
    CurvePublicKey key{};  // of the last one, and where it came from
    std::string address;
};

// The collector's end: a ROUTER. A peer is named by its routing id, which is good for answering and for nothing else;
// who it is, its key says.
//   With keys, who is not in `allowed` ends in the handshake, and no frame without an allowed key is ever received. A
//   handshake waits for receive() or wait().
//   Thread: one. create() fails as DealerSocket's does, and when the address is taken.
class RouterSocket {
public:
    static Outcome<std::unique_ptr<RouterSocket>> create(const std::string& url, Plain plain = Plain::on_loopback);
    static Outcome<std::unique_ptr<RouterSocket>> create(const std::string& url, const CurveSecretKey& own,
                                                         const std::vector<CurvePublicKey>& allowed);
    virtual ~RouterSocket() = default;
    virtual std::string bound_to() const = 0;  // with the port that was given for port *
    virtual bool receive(std::vector<std::byte>& peer, std::vector<std::byte>& frame) noexcept = 0;
    // Who sent the frame that was received last, as text_of() writes it; empty without encryption.
    virtual const std::string& sender() const noexcept = 0;
    // In place of those before. Who is connected by another key stays so and is not heard any more.
    virtual void allow(const std::vector<CurvePublicKey>& keys) = 0;
    virtual Refusals refusals() const = 0;
    // False: the peer is gone, or its queue is full.
    virtual bool send(std::span<const std::byte> peer, std::span<const std::byte> frame) noexcept = 0;
    virtual void wait(int wake_fd, std::int64_t timeout_ms) noexcept = 0;  // as DealerSocket's
    virtual std::uint64_t dropped() const noexcept = 0;  // no peer and one frame, or by no allowed key
};

}  // namespace redshank::wire
