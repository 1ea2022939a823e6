#include "drivers/mqtt_probe.hpp"

#include <gtest/gtest.h>

#include "tests/drivers/mqtt_recorder.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/support/network.hpp"
#include "tests/support/temporary_directory.hpp"

namespace redshank::test {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t ns_per_s = 1'000'000'000;

TEST(WhyNotAccepted, says_nothing_of_a_broker_that_accepts_and_leaves_the_agents_session_alone) {
    Mosquitto broker;
    const MqttClientSettings settings = mqtt_settings(broker.port(), "agent", {{"t", 1}});
    MqttProbe agent(settings);
    agent.start();
    ASSERT_TRUE(agent.until([&] { return agent.client->connected(); })) << agent.client->last_error();
    EXPECT_EQ(why_not_accepted(settings, 5 * ns_per_s), "");
    const std::string log = broker.log();
    EXPECT_NE(log.find(" as doctor-"), std::string::npos) << log;
    EXPECT_NE(log.find("c1"), std::string::npos) << log;  // clean start
    EXPECT_EQ(agent.events.count(MqttEvent::disconnected), 0U);
    EXPECT_TRUE(agent.client->connected());
}

TEST(WhyNotAccepted, says_that_the_broker_refuses) {
    const TemporaryDirectory directory;
    ChildProcess made({"mosquitto_passwd", "-b", "-c", (directory / "passwords").string(), "gate", "open sesame"});
    ASSERT_EQ(made.wait(20s), 0) << made.errors();
    MosquittoOptions options;
    options.more = {"allow_anonymous false", "password_file " + (directory / "passwords").string()};
    const Mosquitto broker(options);
    const std::string why = why_not_accepted(mqtt_settings(broker.port(), "agent"), 5 * ns_per_s);
    EXPECT_TRUE(why.starts_with("the broker refuses the connection")) << why;
}

TEST(WhyNotAccepted, a_dead_port_and_a_broker_that_is_silent_are_told_apart) {
    EXPECT_TRUE(why_not_accepted(mqtt_settings(free_port(), "agent"), 5 * ns_per_s).starts_with("cannot connect to"));
    Mosquitto broker;
    broker.pause();
    const std::int64_t begin_ns = monotonic_ns();
    EXPECT_EQ(why_not_accepted(mqtt_settings(broker.port(), "agent"), ns_per_s / 2),
              "the broker does not answer CONNECT in time");
    EXPECT_LT(monotonic_ns() - begin_ns, 5 * ns_per_s);
    broker.resume();
}

}  // namespace
}  // namespace redshank::test
