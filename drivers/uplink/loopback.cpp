#include <algorithm>
#include <charconv>
#include <cstdint>

#include "drivers/uplink/sockets.hpp"

namespace redshank::wire {
namespace {

// All four numbers of 127.a.b.c, so that a name like 127.0.0.1.example does not pass.
bool is_loopback_v4(std::string_view host) noexcept {
    int parts = 0;
    while (true) {
        const std::size_t dot = std::min(host.find('.'), host.size());
        const std::string_view part = host.substr(0, dot);
        if (part.empty() || part.size() > 3) return false;
        int number = 0;
        for (const char digit : part) {
            if (digit < '0' || digit > '9') return false;
            number = number * 10 + (digit - '0');
        }
        if (number > 255 || (parts == 0 && number != 127)) return false;
        ++parts;
        if (dot == host.size()) return parts == 4;
        host.remove_prefix(dot + 1);
    }
}

}  // namespace

bool on_loopback(std::string_view url) noexcept {
    constexpr std::string_view tcp = "tcp://";
    constexpr std::string_view ipc = "ipc://";
    if (url.starts_with(ipc)) return url.size() > ipc.size();
    if (!url.starts_with(tcp)) return false;
    url.remove_prefix(tcp.size());
    const std::size_t colon = url.rfind(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view host = url.substr(0, colon);
    return host == "localhost" || host == "[::1]" || is_loopback_v4(host);
}

std::string why_no_address(std::string_view url) {
    constexpr std::string_view tcp = "tcp://";
    const std::string name(url);
    if (url.starts_with("ipc://")) return on_loopback(url) ? "" : name + ": the path is missing";
    if (!url.starts_with(tcp)) return name + ": is neither tcp://HOST:PORT nor ipc://PATH";
    const std::string_view rest = url.substr(tcp.size());
    const std::size_t colon = rest.rfind(':');
    const bool inside_brackets = rest.ends_with(']');
    if (colon == std::string_view::npos || inside_brackets || colon + 1 == rest.size())
        return name + ": the port is missing";
    if (!on_loopback(url)) {
        return name +
               ": is not on this machine; results may leave it only encrypted, and this version has no encryption";
    }
    const std::string_view port = rest.substr(colon + 1);
    if (port == "*") return "";
    std::uint16_t number = 0;
    const auto end = std::from_chars(port.data(), port.data() + port.size(), number);
    const bool good = end.ec == std::errc() && end.ptr == port.data() + port.size() && number != 0;
    return good ? "" : name + ": the port must be 1 to 65535, or * for any";
}

}  // namespace redshank::wire
