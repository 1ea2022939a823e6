#include <sys/stat.h>

#include <charconv>
#include <memory>
#include <optional>
#include <string>

#include "agent/doctor_checks.hpp"
#include "drivers/clock.hpp"
#include "drivers/tcp_connection.hpp"
#include "drivers/uplink/curve_key_file.hpp"
#include "drivers/uplink/sockets.hpp"

namespace redshank {

namespace {

constexpr std::int64_t look_every_ms = 50;

// Of a tcp:// address that the configuration accepted.
struct TcpAddress {
    std::string host;
    std::uint16_t port = 0;
};

std::optional<TcpAddress> tcp_address(const std::string& url) {
    constexpr std::string_view scheme = "tcp://";
    if (!url.starts_with(scheme)) return std::nullopt;
    const std::size_t colon = url.rfind(':');
    TcpAddress address{url.substr(scheme.size(), colon - scheme.size()), 0};
    std::from_chars(url.data() + colon + 1, url.data() + url.size(), address.port);
    return address;
}

DoctorCheck check_tcp(const TcpAddress& address) {
    const auto addresses = look_up(address.host, address.port, doctor_step_ns);
    if (!addresses) {
        return failed("collector: name", address.host + ": " + addresses.error(),
                      "correct uplink.url, or the name service of this machine");
    }
    const auto connection = TcpConnection::open(*addresses, doctor_step_ns);
    if (!connection) {
        return failed("collector: TCP", connection.error(),
                      "start redshank-collector there, correct uplink.url, or let a firewall pass it; results wait in "
                      "the buffer meanwhile");
    }
    return passed("collector: TCP", connection->address() + " accepts connections");
}

DoctorCheck check_ipc(const std::string& url) {
    const std::string path = url.substr(std::string_view("ipc://").size());
    struct stat about {};
    if (stat(path.c_str(), &about) == 0 && S_ISSOCK(about.st_mode)) return passed("collector: socket", path);
    return failed("collector: socket", path + ": there is no socket",
                  "start redshank-collector, or correct uplink.url");
}

// Nothing: the key file is at fault, which is a check of its own.
Outcome<std::unique_ptr<wire::DealerSocket>> dial(const Settings::Uplink& uplink, std::string& own_key) {
    if (uplink.server_key.empty()) return wire::DealerSocket::create(uplink.url, wire::Plain::anywhere);
    const auto server = wire::parse_curve_public_key(uplink.server_key);
    auto secret = wire::read_curve_secret_key(uplink.key_file);
    if (!server || !secret) return std::unique_ptr<wire::DealerSocket>();
    own_key = wire::text_of(secret->public_key());
    return wire::DealerSocket::create(uplink.url, wire::ClientKeys{*server, std::move(*secret)});
}

std::string action_for(const std::string& why, const std::string& own_key) {
    if (why.find("allow file") != std::string::npos) {
        return "add " + own_key + " to the collector's allow file and send the collector SIGHUP";
    }
    return "compare server_key with what `redshank keygen` printed for the collector, and whether both ends encrypt";
}

// The handshake alone: without a Hello the collector takes nobody up.
std::optional<DoctorCheck> check_handshake(const Settings::Uplink& uplink) {
    const std::string name = "collector: handshake";
    std::string own_key;
    auto socket = dial(uplink, own_key);
    if (!socket) return failed(name, socket.error(), "correct uplink.url");
    if (*socket == nullptr) return std::nullopt;
    const std::int64_t until_ns = monotonic_ns() + doctor_step_ns;
    while (!(*socket)->connected() && (*socket)->handshake_failure().empty() && monotonic_ns() < until_ns) {
        (*socket)->wait(-1, look_every_ms);
    }
    if ((*socket)->connected()) {
        return passed(name, uplink.server_key.empty() ? "succeeds, not encrypted" : "succeeds, encrypted");
    }
    const std::string& why = (*socket)->handshake_failure();
    if (why.empty()) {
        return failed(name, "no answer in time", "see whether a redshank-collector listens there, and its log");
    }
    return failed(name, why, action_for(why, own_key));
}

}  // namespace

DoctorChecks check_collector(const Settings& settings) {
    const Settings::Uplink& uplink = settings.uplink;
    if (uplink.url.empty()) return {passed("collector", "no uplink is configured: results stay in the buffer")};
    const std::optional<TcpAddress> address = tcp_address(uplink.url);
    DoctorChecks checks{address ? check_tcp(*address) : check_ipc(uplink.url)};
    if (checks.front().result == CheckResult::error) return checks;
    if (auto handshake = check_handshake(uplink)) checks.push_back(std::move(*handshake));
    return checks;
}

}  // namespace redshank
