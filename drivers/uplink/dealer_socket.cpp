#include <array>
#include <cstring>
#include <utility>

#include "drivers/uplink/sockets.hpp"
#include "drivers/uplink/zmq_socket.hpp"

namespace redshank::wire {
namespace {

constexpr const char* monitor_endpoint = "inproc://monitor";  // the context is the socket's own
constexpr int skipped_per_receive_max = 16;                   // malformed messages, before the caller gets its turn

class ZmqDealer final : public DealerSocket {
public:
    ZmqDealer(OpenSocket open, ZmqSocket monitor) noexcept : open_(std::move(open)), monitor_(std::move(monitor)) {}
    ~ZmqDealer() override { zmq_socket_monitor(open_.socket.get(), nullptr, 0); }

    bool send(std::span<const std::byte> frame) noexcept override {
        return zmq_send(open_.socket.get(), frame.data(), frame.size(), ZMQ_DONTWAIT) >= 0;
    }

    bool receive(std::vector<std::byte>& frame) noexcept override {
        const std::array into{&frame};
        std::size_t parts = 0;
        for (int skipped = 0; skipped < skipped_per_receive_max; ++skipped) {
            if (!receive_parts(open_.socket.get(), into, parts)) return false;
            if (parts == into.size()) return true;
            ++dropped_;
        }
        return false;
    }

    void wait(int wake_fd, std::int64_t timeout_ms) noexcept override {
        std::array<zmq_pollitem_t, 3> items{{{open_.socket.get(), 0, ZMQ_POLLIN, 0},
                                             {monitor_.get(), 0, ZMQ_POLLIN, 0},
                                             {nullptr, wake_fd, ZMQ_POLLIN, 0}}};
        poll_items(std::span(items).first(wake_fd >= 0 ? 3 : 2), timeout_ms);
        take_events();
    }

    std::uint64_t connections() noexcept override {
        take_events();
        return connections_;
    }

    bool connected() noexcept override {
        take_events();
        return connected_;
    }

    std::uint64_t dropped() const noexcept override { return dropped_; }

private:
    // An event is two parts: {u16 event, u32 value} and the address.
    void take_events() noexcept {
        const std::array into{&event_};
        std::size_t parts = 0;
        while (receive_parts(monitor_.get(), into, parts)) {
            std::uint16_t event = 0;
            if (event_.size() < sizeof event) continue;
            std::memcpy(&event, event_.data(), sizeof event);
            connected_ = event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
            if (connected_) ++connections_;
        }
    }

    OpenSocket open_;
    ZmqSocket monitor_;  // closed before the socket's context ends
    std::vector<std::byte> event_;
    std::uint64_t connections_ = 0;
    std::uint64_t dropped_ = 0;
    bool connected_ = false;
};

}  // namespace

Outcome<std::unique_ptr<DealerSocket>> DealerSocket::create(const std::string& url) {
    auto open = OpenSocket::open(ZMQ_DEALER, url);
    if (!open) return failure(open.error());
    const auto failed = [&url] { return failure("uplink to " + url + ": " + zmq_strerror(zmq_errno())); };

    constexpr int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED;
    if (zmq_socket_monitor(open->socket.get(), monitor_endpoint, events) != 0) return failed();
    ZmqSocket monitor(zmq_socket(open->context.get(), ZMQ_PAIR));
    if (!monitor || zmq_connect(monitor.get(), monitor_endpoint) != 0) return failed();
    if (zmq_connect(open->socket.get(), endpoint_of(url).c_str()) != 0) return failed();
    return std::make_unique<ZmqDealer>(std::move(*open), std::move(monitor));
}

}  // namespace redshank::wire
