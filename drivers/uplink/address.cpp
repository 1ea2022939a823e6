#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "drivers/uplink/sockets.hpp"

namespace redshank::wire {
namespace {

constexpr std::string_view tcp = "tcp://";
constexpr std::string_view ipc = "ipc://";
constexpr std::size_t socket_path_max = 107;  // sun_path of unix(7)

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

bool is_port(std::string_view text) noexcept {
    std::uint16_t number = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
    return end.ec == std::errc() && end.ptr == text.data() + text.size() && number != 0;
}

// A name (RFC 1123, with the underscores that are about), an IPv4 address, or an IPv6 address in brackets, with its
// zone where it has one. Not ZeroMQ's "source;destination".
bool is_host(std::string_view host) noexcept {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    constexpr std::string_view digits = "0123456789.";
    constexpr std::size_t name_bytes_max = 253;
    if (host.empty() || host.size() > name_bytes_max) return false;
    std::array<char, name_bytes_max + 1> text{};
    if (host.starts_with('[')) {
        if (!host.ends_with(']')) return false;
        const std::string_view inside = host.substr(1, host.size() - 2);
        const std::size_t end = std::min(inside.find('%'), inside.size());
        const std::string_view zone = inside.substr(end);
        if (zone.size() == 1 || zone.find_first_not_of(letters, 1) != std::string_view::npos) return false;
        inside.substr(0, end).copy(text.data(), text.size() - 1);
        in6_addr address{};
        return inet_pton(AF_INET6, text.data(), &address) == 1;
    }
    if (host.find_first_not_of(letters) != std::string_view::npos) return false;
    if (host.find_first_not_of(digits) != std::string_view::npos) return host.front() != '.' && host.front() != '-';
    host.copy(text.data(), text.size() - 1);
    in_addr address{};
    return inet_pton(AF_INET, text.data(), &address) == 1;
}

}  // namespace

bool on_loopback(std::string_view url) noexcept {
    if (url.starts_with(ipc)) return url.size() > ipc.size();
    if (!url.starts_with(tcp)) return false;
    url.remove_prefix(tcp.size());
    const std::size_t colon = url.rfind(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view host = url.substr(0, colon);
    return host == "localhost" || host == "[::1]" || is_loopback_v4(host);
}

std::string why_no_address(std::string_view url) {
    const std::string name(url);
    if (url.starts_with(ipc)) return on_loopback(url) ? "" : name + ": the path is missing";
    if (!url.starts_with(tcp)) return name + ": is neither tcp://HOST:PORT nor ipc://PATH";
    const std::string_view rest = url.substr(tcp.size());
    const std::size_t colon = rest.rfind(':');
    const bool inside_brackets = rest.ends_with(']');
    if (colon == std::string_view::npos || inside_brackets || colon + 1 == rest.size())
        return name + ": the port is missing";
    const std::string_view host = rest.substr(0, colon);
    if (host != "*" && !is_host(host)) return name + ": cannot be listened at";
    const std::string_view port = rest.substr(colon + 1);
    if (port == "*") return "";
    return is_port(port) ? "" : name + ": the port must be 1 to 65535, or * for any";
}

std::string why_no_address_to_connect(std::string_view url) {
    if (url.starts_with(ipc)) {
        const std::size_t size = url.size() - ipc.size();
        return size > 0 && size <= socket_path_max ? "" : "must have a path of at most 107 bytes after ipc://";
    }
    if (!url.starts_with(tcp)) return "must be tcp://HOST:PORT or ipc://PATH";
    const std::string_view rest = url.substr(tcp.size());
    const std::size_t colon = std::min(rest.rfind(':'), rest.size());
    if (!is_host(rest.substr(0, colon)))
        return "must name a host: tcp://HOST:PORT, HOST a name, an IPv4 address or an IPv6 address in brackets";
    if (colon == rest.size() || !is_port(rest.substr(colon + 1)))
        return "must have a port from 1 to 65535: tcp://HOST:PORT";
    return "";
}

}  // namespace redshank::wire
