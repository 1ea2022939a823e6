#include <array>
#include <utility>

#include "drivers/uplink/sockets.hpp"
#include "drivers/uplink/zap_door.hpp"
#include "drivers/uplink/zmq_socket.hpp"

namespace redshank::wire {
namespace {

constexpr int skipped_per_receive_max = 16;  // malformed messages, before the caller gets its turn

class ZmqRouter final : public RouterSocket {
public:
    ZmqRouter(OpenSocket open, std::optional<ZapDoor> door, std::string bound_to) noexcept
        : open_(std::move(open)), door_(std::move(door)), bound_to_(std::move(bound_to)) {}

    ~ZmqRouter() override {
        // Before the door: ZeroMQ lets everybody in where there is none.
        open_.socket.reset();
    }

    std::string bound_to() const override { return bound_to_; }

    bool receive(std::vector<std::byte>& peer, std::vector<std::byte>& frame) noexcept override {
        const std::array into{&peer, &frame};
        std::size_t parts = 0;
        if (door_) door_->answer();
        for (int skipped = 0; skipped < skipped_per_receive_max; ++skipped) {
            if (!receive_parts(open_.socket.get(), into, parts, door_ ? &sender_ : nullptr)) return false;
            if (parts == into.size() && may_speak()) return true;
            ++dropped_;
        }
        return false;
    }

    const std::string& sender() const noexcept override { return sender_; }

    void allow(const std::vector<CurvePublicKey>& keys) override {
        if (door_) door_->allow(keys);
    }

    Refusals refusals() const override { return door_ ? door_->refusals() : Refusals{}; }

    bool send(std::span<const std::byte> peer, std::span<const std::byte> frame) noexcept override {
        void* socket = open_.socket.get();
        if (zmq_send(socket, peer.data(), peer.size(), ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0) return false;
        return zmq_send(socket, frame.data(), frame.size(), ZMQ_DONTWAIT) >= 0;
    }

    void wait(int wake_fd, std::int64_t timeout_ms) noexcept override {
        std::array<zmq_pollitem_t, 3> items{};
        std::size_t count = 0;
        items[count++] = {open_.socket.get(), 0, ZMQ_POLLIN, 0};
        if (door_) items[count++] = {door_->socket(), 0, ZMQ_POLLIN, 0};
        if (wake_fd >= 0) items[count++] = {nullptr, wake_fd, ZMQ_POLLIN, 0};
        poll_items(std::span(items).first(count), timeout_ms);
        if (door_) door_->answer();
    }

    std::uint64_t dropped() const noexcept override { return dropped_; }

private:
    // The handshake has asked already; a key that has been taken from the list since may not.
    bool may_speak() const noexcept { return !door_ || door_->allows(sender_); }

    OpenSocket open_;
    std::optional<ZapDoor> door_;  // nothing: not encrypted
    std::string bound_to_;
    std::string sender_;
    std::uint64_t dropped_ = 0;
};

bool set_keys(void* socket, const CurveSecretKey& own) noexcept {
    constexpr std::string_view domain = "redshank";
    const int server = 1;
    return zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &server, sizeof server) == 0 &&
           zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, own.bytes().data(), own.bytes().size()) == 0 &&
           zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, domain.data(), domain.size()) == 0;
}

// By reference: where it fails, the door's socket must go before the context.
Outcome<std::unique_ptr<RouterSocket>> bind_router(const std::string& url, OpenSocket& open,
                                                   std::optional<ZapDoor>& door) {
    void* socket = open.socket.get();
    if (zmq_bind(socket, endpoint_of(url).c_str()) != 0) return zmq_failure("cannot listen on " + url);
    std::array<char, 256> endpoint{};
    std::size_t size = endpoint.size();
    if (zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint.data(), &size) != 0) {
        return zmq_failure("cannot listen on " + url);
    }
    return std::make_unique<ZmqRouter>(std::move(open), std::move(door), std::string(endpoint.data()));
}

}  // namespace

Outcome<std::unique_ptr<RouterSocket>> RouterSocket::create(const std::string& url, Plain plain) {
    if (plain == Plain::on_loopback && !on_loopback(url)) return failure(why_not_plain(url));
    auto open = OpenSocket::open(ZMQ_ROUTER, url, false);
    if (!open) return failure(open.error());
    std::optional<ZapDoor> no_door;
    return bind_router(url, *open, no_door);
}

Outcome<std::unique_ptr<RouterSocket>> RouterSocket::create(const std::string& url, const CurveSecretKey& own,
                                                            const std::vector<CurvePublicKey>& allowed) {
    auto open = OpenSocket::open(ZMQ_ROUTER, url, true);
    if (!open) return failure(open.error());
    auto opened = ZapDoor::open(open->context.get());
    if (!opened) return failure(opened.error());
    std::optional<ZapDoor> door(std::move(*opened));
    door->allow(allowed);
    if (!set_keys(open->socket.get(), own)) return zmq_failure("cannot listen on " + url);
    return bind_router(url, *open, door);
}

}  // namespace redshank::wire
