#include "drivers/tcp_no_delay.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace redshank {
namespace {

// A listener on 127.0.0.1 and one connection to it.
struct Connection {
    Connection() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(listen(listener, 1), 0);
        EXPECT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
        EXPECT_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), size), 0);
        port = ntohs(address.sin_port);
    }
    ~Connection() {
        close(client);
        close(listener);
    }
    bool no_delay() const {
        int on = 0;
        socklen_t size = sizeof on;
        EXPECT_EQ(getsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
        return on != 0;
    }
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    std::uint16_t port = 0;
};

TEST(TcpNoDelay, connections_to_the_broker_send_at_once_and_others_are_left_alone) {
    const Connection broker;
    const Connection other;
    ASSERT_FALSE(broker.no_delay());
    no_delay_towards(broker.port);
    EXPECT_TRUE(broker.no_delay());
    EXPECT_FALSE(other.no_delay());
}

}  // namespace
}  // namespace redshank
