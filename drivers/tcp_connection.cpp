#include "drivers/tcp_connection.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "drivers/clock.hpp"

namespace redshank {

namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;

std::string text_of(const addrinfo& found, std::uint16_t port) {
    std::array<char, NI_MAXHOST> host{};
    if (getnameinfo(found.ai_addr, found.ai_addrlen, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST) != 0) {
        return "?";
    }
    const std::string name = host.data();
    return (found.ai_family == AF_INET6 ? "[" + name + "]" : name) + ":" + std::to_string(port);
}

Outcome<std::vector<HostAddress>> look_up_now(const std::string& name, std::uint16_t port) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* first = nullptr;
    const int error = getaddrinfo(name.c_str(), std::to_string(port).c_str(), &wanted, &first);
    if (error == EAI_SYSTEM) return failure(std::strerror(errno));
    if (error != 0) return failure(gai_strerror(error));
    std::vector<HostAddress> addresses;
    for (const addrinfo* found = first; found != nullptr; found = found->ai_next) {
        HostAddress address;
        if (found->ai_addrlen > sizeof address.bytes) continue;
        std::memcpy(&address.bytes, found->ai_addr, found->ai_addrlen);
        address.size = found->ai_addrlen;
        address.text = text_of(*found, port);
        addresses.push_back(std::move(address));
    }
    freeaddrinfo(first);
    return addresses;
}

// Between who asks and the thread that looks up: whoever is last takes it along.
struct Lookup {
    std::mutex mutex;
    std::condition_variable answered;
    std::optional<Outcome<std::vector<HostAddress>>> answer;
};

std::string why_not_connected(int file, std::int64_t until_ns) {
    if (!wait_for_file(file, POLLOUT, until_ns)) return "no answer in time";
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(file, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    return error == 0 ? "" : std::strerror(error);
}

}  // namespace

bool wait_for_file(int file, short events, std::int64_t until_ns) noexcept {
    for (;;) {
        const std::int64_t left_ns = until_ns - monotonic_ns();
        if (left_ns <= 0) return false;
        pollfd ready{file, events, 0};
        const auto left_ms = static_cast<int>(std::min<std::int64_t>(left_ns / ns_per_ms + 1, 60'000));
        if (poll(&ready, 1, left_ms) > 0) return true;
    }
}

Outcome<std::vector<HostAddress>> look_up(const std::string& host, std::uint16_t port, std::int64_t timeout_ns) {
    const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
    const std::string name = brackets ? host.substr(1, host.size() - 2) : host;
    const auto lookup = std::make_shared<Lookup>();
    try {
        std::thread([lookup, name, port] {
            auto answer = look_up_now(name, port);
            const std::lock_guard lock(lookup->mutex);
            lookup->answer = std::move(answer);
            lookup->answered.notify_all();
        }).detach();
    } catch (const std::system_error& error) {
        return failure(error.what());
    }
    std::unique_lock lock(lookup->mutex);
    const bool in_time = lookup->answered.wait_for(lock, std::chrono::nanoseconds(timeout_ns),
                                                   [&] { return lookup->answer.has_value(); });
    if (!in_time) return failure("the name servers do not answer in time");
    return std::move(*lookup->answer);
}

Outcome<TcpConnection> TcpConnection::open(const std::vector<HostAddress>& addresses, std::int64_t timeout_ns) {
    const std::int64_t until_ns = monotonic_ns() + timeout_ns;
    std::string why = "there is no address";
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const HostAddress& address = addresses[i];
        const std::int64_t now_ns = monotonic_ns();
        const std::int64_t share_ns = (until_ns - now_ns) / static_cast<std::int64_t>(addresses.size() - i);
        const int file = socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (file < 0) {
            why = address.text + ": " + std::strerror(errno);
            continue;
        }
        TcpConnection connection(file, address.text);
        const bool at_once = connect(file, reinterpret_cast<const sockaddr*>(&address.bytes), address.size) == 0;
        const std::string wrong = at_once                ? ""
                                  : errno == EINPROGRESS ? why_not_connected(file, now_ns + share_ns)
                                                         : std::strerror(errno);
        if (wrong.empty()) return connection;
        why = address.text + ": " + wrong;
    }
    return failure(why);
}

TcpConnection::~TcpConnection() {
    if (file_ >= 0) close(file_);
}

TcpConnection::TcpConnection(TcpConnection&& other) noexcept
    : file_(std::exchange(other.file_, -1)), address_(std::move(other.address_)) {}

}  // namespace redshank
