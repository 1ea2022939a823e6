#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <set>
#include <string>

#include "drivers/mqtt_client.hpp"
#include "tests/drivers/mqtt_recorder.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/support/scripted_broker.hpp"
#include "tests/support/tcp_relay.hpp"

// MQTT 3.1.1 and 5 at each quality of service: what arrives, how it is marked, and what a severed connection does to
// it.

namespace redshank::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

struct Way {
    std::uint8_t version;
    std::uint8_t qos;
};
void PrintTo(const Way& way, std::ostream* out) {
    *out << "MQTT " << int{way.version} << " QoS " << int{way.qos};
}

MqttClientSettings settings_of(std::uint16_t port, const Way& way, std::vector<MqttSubscription> subscriptions) {
    MqttClientSettings settings = mqtt_settings(port, "agent", std::move(subscriptions));
    settings.version = way.version;
    settings.qos = way.qos;
    return settings;
}

// A device of another make, which publishes at any quality.
void publish(const Mosquitto& broker, const std::string& topic, const std::string& payload, int qos) {
    ChildProcess sender({"mosquitto_pub", "-p", std::to_string(broker.port()), "-V", "5", "-q", std::to_string(qos),
                         "-t", topic, "-m", payload});
    ASSERT_EQ(sender.wait(20s), 0) << sender.errors();
}

class MqttQuality : public testing::TestWithParam<Way> {};
class MqttAcknowledged : public testing::TestWithParam<Way> {};

TEST_P(MqttQuality, a_message_arrives_once_at_the_lower_of_both_qualities) {
    Mosquitto broker;
    MqttProbe agent(settings_of(broker.port(), GetParam(), {{"t/#", 7}}));
    ASSERT_TRUE(agent.start_and_subscribe()) << agent.client->last_error();
    for (int qos = 0; qos <= 2; ++qos) publish(broker, "t/" + std::to_string(qos), "p", qos);
    ASSERT_TRUE(agent.wait_for(MqttEvent::message, 3));
    const auto messages = agent.events.all(MqttEvent::message);
    ASSERT_EQ(messages.size(), 3U);
    for (int qos = 0; qos <= 2; ++qos) {
        const MqttEvent& message = messages[static_cast<std::size_t>(qos)];
        EXPECT_EQ(message.topic, "t/" + std::to_string(qos));
        EXPECT_EQ(message.payload, "p");
        EXPECT_EQ(message.qos, std::min(qos, int{GetParam().qos}));
        EXPECT_EQ(message.packet_id == 0, message.qos == 0);
        EXPECT_FALSE(message.duplicate);
        EXPECT_EQ(message.subscription_id, GetParam().version == 5 ? 7U : 0U);
    }
    ASSERT_TRUE(agent.publish("out", "x")) << "and what it publishes is acknowledged";
}

TEST_P(MqttQuality, a_session_is_resumed_with_what_waited) {
    Mosquitto broker;
    MqttProbe agent(settings_of(broker.port(), GetParam(), {{"t", 1}}));
    ASSERT_TRUE(agent.start_and_subscribe());
    EXPECT_FALSE(agent.events.all()[0].session_present);
    agent.stop();
    agent.events.forget();
    publish(broker, "t", "waits", 2);
    ASSERT_TRUE(agent.start_and_subscribe());
    EXPECT_TRUE(agent.events.all()[0].session_present);
    publish(broker, "t", "live", 2);
    const std::size_t expected = GetParam().qos == 0 ? 1 : 2;  // nothing waits at QoS 0
    ASSERT_TRUE(agent.wait_for(MqttEvent::message, expected));
    EXPECT_EQ(agent.events.all(MqttEvent::message)[0].payload, expected == 2 ? "waits" : "live");
}

