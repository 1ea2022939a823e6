#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "model/outcome.hpp"

namespace redshank {

// An address that a host name stands for.
struct HostAddress {
    sockaddr_storage bytes{};
    socklen_t size = 0;
    std::string text;  // "127.0.0.1:1883", "[::1]:1883"
};

// Looks a name up (an address in brackets or without is taken as it is), for at most timeout_ns: a lookup that takes
// longer goes on in a thread of its own, and nobody hears of it any more. The failure is the resolver's sentence.
Outcome<std::vector<HostAddress>> look_up(const std::string& host, std::uint16_t port, std::int64_t timeout_ns);

// One TCP connection that is not waited for for ever: for finding out, not for the way of an event.
//   Thread: one at a time.
class TcpConnection {
public:
    // The first of the addresses that answers; each gets an equal share of what is left of the time. The failure names
    // the last one and says why.
    static Outcome<TcpConnection> open(const std::vector<HostAddress>& addresses, std::int64_t timeout_ns);
    ~TcpConnection();
    TcpConnection(TcpConnection&& other) noexcept;
    TcpConnection& operator=(TcpConnection&&) = delete;

    int file() const noexcept { return file_; }  // does not block
    const std::string& address() const noexcept { return address_; }

private:
    TcpConnection(int file, std::string address) : file_(file), address_(std::move(address)) {}

    int file_ = -1;
    std::string address_;
};

// False: until_ns of the monotonic clock has come, and the file is not ready. events: of poll(2).
bool wait_for_file(int file, short events, std::int64_t until_ns) noexcept;

}  // namespace redshank
