#include "tests/support/tcp_relay.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "tests/support/network.hpp"

namespace redshank::test {

TcpRelay::TcpRelay(std::uint16_t target) : target_(target), port_(free_port()) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    const sockaddr_in address = loopback(port_);
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
        listen(listener_, 16) != 0) {
        close(listener_);
        throw std::runtime_error("the relay cannot listen");
    }
    thread_ = std::thread([this] { run(); });
}

TcpRelay::~TcpRelay() {
    ending_ = true;
    thread_.join();
    for (const Pair& pair : pairs_) close_pair(pair);
    close(listener_);
}

void TcpRelay::cut() {
    const std::lock_guard lock(mutex_);
    for (const Pair& pair : pairs_) close_pair(pair);
    pairs_.clear();
    swallowing_ = false;
}

void TcpRelay::close_pair(const Pair& pair) {
    close(pair.near);
    close(pair.far);
}

void TcpRelay::accept_one() {
    const int near = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (near < 0) return;
    const int far = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(target_);
    if (connect(far, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return close_pair({near, far});
    const int on = 1;
    setsockopt(near, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(far, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    pairs_.push_back({near, far});
    ++connections_;
}

// False: that end is gone.
bool TcpRelay::move(const Pair& pair, bool upwards) {
    std::array<char, 16384> bytes{};
    const ssize_t got = recv(upwards ? pair.near : pair.far, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got <= 0) return false;
    if (upwards && swallowing_) {
        swallowed_ += static_cast<std::uint64_t>(got);
        return true;
    }
    for (ssize_t sent = 0; sent < got;) {
        const ssize_t more = send(upwards ? pair.far : pair.near, bytes.data() + sent,
                                  static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
        if (more <= 0) return false;
        sent += more;
    }
    return true;
}

void TcpRelay::run() {
    std::vector<pollfd> files;
    while (!ending_) {
        {
            const std::lock_guard lock(mutex_);
            files.assign(1, {listener_, POLLIN, 0});
            for (const Pair& pair : pairs_) {
                files.push_back({pair.near, POLLIN, 0});
                files.push_back({pair.far, POLLIN, 0});
            }
        }
        if (poll(files.data(), files.size(), 5) <= 0) continue;
        const std::lock_guard lock(mutex_);
        if (files.size() != 1 + 2 * pairs_.size()) continue;  // cut meanwhile
        for (std::size_t i = pairs_.size(); i-- > 0;) {
            const bool near_ready = files[1 + 2 * i].revents != 0;
            const bool far_ready = files[2 + 2 * i].revents != 0;
            if ((!near_ready || move(pairs_[i], true)) && (!far_ready || move(pairs_[i], false))) continue;
            close_pair(pairs_[i]);
            pairs_.erase(pairs_.begin() + static_cast<std::ptrdiff_t>(i));
        }
        if ((files[0].revents & POLLIN) != 0) accept_one();
    }
}

}  // namespace redshank::test
