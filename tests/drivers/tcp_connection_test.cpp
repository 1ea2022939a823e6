#include "drivers/tcp_connection.hpp"

#include <gtest/gtest.h>

#include "drivers/clock.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/support/network.hpp"

namespace redshank::test {
namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;

TEST(LookUp, takes_names_and_addresses_with_and_without_brackets) {
    for (const auto& [host, text] :
         {std::pair{"127.0.0.1", "127.0.0.1:1883"}, std::pair{"[::1]", "[::1]:1883"}, std::pair{"::1", "[::1]:1883"}}) {
        const auto found = look_up(host, 1883, 5 * ns_per_s);
        ASSERT_TRUE(found) << found.error();
        ASSERT_FALSE(found->empty());
        EXPECT_EQ(found->front().text, text);
    }
    EXPECT_TRUE(look_up("localhost", 1883, 5 * ns_per_s));
}

TEST(LookUp, a_name_that_nobody_knows_is_a_sentence) {
    const auto found = look_up("no-such-host.invalid", 1883, 5 * ns_per_s);
    ASSERT_FALSE(found);
    EXPECT_FALSE(found.error().empty());
}

TEST(LookUp, waits_no_longer_than_it_may) {
    const std::int64_t begin_ns = monotonic_ns();
    static_cast<void>(look_up("no-such-host.invalid", 1883, 1'000));
    EXPECT_LT(monotonic_ns() - begin_ns, 2 * ns_per_s);
}

TEST(TcpConnection, finds_who_listens_behind_an_address_that_refuses) {
    const Mosquitto broker;
    auto dead = look_up("127.0.0.1", free_port(), 5 * ns_per_s);
    const auto alive = look_up("127.0.0.1", broker.port(), 5 * ns_per_s);
    ASSERT_TRUE(dead && alive);
    const auto refused = TcpConnection::open(*dead, 5 * ns_per_s);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), dead->front().text + ": Connection refused");
    dead->push_back(alive->front());
    const auto found = TcpConnection::open(*dead, 5 * ns_per_s);
    ASSERT_TRUE(found) << found.error();
    EXPECT_EQ(found->address(), "127.0.0.1:" + std::to_string(broker.port()));
    EXPECT_GE(found->file(), 0);
}

// 192.0.2.0/24 belongs to nobody (RFC 5737): no answer, or no route.
TEST(TcpConnection, an_address_that_is_silent_costs_no_more_than_the_time_given) {
    const auto nobody = look_up("192.0.2.1", 1883, 5 * ns_per_s);
    ASSERT_TRUE(nobody);
    const std::int64_t begin_ns = monotonic_ns();
    EXPECT_FALSE(TcpConnection::open(*nobody, ns_per_s / 5));
    EXPECT_LT(monotonic_ns() - begin_ns, 2 * ns_per_s);
    EXPECT_FALSE(TcpConnection::open({}, ns_per_s));
}

}  // namespace
}  // namespace redshank::test
