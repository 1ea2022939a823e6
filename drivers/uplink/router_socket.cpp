#include <array>
#include <utility>

#include "drivers/uplink/sockets.hpp"
#include "drivers/uplink/zmq_socket.hpp"

namespace redshank::wire {
namespace {

constexpr int skipped_per_receive_max = 16;  // malformed messages, before the caller gets its turn

class ZmqRouter final : public RouterSocket {
public:
    ZmqRouter(OpenSocket open, std::string bound_to) noexcept
        : open_(std::move(open)), bound_to_(std::move(bound_to)) {}

    std::string bound_to() const override { return bound_to_; }

    bool receive(std::vector<std::byte>& peer, std::vector<std::byte>& frame) noexcept override {
        const std::array into{&peer, &frame};
        std::size_t parts = 0;
        for (int skipped = 0; skipped < skipped_per_receive_max; ++skipped) {
            if (!receive_parts(open_.socket.get(), into, parts)) return false;
            if (parts == into.size()) return true;
            ++dropped_;
        }
        return false;
    }

    bool send(std::span<const std::byte> peer, std::span<const std::byte> frame) noexcept override {
        void* socket = open_.socket.get();
        if (zmq_send(socket, peer.data(), peer.size(), ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0) return false;
        return zmq_send(socket, frame.data(), frame.size(), ZMQ_DONTWAIT) >= 0;
    }

    void wait(int wake_fd, std::int64_t timeout_ms) noexcept override {
        std::array<zmq_pollitem_t, 2> items{
            {{open_.socket.get(), 0, ZMQ_POLLIN, 0}, {nullptr, wake_fd, ZMQ_POLLIN, 0}}};
        poll_items(std::span(items).first(wake_fd >= 0 ? 2 : 1), timeout_ms);
    }

    std::uint64_t dropped() const noexcept override { return dropped_; }

private:
    OpenSocket open_;
    std::string bound_to_;
    std::uint64_t dropped_ = 0;
};

}  // namespace

Outcome<std::unique_ptr<RouterSocket>> RouterSocket::create(const std::string& url) {
    auto open = OpenSocket::open(ZMQ_ROUTER, url);
    if (!open) return failure(open.error());
    void* socket = open->socket.get();
    if (zmq_bind(socket, endpoint_of(url).c_str()) != 0) {
        return failure("cannot listen on " + url + ": " + zmq_strerror(zmq_errno()));
    }
    std::array<char, 256> endpoint{};
    std::size_t size = endpoint.size();
    if (zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint.data(), &size) != 0) {
        return failure("cannot listen on " + url + ": " + zmq_strerror(zmq_errno()));
    }
    return std::make_unique<ZmqRouter>(std::move(*open), std::string(endpoint.data()));
}

}  // namespace redshank::wire
