#include "tests/support/network.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <set>
#include <system_error>

namespace redshank::test {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

std::uint16_t free_port() {
    static std::mutex mutex;
    static std::set<std::uint16_t> given;
    const std::lock_guard lock(mutex);
    for (;;) {
        const int socket_file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address = loopback(0);
        socklen_t length = sizeof(address);
        const bool bound = socket_file >= 0 && bind(socket_file, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                           getsockname(socket_file, reinterpret_cast<sockaddr*>(&address), &length) == 0;
        const int error = errno;
        if (socket_file >= 0) close(socket_file);
        if (!bound) throw std::system_error(error, std::generic_category(), "free_port");
        if (given.insert(ntohs(address.sin_port)).second) return ntohs(address.sin_port);
    }
}

bool accepts(std::uint16_t port) {
    const int socket_file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_file < 0) return false;
    const sockaddr_in address = loopback(port);
    const bool connected = connect(socket_file, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    close(socket_file);
    return connected;
}

}  // namespace redshank::test
