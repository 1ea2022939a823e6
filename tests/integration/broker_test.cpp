#include <gtest/gtest.h>

#include "tests/integration/gateway.hpp"

namespace redshank::test {
namespace {

TEST(Broker, the_agent_starts_without_one_and_is_ready_when_it_comes) {
    Gateway gateway({}, false);
    gateway.start_collector();
    gateway.start_agent();
    ASSERT_TRUE(gateway.until([](const Json& now) { return !now.is("ready"); })) << gateway.agent().errors();
    gateway.start_broker();
    EXPECT_TRUE(gateway.agent().says("READY\n", 60s)) << gateway.agent().errors();
    EXPECT_TRUE(gateway.status()->is("ready"));
}

TEST(Broker, messages_that_waited_through_a_restart_of_the_broker_arrive_once) {
    Gateway gateway;
    gateway.start_all();
    const auto devices = gateway.devices();
    for (std::uint64_t value = 1; value <= 50; ++value) ASSERT_TRUE(devices->send("load/1", value_json(value)));
    ASSERT_TRUE(devices->settled());
    ASSERT_TRUE(gateway.until_messages(50));
    gateway.agent().kill();
    for (std::uint64_t value = 51; value <= 150; ++value) ASSERT_TRUE(devices->send("load/2", value_json(value)));
    ASSERT_TRUE(devices->settled());
    gateway.broker().stop();
    gateway.start_agent();
    ASSERT_TRUE(gateway.until([](const Json& now) { return !now.is("mqtt.connected"); }));
    gateway.broker().start();
    ASSERT_TRUE(gateway.until_messages(150));
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.is("mqtt.connected"); }));
    EXPECT_EQ(gateway.flush(), 0) << gateway.said();
    EXPECT_EQ(gateway.upstream(), sum_of(1, 150));
}

TEST(Broker, the_running_agent_comes_back_after_the_broker_was_away) {
    Gateway gateway;
    gateway.start_all();
    gateway.broker().stop();
    ASSERT_TRUE(gateway.until([](const Json& now) { return !now.is("mqtt.connected"); }));
    gateway.broker().start();
    const auto devices = gateway.devices();
    ASSERT_TRUE(devices->publish("load/1", value_json(5)));
    ASSERT_TRUE(gateway.until_messages(1));
    EXPECT_EQ(gateway.flush(), 0) << gateway.said();
    EXPECT_EQ(gateway.upstream(), sum_of(5, 5));
}

}  // namespace
}  // namespace redshank::test
