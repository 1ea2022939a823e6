#include "drivers/uplink/zmq_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>

#include "drivers/uplink/sockets.hpp"
#include "drivers/uplink/wire.hpp"

namespace redshank::wire {
namespace {

constexpr int queue_frames_max = 64;              // per peer and direction: half a megabyte
constexpr std::size_t curve_overhead_bytes = 33;  // RFC 26/CURVEZMQ, MESSAGE: name 8, nonce 8, flags 1, box 16
constexpr int reconnect_first_ms = 100;
constexpr int reconnect_max_ms = 2'000;
constexpr int handshake_ms = 5'000;
constexpr int heartbeat_every_ms = 5'000;
constexpr int heartbeat_timeout_ms = 15'000;  // then the peer is gone
constexpr int heartbeat_ttl_ms = 30'000;      // what the peer is told to allow us

// ZeroMQ takes a port above 65535 for another one.
bool has_port(std::string_view url) noexcept {
    if (url.starts_with("ipc://")) return true;
    const std::string_view port = url.substr(url.rfind(':') + 1);
    if (port == "*") return true;
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    return error == std::errc{} && end == port.data() + port.size();
}

bool set_options(void* socket, int type, bool ipv6, bool encrypted) noexcept {
    const auto set = [socket](int option, int value) {
        return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
    };
    const std::int64_t frame_bytes_max = batch_bytes_max + (encrypted ? curve_overhead_bytes : 0);
    bool ok = set(ZMQ_LINGER, 0) && set(ZMQ_SNDHWM, queue_frames_max) && set(ZMQ_RCVHWM, queue_frames_max) &&
              zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_bytes_max, sizeof frame_bytes_max) == 0 &&
              set(ZMQ_HANDSHAKE_IVL, handshake_ms) && set(ZMQ_HEARTBEAT_IVL, heartbeat_every_ms) &&
              set(ZMQ_HEARTBEAT_TIMEOUT, heartbeat_timeout_ms) && set(ZMQ_HEARTBEAT_TTL, heartbeat_ttl_ms) &&
              set(ZMQ_IPV6, ipv6 ? 1 : 0);
    if (type == ZMQ_DEALER) {
        ok = ok && set(ZMQ_IMMEDIATE, 1) && set(ZMQ_RECONNECT_IVL, reconnect_first_ms) &&
             set(ZMQ_RECONNECT_IVL_MAX, reconnect_max_ms);
    } else {
        ok = ok && set(ZMQ_ROUTER_MANDATORY, 1) && set(ZMQ_ROUTER_HANDOVER, 0);
    }
    return ok;
}

}  // namespace

std::string endpoint_of(const std::string& url) {
    constexpr std::string_view by_name = "tcp://localhost:";
    if (!url.starts_with(by_name)) return url;
    return "tcp://127.0.0.1:" + url.substr(by_name.size());
}

tl::unexpected<std::string> zmq_failure(const std::string& what) {
    return failure(what + ": " + zmq_strerror(zmq_errno()));
}

std::string why_not_plain(const std::string& url) {
    return "uplink address " + url +
           " is not on this machine's loopback: results leave the machine with encryption, or without it only where "
           "that is wanted by name";
}

Outcome<OpenSocket> OpenSocket::open(int type, const std::string& url, bool encrypted) {
    if (!url.starts_with("tcp://") && !url.starts_with("ipc://"))
        return failure("uplink address " + url + " is neither tcp://HOST:PORT nor ipc://PATH");
    if (!has_port(url)) return failure("uplink address " + url + " has no port between 0 and 65535");
    if (encrypted && zmq_has("curve") != 1) return failure("this machine's ZeroMQ was built without CURVE");
    OpenSocket opened;
    opened.context.reset(zmq_ctx_new());
    if (opened.context) opened.socket.reset(zmq_socket(opened.context.get(), type));
    const bool ipv6 = url.find('[') != std::string::npos;
    if (!opened.socket || !set_options(opened.socket.get(), type, ipv6, encrypted)) return zmq_failure("uplink socket");
    return opened;
}

bool receive_parts(void* socket, std::span<std::vector<std::byte>* const> into, std::size_t& parts,
                   std::string* user) noexcept {
    parts = 0;
    if (user != nullptr) user->clear();
    zmq_msg_t message;
    zmq_msg_init(&message);
    bool more = true;
    // The parts of a message arrive together: after the first, none is waited for.
    while (more) {
        if (zmq_msg_recv(&message, socket, ZMQ_DONTWAIT) < 0) {
            if (zmq_errno() == EINTR) continue;
            break;
        }
        if (parts < into.size()) {
            const auto* bytes = static_cast<const std::byte*>(zmq_msg_data(&message));
            into[parts]->assign(bytes, bytes + zmq_msg_size(&message));
        }
        ++parts;
        const char* const id = user == nullptr ? nullptr : zmq_msg_gets(&message, "User-Id");
        if (id != nullptr) user->assign(id);
        more = zmq_msg_more(&message) != 0;
    }
    zmq_msg_close(&message);
    return parts > 0;
}

void poll_items(std::span<zmq_pollitem_t> items, std::int64_t timeout_ms) noexcept {
    constexpr std::int64_t day_ms = 86'400'000;
    zmq_poll(items.data(), static_cast<int>(items.size()),
             static_cast<int>(std::clamp<std::int64_t>(timeout_ms, 0, day_ms)));
}

}  // namespace redshank::wire
