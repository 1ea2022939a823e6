#include "agent/control_client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "agent/control_address.hpp"
#include "drivers/clock.hpp"

namespace redshank {

namespace {

constexpr std::size_t answer_bytes_max = 16 << 20;

class Socket {
public:
    Socket() : descriptor_(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {}
    ~Socket() {
        if (descriptor_ >= 0) close(descriptor_);
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    int get() const { return descriptor_; }

private:
    int descriptor_;
};

// False when the time is up.
bool wait(int descriptor, short events, std::int64_t deadline_ns) {
    while (true) {
        const std::int64_t left_ns = deadline_ns - monotonic_ns();
        if (left_ns <= 0) return false;
        pollfd one{descriptor, events, 0};
        const auto left_ms = static_cast<int>(std::min<std::int64_t>(left_ns / 1'000'000 + 1, 60'000));
        if (poll(&one, 1, left_ms) > 0) return true;
    }
}

Outcome<> connect_to(int descriptor, const std::filesystem::path& path, std::int64_t deadline_ns) {
    const Outcome<ControlAddress> address = ControlAddress::of(path);
    if (!address) return failure("no agent runs here: " + address.error());
    while (connect(descriptor, address->get(), ControlAddress::size()) != 0) {
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return failure("no agent runs here: " + path.string() + ": " + std::strerror(errno));
        if (monotonic_ns() >= deadline_ns) return failure("the agent does not answer: " + path.string());
        poll(nullptr, 0, 10);  // its queue is full
    }
    return {};
}

Outcome<ControlAnswer> read_answer(const std::string& answer) {
    const std::size_t end = std::min(answer.find('\n'), answer.size());
    const std::string first = answer.substr(0, end);
    if (first == "ok" && end < answer.size()) return ControlAnswer{true, answer.substr(end + 1)};
    if (first.starts_with("error ")) return ControlAnswer{false, first.substr(6)};
    return failure("the agent hung up");
}

}  // namespace

Outcome<ControlAnswer> ask(const std::filesystem::path& path, std::string_view request, std::int64_t timeout_ns) {
    const std::int64_t deadline_ns = monotonic_ns() + timeout_ns;
    const Socket socket;
    if (socket.get() < 0) return failure(std::string("cannot make a socket: ") + std::strerror(errno));
    if (const Outcome<> connected = connect_to(socket.get(), path, deadline_ns); !connected) {
        return failure(connected.error());
    }
    const std::string late = "the agent does not answer in time: " + path.string();
    const std::string line = std::string(request) + "\n";
    for (std::size_t sent = 0; sent < line.size();) {
        const ssize_t taken = send(socket.get(), line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
        if (taken > 0) sent += static_cast<std::size_t>(taken);
        if (taken < 0 && errno == EPIPE) break;  // it may have answered already
        if (taken < 0 && errno != EAGAIN && errno != EINTR) return failure("the agent hung up");
        if (taken < 0 && !wait(socket.get(), POLLOUT, deadline_ns)) return failure(late);
    }
    std::string answer;
    std::array<char, 16384> block{};
    while (answer.size() <= answer_bytes_max) {
        if (!wait(socket.get(), POLLIN, deadline_ns)) return failure(late);
        const ssize_t taken = recv(socket.get(), block.data(), block.size(), 0);
        if (taken == 0) return read_answer(answer);
        if (taken > 0) answer.append(block.data(), static_cast<std::size_t>(taken));
        if (taken < 0 && errno == ECONNRESET) return read_answer(answer);
        if (taken < 0 && errno != EAGAIN && errno != EINTR) return failure("the agent hung up");
    }
    return failure("the agent's answer is too long");
}

}  // namespace redshank
