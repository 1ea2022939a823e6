#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "drivers/uplink/curve_key.hpp"
#include "drivers/uplink/sockets.hpp"
#include "drivers/uplink/zmq_socket.hpp"
#include "model/outcome.hpp"

namespace redshank::wire {

// Answers ZeroMQ's question who may come in (RFC 27/ZAP), for every CURVE server of one context: yes to the keys of a
// list, which become the User-Id of their messages. There must be one before the server binds: without it ZeroMQ lets
// everybody in.
//   Thread: one; a handshake waits until answer() is called.
class ZapDoor {
public:
    static Outcome<ZapDoor> open(void* context);

    void* socket() noexcept { return socket_.get(); }     // readable: call answer()
    void allow(const std::vector<CurvePublicKey>& keys);  // in place of those before
    bool allows(const std::string& key) const noexcept;   // as text_of() writes it
    void answer();
    const Refusals& refusals() const noexcept { return refusals_; }

private:
    explicit ZapDoor(ZmqSocket socket) : socket_(std::move(socket)), parts_(7) {}
    void answer_one();

    ZmqSocket socket_;
    std::vector<std::string> keys_;  // as texts, sorted
    Refusals refusals_;
    std::vector<std::vector<std::byte>> parts_;  // of a request
};

}  // namespace redshank::wire
