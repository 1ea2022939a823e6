#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "drivers/uplink/sockets.hpp"
#include "drivers/uplink/wire.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/network.hpp"
#include "tests/support/temporary_directory.hpp"

// Real sockets with and without keys.

namespace redshank::test {
namespace {

using namespace std::chrono_literals;
using wire::CurvePublicKey;
using wire::CurveSecretKey;
using wire::DealerSocket;
using wire::RouterSocket;
using Frame = std::vector<std::byte>;

constexpr auto deadline = 30s;

CurveSecretKey copy_of(const CurveSecretKey& key) {
    return *CurveSecretKey::parse(key.text());
}

Frame frame_of(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

std::string text_in(const Frame& frame) {
    return {reinterpret_cast<const char*>(frame.data()), frame.size()};
}

class UplinkCurve : public testing::Test {
protected:
    void listen(const std::vector<CurvePublicKey>& allowed) { listen_at(url_, allowed); }
    void listen_at(const std::string& url, const std::vector<CurvePublicKey>& allowed) {
        auto router = RouterSocket::create(url, server_, allowed);
        ASSERT_TRUE(router.has_value()) << router.error();
        router_ = std::move(*router);
    }
    void listen_plain() {
        auto router = RouterSocket::create(url_);
        ASSERT_TRUE(router.has_value()) << router.error();
        router_ = std::move(*router);
    }

    std::unique_ptr<DealerSocket> dealer(const CurveSecretKey& own) { return dealer(own, server_.public_key()); }
    std::unique_ptr<DealerSocket> dealer(const CurveSecretKey& own, const CurvePublicKey& server) {
        auto dealer = DealerSocket::create(router_->bound_to(), wire::ClientKeys{server, copy_of(own)});
        EXPECT_TRUE(dealer.has_value()) << dealer.error();
        return dealer ? std::move(*dealer) : nullptr;
    }

    // The router lets the handshake go on; what it receives is kept.
    void turn(DealerSocket& dealer) {
        router_->wait(-1, 2);
        Frame peer;
        Frame frame;
        while (router_->receive(peer, frame)) {
            received_.push_back(text_in(frame));
            senders_.push_back(router_->sender());
            peer_ = peer;
        }
        dealer.wait(-1, 2);
    }

    bool connects(DealerSocket& dealer) {
        return eventually(deadline, [&] {
            turn(dealer);
            return dealer.connected();
        });
    }

    std::string failure_of(DealerSocket& dealer) {
        eventually(deadline, [&] {
            turn(dealer);
            return !dealer.handshake_failure().empty();
        });
        EXPECT_FALSE(dealer.connected());
        return dealer.handshake_failure();
    }

    bool delivers(DealerSocket& dealer, const std::string& text) {
        const std::size_t before = received_.size();
        return eventually(deadline, [&] { return dealer.send(frame_of(text)); }) && eventually(deadline, [&] {
                   turn(dealer);
                   return received_.size() > before && received_.back() == text;
               });
    }

    std::string url_ = "tcp://127.0.0.1:" + std::to_string(free_port());
    CurveSecretKey server_ = CurveSecretKey::generate();
    CurveSecretKey hall_ = CurveSecretKey::generate();
    CurveSecretKey yard_ = CurveSecretKey::generate();
    std::unique_ptr<RouterSocket> router_;
    std::vector<std::string> received_;
    std::vector<std::string> senders_;
    Frame peer_;
};

TEST_F(UplinkCurve, an_allowed_key_gets_in_and_every_frame_says_whose_it_is) {
    listen({yard_.public_key(), hall_.public_key()});
    const auto hall = dealer(hall_);
    const auto yard = dealer(yard_);
    ASSERT_TRUE(connects(*hall) && connects(*yard));
    ASSERT_TRUE(delivers(*hall, "from the hall"));
    EXPECT_EQ(senders_.back(), wire::text_of(hall_.public_key()));
    ASSERT_TRUE(delivers(*yard, "from the yard"));
    EXPECT_EQ(senders_.back(), wire::text_of(yard_.public_key()));
    ASSERT_TRUE(router_->send(peer_, frame_of("back")));
    Frame frame;
    ASSERT_TRUE(eventually(deadline, [&] {
        yard->wait(-1, 20);
        return yard->receive(frame);
    }));
    EXPECT_EQ(text_in(frame), "back");
    EXPECT_EQ(hall->handshake_failure(), "");
    EXPECT_EQ(router_->refusals().count, 0U);
    EXPECT_EQ(router_->dropped(), 0U);
}

TEST_F(UplinkCurve, the_largest_frame_passes_both_ways_and_a_larger_one_does_not) {
    listen({hall_.public_key()});
    const auto hall = dealer(hall_);
    ASSERT_TRUE(connects(*hall));
    ASSERT_TRUE(delivers(*hall, std::string(wire::batch_bytes_max, 'x')));
    ASSERT_TRUE(router_->send(peer_, Frame(wire::batch_bytes_max)));
    Frame frame;
    ASSERT_TRUE(eventually(deadline, [&] {
        hall->wait(-1, 20);
        return hall->receive(frame);
    }));
    EXPECT_EQ(frame.size(), wire::batch_bytes_max);
    ASSERT_TRUE(eventually(deadline, [&] { return hall->send(Frame(wire::batch_bytes_max + 1)); }));
    EXPECT_TRUE(eventually(deadline, [&] {
        turn(*hall);
        return hall->connections() == 2;
    }));
    EXPECT_EQ(received_.size(), 1U);
}

TEST_F(UplinkCurve, an_unknown_key_is_refused_counted_and_told_so_and_gets_in_once_it_is_allowed) {
    listen({yard_.public_key()});
    const auto hall = dealer(hall_);
    EXPECT_NE(failure_of(*hall).find("allow file does not have this agent's public key"), std::string::npos)
        << hall->handshake_failure();
    EXPECT_FALSE(hall->send(frame_of("x")));
    const wire::Refusals refusals = router_->refusals();
    EXPECT_GE(refusals.count, 1U);
    EXPECT_EQ(refusals.key, hall_.public_key());
    EXPECT_EQ(refusals.address, "127.0.0.1");
    EXPECT_TRUE(received_.empty());

    router_->allow({yard_.public_key(), hall_.public_key()});
    EXPECT_TRUE(connects(*hall));
    EXPECT_EQ(hall->handshake_failure(), "");
}

TEST_F(UplinkCurve, a_wrong_server_key_is_not_mistaken_for_an_absent_collector) {
    listen({hall_.public_key()});
    const auto hall = dealer(hall_, yard_.public_key());
    EXPECT_NE(failure_of(*hall).find("server_key"), std::string::npos) << hall->handshake_failure();
    EXPECT_EQ(router_->refusals().count, 0U) << "it never got as far as showing its own key";

    const std::string nobody = "tcp://127.0.0.1:" + std::to_string(free_port());
    const auto alone = DealerSocket::create(nobody, wire::ClientKeys{server_.public_key(), copy_of(hall_)});
    ASSERT_TRUE(alone.has_value());
    for (int i = 0; i < 10; ++i) (*alone)->wait(-1, 30);
    EXPECT_EQ((*alone)->handshake_failure(), "");
    EXPECT_FALSE((*alone)->connected());
}

TEST_F(UplinkCurve, who_does_not_encrypt_does_not_reach_a_collector_that_does) {
    listen({hall_.public_key()});
    auto plain = DealerSocket::create(url_);
    ASSERT_TRUE(plain.has_value());
    EXPECT_NE(failure_of(**plain).find("the collector encrypts"), std::string::npos) << (*plain)->handshake_failure();
    EXPECT_TRUE(received_.empty());
}

TEST_F(UplinkCurve, who_encrypts_says_nothing_to_a_collector_that_does_not) {
    listen_plain();
    const auto hall = dealer(hall_);
    EXPECT_NE(failure_of(*hall).find("the collector does not encrypt"), std::string::npos) << hall->handshake_failure();
    EXPECT_FALSE(hall->send(frame_of("secret")));
    EXPECT_TRUE(received_.empty());
}

TEST_F(UplinkCurve, a_key_that_is_taken_away_is_not_heard_any_more_on_the_connection_it_has) {
    listen({hall_.public_key(), yard_.public_key()});
    const auto hall = dealer(hall_);
    const auto yard = dealer(yard_);
    ASSERT_TRUE(connects(*hall) && connects(*yard));
    ASSERT_TRUE(delivers(*hall, "before"));
    router_->allow({yard_.public_key()});
    ASSERT_TRUE(hall->send(frame_of("after")));
    ASSERT_TRUE(eventually(deadline, [&] {
        turn(*hall);
        return router_->dropped() == 1;
    }));
    ASSERT_TRUE(delivers(*yard, "yard"));
    EXPECT_EQ(std::count(received_.begin(), received_.end(), "after"), 0);
}

TEST_F(UplinkCurve, a_collector_that_comes_back_with_its_key_is_found_again) {
    listen({hall_.public_key()});
    const auto hall = dealer(hall_);
    for (std::uint64_t round = 1; round <= 3; ++round) {
        ASSERT_TRUE(connects(*hall)) << round;
        EXPECT_EQ(hall->connections(), round);
        ASSERT_TRUE(delivers(*hall, "round " + std::to_string(round)));
        router_.reset();
        ASSERT_TRUE(eventually(deadline, [&] {
            hall->wait(-1, 20);
            return !hall->connected();
        }));
        listen({hall_.public_key()});
    }
}

TEST_F(UplinkCurve, every_address_takes_keys_and_off_loopback_one_is_not_taken_plain_unless_by_name) {
    const TemporaryDirectory directory;
    const std::uint16_t port = free_port();
    listen_at("tcp://0.0.0.0:" + std::to_string(port), {hall_.public_key()});
    auto all = DealerSocket::create("tcp://127.0.0.1:" + std::to_string(port),
                                    wire::ClientKeys{server_.public_key(), copy_of(hall_)});
    ASSERT_TRUE(all.has_value()) << all.error();
    EXPECT_TRUE(connects(**all));

    listen_at("ipc://" + (directory / "uplink").string(), {hall_.public_key()});
    const auto local = dealer(hall_);
    EXPECT_TRUE(connects(*local));

    EXPECT_TRUE(
        DealerSocket::create("tcp://collector.example:5555", wire::ClientKeys{server_.public_key(), copy_of(hall_)}));
    EXPECT_FALSE(DealerSocket::create("tcp://192.0.2.1:5555"));
    EXPECT_TRUE(DealerSocket::create("tcp://192.0.2.1:5555", wire::Plain::anywhere));
    EXPECT_FALSE(RouterSocket::create("tcp://0.0.0.0:" + std::to_string(free_port())));
    EXPECT_TRUE(RouterSocket::create("tcp://0.0.0.0:" + std::to_string(free_port()), wire::Plain::anywhere));
}

TEST_F(UplinkCurve, an_address_in_use_is_a_failure_and_not_a_wait) {
    listen({hall_.public_key()});
    const auto second = RouterSocket::create(url_, server_, {});
    ASSERT_FALSE(second.has_value());
    EXPECT_NE(second.error().find("cannot listen on"), std::string::npos) << second.error();
}

TEST(UplinkAddress, to_connect_to_is_a_name_an_ipv4_or_a_bracketed_ipv6_address_with_a_port) {
    for (const char* const url :
         {"tcp://collector:5555", "tcp://a.example.org:1", "tcp://10.0.0.7:65535", "tcp://[2001:db8::1]:5555",
          "tcp://[fe80::1%eth0]:5555", "tcp://[::1]:5555", "tcp://my_host-2:80", "ipc:///run/uplink"}) {
        EXPECT_EQ(wire::why_no_address_to_connect(url), "") << url;
    }
    for (const char* const url : {"",
                                  "tcp://",
                                  "tcp://:5555",
                                  "tcp://host",
                                  "tcp://host:",
                                  "tcp://host:0",
                                  "tcp://host:65536",
                                  "tcp://host:*",
                                  "tcp://*:5555",
                                  "tcp://10.0.0.256:1",
                                  "tcp://10.0.0:1",
                                  "tcp://1.2.3.4;10.0.0.1:1",
                                  "tcp://::1:5555",
                                  "tcp://[::1]",
                                  "tcp://[::g]:1",
                                  "tcp://[::1%]:1",
                                  "tcp://a b:1",
                                  "udp://host:1",
                                  "ipc://",
                                  "tcp://-a:1"}) {
        EXPECT_NE(wire::why_no_address_to_connect(url), "") << url;
    }
    EXPECT_NE(wire::why_no_address_to_connect("ipc://" + std::string(108, 'p')), "");
    EXPECT_NE(wire::why_no_address_to_connect("tcp://" + std::string(300, 'h') + ":1"), "");
}

}  // namespace
}  // namespace redshank::test
