#include "drivers/uplink/sockets.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "drivers/uplink/wire.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/network.hpp"
#include "tests/support/temporary_directory.hpp"

namespace redshank::test {
namespace {

using namespace std::chrono_literals;
using wire::DealerSocket;
using wire::RouterSocket;

constexpr auto deadline = 20s;

std::vector<std::byte> frame_of(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

std::string text_of(const std::vector<std::byte>& frame) {
    return {reinterpret_cast<const char*>(frame.data()), frame.size()};
}

std::unique_ptr<RouterSocket> router_at(const std::string& url) {
    auto router = RouterSocket::create(url);
    EXPECT_TRUE(router.has_value()) << router.error();
    return router ? std::move(*router) : nullptr;
}

std::unique_ptr<DealerSocket> dealer_to(const std::string& url) {
    auto dealer = DealerSocket::create(url);
    EXPECT_TRUE(dealer.has_value()) << dealer.error();
    return dealer ? std::move(*dealer) : nullptr;
}

bool wait_connected(DealerSocket& dealer) {
    return eventually(deadline, [&] {
        dealer.wait(-1, 20);
        return dealer.connected();
    });
}

// Sends until it is taken; false at the deadline.
bool send_to(DealerSocket& dealer, std::string_view text) {
    return eventually(deadline, [&] { return dealer.send(frame_of(text)); });
}

bool receive_at(RouterSocket& router, std::vector<std::byte>& peer, std::vector<std::byte>& frame) {
    return eventually(deadline, [&] {
        router.wait(-1, 20);
        return router.receive(peer, frame);
    });
}

bool receive_at(DealerSocket& dealer, std::vector<std::byte>& frame) {
    return eventually(deadline, [&] {
        dealer.wait(-1, 20);
        return dealer.receive(frame);
    });
}

TEST(UplinkSockets, frames_arrive_in_order_and_answers_reach_their_peer) {
    const auto router = router_at("tcp://127.0.0.1:*");
    ASSERT_TRUE(router);
    const auto first = dealer_to(router->bound_to());
    const auto second = dealer_to(router->bound_to());
    ASSERT_TRUE(first && second);
    ASSERT_TRUE(wait_connected(*first) && wait_connected(*second));

    constexpr int frames = 500;
    int next_of_first = 0;
    int next_of_second = 0;
    std::vector<std::byte> peer;
    std::vector<std::byte> frame;
    int sent = 0;
    int received = 0;
    const bool all = eventually(deadline, [&] {
        while (sent < frames && first->send(frame_of("a" + std::to_string(sent))) &&
               send_to(*second, "b" + std::to_string(sent))) {
            ++sent;
            if (sent % 32 == 0) break;
        }
        while (router->receive(peer, frame)) {
            const std::string text = text_of(frame);
            int& next = text[0] == 'a' ? next_of_first : next_of_second;
            EXPECT_EQ(text.substr(1), std::to_string(next));
            ++next;
            ++received;
            EXPECT_TRUE(router->send(peer, frame));
        }
        while (first->receive(frame)) EXPECT_EQ(text_of(frame)[0], 'a');
        while (second->receive(frame)) EXPECT_EQ(text_of(frame)[0], 'b');
        return received == 2 * frames;
    });
    EXPECT_TRUE(all) << received;
    EXPECT_EQ(next_of_first, frames);
    EXPECT_EQ(next_of_second, frames);
    EXPECT_EQ(router->dropped(), 0U);
}

TEST(UplinkSockets, a_new_connection_is_counted_and_nothing_is_taken_while_nobody_is_there) {
    const std::string url = "tcp://127.0.0.1:" + std::to_string(free_port());
    const auto dealer = dealer_to(url);
    ASSERT_TRUE(dealer);
    EXPECT_FALSE(dealer->connected());
    EXPECT_FALSE(dealer->send(frame_of("nobody")));

    for (std::uint64_t round = 1; round <= 3; ++round) {
        auto router = router_at(url);
        ASSERT_TRUE(router);
        ASSERT_TRUE(wait_connected(*dealer));
        EXPECT_EQ(dealer->connections(), round);
        std::vector<std::byte> peer;
        std::vector<std::byte> frame;
        ASSERT_TRUE(send_to(*dealer, "hello"));
        ASSERT_TRUE(receive_at(*router, peer, frame));
        EXPECT_EQ(text_of(frame), "hello");
        router.reset();
        EXPECT_TRUE(eventually(deadline, [&] {
            dealer->wait(-1, 20);
            return !dealer->connected();
        }));
        EXPECT_TRUE(eventually(deadline, [&] { return !dealer->send(frame_of("lost")); }));
    }
}

TEST(UplinkSockets, an_answer_to_a_peer_that_left_is_refused) {
    const auto router = router_at("tcp://127.0.0.1:*");
    ASSERT_TRUE(router);
    auto dealer = dealer_to(router->bound_to());
    ASSERT_TRUE(send_to(*dealer, "x"));
    std::vector<std::byte> peer;
    std::vector<std::byte> frame;
    ASSERT_TRUE(receive_at(*router, peer, frame));
    dealer.reset();
    EXPECT_TRUE(eventually(deadline, [&] { return !router->send(peer, frame); }));
    EXPECT_FALSE(router->send(frame_of("never seen"), frame));
}

TEST(UplinkSockets, a_frame_beyond_the_limit_is_dropped_and_others_go_on) {
    const auto router = router_at("tcp://127.0.0.1:*");
    ASSERT_TRUE(router);
    const auto dealer = dealer_to(router->bound_to());
    const auto neighbour = dealer_to(router->bound_to());
    ASSERT_TRUE(wait_connected(*dealer) && wait_connected(*neighbour));
    ASSERT_TRUE(send_to(*dealer, std::string(wire::batch_bytes_max + 1, 'x')));
    // Its connection is closed for it and made again.
    ASSERT_TRUE(eventually(deadline, [&] {
        dealer->wait(-1, 20);
        return dealer->connections() == 2;
    }));
    ASSERT_TRUE(send_to(*dealer, std::string(wire::batch_bytes_max, 'y')));
    ASSERT_TRUE(send_to(*neighbour, "z"));
    std::vector<std::byte> peer;
    std::vector<std::byte> frame;
    std::string order;
    while (order.size() < 2 && receive_at(*router, peer, frame)) order += text_of(frame)[0];
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, "yz");
    EXPECT_EQ(neighbour->connections(), 1U);

    // The same in the other direction.
    ASSERT_TRUE(send_to(*dealer, "again"));
    ASSERT_TRUE(receive_at(*router, peer, frame));
    ASSERT_TRUE(router->send(peer, std::vector<std::byte>(wire::batch_bytes_max + 1)));
    EXPECT_TRUE(eventually(deadline, [&] {
        dealer->wait(-1, 20);
        EXPECT_FALSE(dealer->receive(frame));
        return dealer->connections() == 3;
    }));
}

TEST(UplinkSockets, messages_of_other_shapes_are_dropped_and_counted) {
    const auto router = router_at("tcp://127.0.0.1:*");
    ASSERT_TRUE(router);
    void* context = zmq_ctx_new();
    void* stranger = zmq_socket(context, ZMQ_DEALER);
    const int linger = 0;
    zmq_setsockopt(stranger, ZMQ_LINGER, &linger, sizeof linger);
    ASSERT_EQ(zmq_connect(stranger, router->bound_to().c_str()), 0);
    // Empty delimiter and a frame, as a REQ sends; then far too many parts; then a frame as it should be.
    zmq_send(stranger, "", 0, ZMQ_SNDMORE);
    zmq_send(stranger, "request", 7, 0);
    for (int part = 0; part < 100; ++part) zmq_send(stranger, "part", 4, ZMQ_SNDMORE);
    zmq_send(stranger, "", 0, 0);
    zmq_send(stranger, "good", 4, 0);

    std::vector<std::byte> peer;
    std::vector<std::byte> frame;
    EXPECT_TRUE(receive_at(*router, peer, frame));
    EXPECT_EQ(text_of(frame), "good");
    EXPECT_EQ(router->dropped(), 2U);
    zmq_close(stranger);
    zmq_ctx_term(context);
}

// ZeroMQ itself never tries again after an answer in another protocol.
TEST(UplinkSockets, a_collector_is_found_after_a_stranger_answered_on_its_port) {
    const std::uint16_t port = free_port();
    const std::string url = "tcp://127.0.0.1:" + std::to_string(port);
    void* context = zmq_ctx_new();
    void* stranger = zmq_socket(context, ZMQ_STREAM);
    const int linger = 0;
    zmq_setsockopt(stranger, ZMQ_LINGER, &linger, sizeof linger);
    ASSERT_EQ(zmq_bind(stranger, url.c_str()), 0);
    const auto dealer = dealer_to(url);
    std::array<std::byte, 256> peer{};
    std::array<std::byte, 256> bytes{};
    bool answered = false;
    EXPECT_TRUE(eventually(deadline, [&] {
        const int id = zmq_recv(stranger, peer.data(), peer.size(), ZMQ_DONTWAIT);
        if (id <= 0) return answered;
        zmq_recv(stranger, bytes.data(), bytes.size(), 0);
        zmq_send(stranger, peer.data(), static_cast<std::size_t>(id), ZMQ_SNDMORE);
        constexpr std::string_view answer = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
        answered = zmq_send(stranger, answer.data(), answer.size(), 0) > 0;
        return answered;
    }));
    dealer->wait(-1, 200);
    EXPECT_FALSE(dealer->connected());
    zmq_close(stranger);
    zmq_ctx_term(context);

    std::unique_ptr<RouterSocket> router;
    EXPECT_TRUE(eventually(deadline, [&] {
        auto bound = RouterSocket::create(url);
        if (bound) router = std::move(*bound);
        return router != nullptr;
    }));
    EXPECT_TRUE(wait_connected(*dealer));
}

TEST(UplinkSockets, off_loopback_is_refused_with_the_reason) {
    for (const std::string url :
         {"tcp://0.0.0.0:5555", "tcp://*:5555", "tcp://192.168.1.7:5555", "tcp://example.org:5555",
          "tcp://127.0.0.1.example.org:5555", "tcp://127.0.0.1:0;10.0.0.1:5555", "tcp://[::]:5555", "tcp://eth0:5555",
          "tcp://127.0.0:5555", "tcp://127.0.0.256:5555", "tcp://localhost.example.org:5555"}) {
        EXPECT_FALSE(wire::on_loopback(url)) << url;
        const auto dealer = DealerSocket::create(url);
        const auto router = RouterSocket::create(url);
        ASSERT_FALSE(dealer.has_value()) << url;
        ASSERT_FALSE(router.has_value()) << url;
        EXPECT_NE(dealer.error().find(url), std::string::npos) << dealer.error();
        EXPECT_NE(dealer.error().find("encryption"), std::string::npos) << dealer.error();
        EXPECT_NE(router.error().find("encryption"), std::string::npos) << router.error();
    }
    for (const std::string url : {"", "5555", "127.0.0.1:5555", "udp://127.0.0.1:5555", "pgm://127.0.0.1:5555"}) {
        EXPECT_FALSE(wire::on_loopback(url)) << url;
        EXPECT_FALSE(DealerSocket::create(url).has_value()) << url;
    }
    for (const char* url : {"tcp://127.0.0.1:5555", "tcp://127.1.2.3:*", "tcp://localhost:5555", "tcp://[::1]:5555",
                            "ipc:///run/redshank/uplink"}) {
        EXPECT_TRUE(wire::on_loopback(url)) << url;
    }
    EXPECT_FALSE(DealerSocket::create("tcp://127.0.0.1:").has_value());
    EXPECT_FALSE(DealerSocket::create("tcp://127.0.0.1:99999").has_value());
}

TEST(UplinkSockets, an_address_in_use_is_a_failure) {
    const auto router = router_at("tcp://127.0.0.1:*");
    ASSERT_TRUE(router);
    const auto second = RouterSocket::create(router->bound_to());
    ASSERT_FALSE(second.has_value());
    EXPECT_NE(second.error().find("cannot listen on tcp://127.0.0.1:"), std::string::npos) << second.error();
}

TEST(UplinkSockets, a_file_name_and_the_name_localhost_work_too) {
    const TemporaryDirectory directory;
    const std::uint16_t port = free_port();
    for (const std::string& url :
         {"ipc://" + (directory / "uplink").string(), "tcp://localhost:" + std::to_string(port)}) {
        const auto router = router_at(url);
        const auto dealer = dealer_to(url);
        ASSERT_TRUE(router && dealer) << url;
        std::vector<std::byte> peer;
        std::vector<std::byte> frame;
        ASSERT_TRUE(send_to(*dealer, "there")) << url;
        ASSERT_TRUE(receive_at(*router, peer, frame)) << url;
        ASSERT_TRUE(router->send(peer, frame_of("back"))) << url;
        ASSERT_TRUE(receive_at(*dealer, frame)) << url;
        EXPECT_EQ(text_of(frame), "back") << url;
    }
}

TEST(UplinkSockets, waiting_ends_when_the_wake_descriptor_is_readable) {
    const auto router = router_at("tcp://127.0.0.1:*");
    ASSERT_TRUE(router);
    const auto dealer = dealer_to(router->bound_to());
    ASSERT_TRUE(wait_connected(*dealer));
    const int wake = eventfd(1, EFD_CLOEXEC);
    ASSERT_GE(wake, 0);
    // Far longer than the test may take: it returns at once or the test runs into its time limit.
    dealer->wait(wake, 3'600'000);
    router->wait(wake, 3'600'000);
    close(wake);
}

}  // namespace
}  // namespace redshank::test