TEST_P(MqttAcknowledged, what_was_not_acknowledged_when_the_line_was_cut_comes_again_marked_and_nothing_else_does) {
    Mosquitto broker;
    TcpRelay line(broker.port());
    MqttProbe agent(settings_of(line.port(), GetParam(), {{"t", 1}}));
    ASSERT_TRUE(agent.start_and_subscribe());
    publish(broker, "t", "answered", 2);
    ASSERT_TRUE(agent.wait_for(MqttEvent::message, 1));
    ASSERT_TRUE(agent.publish("fence", "x")) << "the answers before this one have arrived";
    // Whatever it answers from here on does not arrive.
    line.swallow_requests();
    publish(broker, "t", "cut", 2);
    ASSERT_TRUE(agent.wait_for(MqttEvent::message, 2));
    const std::uint16_t identifier = agent.events.all(MqttEvent::message)[1].packet_id;
    ASSERT_TRUE(agent.until([&] { return line.swallowed() > 0; }));
    agent.events.forget();
    line.cut();
    ASSERT_TRUE(agent.wait_for(MqttEvent::subscribed, 1));
    publish(broker, "t", "after", 2);
    ASSERT_TRUE(agent.wait_for(MqttEvent::message, 2));
    const auto messages = agent.events.all(MqttEvent::message);
    ASSERT_EQ(messages.size(), 2U);
    EXPECT_EQ(messages[0].payload, "cut");
    EXPECT_TRUE(messages[0].duplicate);
    EXPECT_EQ(messages[0].packet_id, identifier);
    EXPECT_EQ(messages[1].payload, "after");
    EXPECT_FALSE(messages[1].duplicate);
}

TEST_P(MqttAcknowledged, a_thousand_messages_over_cut_lines_all_arrive_and_come_again_with_their_identifier_only) {
    Mosquitto broker;
    TcpRelay line(broker.port());
    MqttProbe agent(settings_of(line.port(), GetParam(), {{"t", 1}}));
    ASSERT_TRUE(agent.start_and_subscribe());
    ChildProcess device(
        {"sh", "-c", "seq 1 1000 | mosquitto_pub -p " + std::to_string(broker.port()) + " -V 5 -q 2 -t t -l"});
    for (const std::size_t at : {100U, 400U, 700U}) {
        ASSERT_TRUE(agent.wait_for(MqttEvent::message, at));
        line.cut();
    }
    std::set<std::string> unmarked;
    ASSERT_TRUE(agent.until([&] {
        unmarked.clear();
        for (const MqttEvent& event : agent.events.all(MqttEvent::message)) unmarked.insert(event.payload);
        return unmarked.size() == 1000;
    })) << unmarked.size();
    EXPECT_EQ(device.wait(20s), 0);
    std::set<std::pair<std::uint16_t, std::string>> seen;
    for (const MqttEvent& event : agent.events.all(MqttEvent::message)) {
        const bool again = !seen.insert({event.packet_id, event.payload}).second;
        EXPECT_TRUE(!again || event.duplicate) << event.payload << " came twice, unmarked";
    }
    EXPECT_EQ(seen.size(), 1000U) << "one identifier each";
}

std::string name_of(const testing::TestParamInfo<Way>& way) {
    return "mqtt" + std::to_string(way.param.version) + "_qos" + std::to_string(way.param.qos);
}
INSTANTIATE_TEST_SUITE_P(Each, MqttQuality,
                         testing::Values(Way{5, 0}, Way{5, 1}, Way{5, 2}, Way{3, 0}, Way{3, 1}, Way{3, 2}), name_of);
INSTANTIATE_TEST_SUITE_P(Each, MqttAcknowledged, testing::Values(Way{5, 1}, Way{5, 2}, Way{3, 1}, Way{3, 2}), name_of);

// The broker's side of QoS 2, by hand.
class MqttReleases : public testing::TestWithParam<std::uint8_t> {
protected:
    std::string connack() const { return GetParam() == 5 ? mqtt5::connack(0, true) : mqtt5::packet(0x20, "\1\0"s); }
    std::string suback(const std::string& body) const {
        return GetParam() == 5 ? mqtt5::suback(body, 2) : mqtt5::packet(0x90, body.substr(0, 2) + '\2');
    }
    std::string publish(std::uint8_t first) const {
        return mqtt5::packet(first, "\0\1t\0\x2a"s + (GetParam() == 5 ? "\0"s : ""s) + "p");
    }
};

TEST_P(MqttReleases, a_message_is_taken_before_it_is_received_and_not_again_when_it_is_released) {
    std::atomic<int> pubrec{0}, pubcomp{0};
    ScriptedBroker broker([&](std::uint8_t first, const std::string& body) -> std::string {
        if (first >> 4 == 1) return connack();
        if (first >> 4 == 8) return suback(body) + publish(0x34);
        if (first >> 4 == 5) {
            ++pubrec;
            return mqtt5::packet(0x62, body.substr(0, 2));
        }
        if (first >> 4 == 7) ++pubcomp;
        return {};
    });
    MqttProbe agent(settings_of(broker.port(), {GetParam(), 2}, {{"t", 1}}));
    std::atomic<int> received_first{-1};
    agent.events.hook = [&](const Message&) { received_first = pubrec.load(); };
    ASSERT_TRUE(agent.start_and_subscribe());
    ASSERT_TRUE(agent.until([&] { return pubcomp == 1; }));
    EXPECT_EQ(received_first, 0);
    EXPECT_EQ(pubrec, 1);
    ASSERT_EQ(agent.events.count(MqttEvent::message), 1U);
    EXPECT_EQ(agent.events.all(MqttEvent::message)[0].packet_id, 0x2a);
}

