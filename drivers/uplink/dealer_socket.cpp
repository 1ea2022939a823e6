#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <utility>

#include "drivers/uplink/handshake_text.hpp"
#include "drivers/uplink/sockets.hpp"
#include "drivers/uplink/zmq_socket.hpp"

namespace redshank::wire {
namespace {

constexpr const char* monitor_endpoint = "inproc://monitor";  // the context is the socket's own
constexpr int skipped_per_receive_max = 16;                   // malformed messages, before the caller gets its turn

// ZeroMQ gives up for good after a peer that speaks another protocol or sends an oversized frame. So who has been
// without a connection for this long, several times its longest pause between two tries, begins anew.
constexpr std::int64_t renew_after_ms = 5'000;

std::int64_t monotonic_ms() noexcept {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::duration<std::int64_t, std::milli>>(now).count();
}

bool set_keys(void* socket, const ClientKeys& keys) noexcept {
    const auto set = [socket](int option, const std::array<std::byte, 32>& key) {
        return zmq_setsockopt(socket, option, key.data(), key.size()) == 0;
    };
    return set(ZMQ_CURVE_SERVERKEY, keys.server) && set(ZMQ_CURVE_PUBLICKEY, keys.own.public_key()) &&
           set(ZMQ_CURVE_SECRETKEY, keys.own.bytes());
}

struct Line {
    OpenSocket open;
    ZmqSocket monitor;  // closed before the context ends

    static Outcome<Line> dial(const std::string& url, const std::optional<ClientKeys>& keys) {
        auto open = OpenSocket::open(ZMQ_DEALER, url, keys.has_value());
        if (!open) return failure(open.error());
        const auto failed = [&url] { return zmq_failure("uplink to " + url); };

        if (keys && !set_keys(open->socket.get(), *keys)) return failed();
        constexpr int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED |
                               ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                               ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
        if (zmq_socket_monitor(open->socket.get(), monitor_endpoint, events) != 0) return failed();
        ZmqSocket monitor(zmq_socket(open->context.get(), ZMQ_PAIR));
        if (!monitor || zmq_connect(monitor.get(), monitor_endpoint) != 0) return failed();
        if (zmq_connect(open->socket.get(), endpoint_of(url).c_str()) != 0) return failed();
        return Line{std::move(*open), std::move(monitor)};
    }
};

class ZmqDealer final : public DealerSocket {
public:
    ZmqDealer(std::string url, std::optional<ClientKeys> keys, Line line)
        : url_(std::move(url)), keys_(std::move(keys)), line_(std::make_unique<Line>(std::move(line))) {}

    bool send(std::span<const std::byte> frame) noexcept override {
        return zmq_send(line_->open.socket.get(), frame.data(), frame.size(), ZMQ_DONTWAIT) >= 0;
    }

    bool receive(std::vector<std::byte>& frame) noexcept override {
        const std::array into{&frame};
        std::size_t parts = 0;
        for (int skipped = 0; skipped < skipped_per_receive_max; ++skipped) {
            if (!receive_parts(line_->open.socket.get(), into, parts)) return false;
            if (parts == into.size()) return true;
            ++dropped_;
        }
        return false;
    }

    void wait(int wake_fd, std::int64_t timeout_ms) noexcept override {
        std::array<zmq_pollitem_t, 3> items{{{line_->open.socket.get(), 0, ZMQ_POLLIN, 0},
                                             {line_->monitor.get(), 0, ZMQ_POLLIN, 0},
                                             {nullptr, wake_fd, ZMQ_POLLIN, 0}}};
        poll_items(std::span(items).first(wake_fd >= 0 ? 3 : 2),
                   connected_ ? timeout_ms : std::min(timeout_ms, renew_after_ms));
        take_events();
        renew_if_stuck();
    }

    std::uint64_t connections() noexcept override {
        take_events();
        return connections_;
    }

    bool connected() noexcept override {
        take_events();
        return connected_;
    }

    const std::string& handshake_failure() noexcept override {
        take_events();
        return handshake_failure_;
    }

    std::uint64_t dropped() const noexcept override { return dropped_; }

private:
    // An event is two parts: {u16 event, u32 value} and the address.
    void take_events() noexcept {
        const std::array into{&event_};
        std::size_t parts = 0;
        while (receive_parts(line_->monitor.get(), into, parts)) {
            std::uint16_t event = 0;
            std::uint32_t value = 0;
            if (event_.size() < sizeof event + sizeof value) continue;
            std::memcpy(&event, event_.data(), sizeof event);
            std::memcpy(&value, event_.data() + sizeof event, sizeof value);
            connected_ = event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
            if (connected_) ++connections_;
            note_handshake(event, value);
            changed_ms_ = monotonic_ms();
        }
    }

    void note_handshake(std::uint16_t event, std::uint32_t value) noexcept {
        const std::string_view failed = handshake_text(event, value, keys_.has_value());
        if (!connected_ && failed.empty()) return;
        // Which end sees a disagreement first is chance: the one with the reason stands.
        const bool vague = event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
        if (vague && failed_event_ == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL) return;
        handshake_failure_.assign(failed);
        failed_event_ = event;
    }

    void renew_if_stuck() noexcept {
        if (connected_ || monotonic_ms() - changed_ms_ < renew_after_ms) return;
        changed_ms_ = monotonic_ms();
        auto line = Line::dial(url_, keys_);
        if (line) line_ = std::make_unique<Line>(std::move(*line));
    }

    std::string url_;
    std::optional<ClientKeys> keys_;  // nothing: not encrypted
    std::unique_ptr<Line> line_;
    std::vector<std::byte> event_;
    std::string handshake_failure_;
    std::uint16_t failed_event_ = 0;  // that it came from
    std::uint64_t connections_ = 0;
    std::uint64_t dropped_ = 0;
    std::int64_t changed_ms_ = monotonic_ms();
    bool connected_ = false;
};

Outcome<std::unique_ptr<DealerSocket>> create_dealer(const std::string& url, std::optional<ClientKeys> keys) {
    auto line = Line::dial(url, keys);
    if (!line) return failure(line.error());
    return std::make_unique<ZmqDealer>(url, std::move(keys), std::move(*line));
}

}  // namespace

Outcome<std::unique_ptr<DealerSocket>> DealerSocket::create(const std::string& url, Plain plain) {
    if (plain == Plain::on_loopback && !on_loopback(url)) return failure(why_not_plain(url));
    return create_dealer(url, std::nullopt);
}

Outcome<std::unique_ptr<DealerSocket>> DealerSocket::create(const std::string& url, ClientKeys keys) {
    return create_dealer(url, std::move(keys));
}

}  // namespace redshank::wire