TEST_P(MqttReleases, one_that_was_received_in_an_earlier_connection_is_completed) {
    std::atomic<int> pubcomp{0};
    ScriptedBroker broker([&](std::uint8_t first, const std::string& body) -> std::string {
        if (first >> 4 == 1) return connack();
        if (first >> 4 == 8) return suback(body) + mqtt5::packet(0x62, "\0\x2a"s);
        if (first >> 4 == 7) ++pubcomp;
        return {};
    });
    MqttProbe agent(settings_of(broker.port(), {GetParam(), 2}, {{"t", 1}}));
    ASSERT_TRUE(agent.start_and_subscribe());
    ASSERT_TRUE(agent.until([&] { return pubcomp == 1; }, 10s)) << "else it would stay under way for ever";
    EXPECT_EQ(agent.events.count(MqttEvent::message), 0U);
}

INSTANTIATE_TEST_SUITE_P(Each, MqttReleases, testing::Values(std::uint8_t{5}, std::uint8_t{3}),
                         [](const auto& version) { return "mqtt" + std::to_string(version.param); });

TEST(Mqtt311, a_refusal_says_why_in_its_own_words) {
    std::atomic<int> code{4};
    ScriptedBroker broker([&](std::uint8_t first, const std::string& body) -> std::string {
        if (first >> 4 == 1) return mqtt5::packet(0x20, std::string{'\0', static_cast<char>(code.load())});
        if (first >> 4 == 8) return mqtt5::packet(0x90, body.substr(0, 2) + '\x80');
        return {};
    });
    MqttProbe agent(settings_of(broker.port(), {3, 1}, {{"secret/#", 1}}));
    agent.start();
    EXPECT_TRUE(agent.until([&] {
        return agent.client->last_error() == "the broker refuses the connection: bad user name or password (4)";
    })) << agent.client->last_error();
    code = 0;
    EXPECT_TRUE(agent.until([&] {
        return agent.client->last_error() == "the broker refuses a subscription: secret/#";
    })) << agent.client->last_error();
    EXPECT_EQ(agent.events.count(MqttEvent::subscribed), 0U);
}

TEST(Mqtt311, mosquitto_sends_one_copy_for_overlapping_filters) {
    Mosquitto broker;
    MqttProbe agent(settings_of(broker.port(), {3, 1}, {{"a/+", 1}, {"+/b", 2}, {"#", 3}}));
    ASSERT_TRUE(agent.start_and_subscribe());
    publish(broker, "a/b", "x", 1);
    publish(broker, "end", "y", 1);
    ASSERT_TRUE(agent.until([&] {
        const auto messages = agent.events.all(MqttEvent::message);
        return !messages.empty() && messages.back().topic == "end";
    }));
    EXPECT_EQ(agent.events.count(MqttEvent::message), 2U);
}

TEST(Mqtt311, last_will_and_a_change_of_version_keep_the_session) {
    Mosquitto broker;
    MqttProbe watcher(mqtt_settings(broker.port(), "watcher", {{"agent/status", 1}}));
    ASSERT_TRUE(watcher.start_and_subscribe());
    {
        MqttClientSettings settings = settings_of(broker.port(), {3, 1}, {{"t", 1}});
        settings.will_topic = "agent/status";
        MqttProbe agent(settings);
        ASSERT_TRUE(agent.start_and_subscribe());
        ASSERT_TRUE(watcher.wait_for(MqttEvent::message, 1));
        agent.stop();
    }
    ASSERT_TRUE(watcher.wait_for(MqttEvent::message, 2));
    EXPECT_EQ(watcher.events.all(MqttEvent::message)[0].payload, "online");
    EXPECT_EQ(watcher.events.all(MqttEvent::message)[1].payload, "offline");
    publish(broker, "t", "waits", 1);
    MqttProbe agent(settings_of(broker.port(), {5, 1}, {{"t", 1}}));
    ASSERT_TRUE(agent.start_and_subscribe());
    EXPECT_TRUE(agent.events.all()[0].session_present);
    ASSERT_TRUE(agent.wait_for(MqttEvent::message, 1));
}

}  // namespace
}  // namespace redshank::test
