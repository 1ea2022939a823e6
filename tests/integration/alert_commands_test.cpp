#include <gtest/gtest.h>

#include "tests/integration/gateway.hpp"

// What people say of alerts: by command and over MQTT, and what of it outlives the process.

namespace redshank::test {
namespace {

Configuration hot(const std::string& more = {}) {
    Configuration configuration;
    configuration.window = "length = \"1h\"\n";
    configuration.more =
        "[alerts]\ncommands = true\n[[rule]]\nname = \"hot\"\nchannel = \"load/#\"\nabove = 85.0\n" + more;
    return configuration;
}

const std::string state_topic = "redshank/t/alert/hot/load/1:value";

bool last_state(const MqttPeer& listener, const std::string& state) {
    const auto states = listener.received(state_topic);
    return !states.empty() && Json::parse(states.back()).text("state") == state;
}

TEST(AlertCommands, a_silence_holds_an_alert_back_over_a_kill_and_ends_by_command) {
    Gateway gateway(hot());
    gateway.start_ready();
    const auto listener = gateway.listener();
    const auto devices = gateway.devices();
    ASSERT_EQ(gateway.command({"silence", "--rule", "hot", "--for", "1h"}), 0) << gateway.said();
    EXPECT_NE(gateway.said().find("silent for 1h"), std::string::npos);
    ASSERT_TRUE(devices->publish("load/1", "{\"value\": 90}"));
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.count("alerts_held_back.silence") == 1; }));
    gateway.agent().kill();
    gateway.start_ready();
    const auto status = gateway.status();
    ASSERT_TRUE(status);
    EXPECT_EQ(status->text("silences.0.rule"), "hot");
    EXPECT_EQ(status->at("alerts").size(), 0U);
    ASSERT_EQ(gateway.command({"silence", "--rule", "hot", "--end"}), 0) << gateway.said();
    EXPECT_TRUE(eventually(20s, [&] { return last_state(*listener, "firing"); }));
    EXPECT_EQ(gateway.command({"silence", "--rule", "hot", "--end"}), 1);
    EXPECT_NE(gateway.said().find("there is no silence"), std::string::npos);
}

TEST(AlertCommands, an_acknowledgement_is_in_the_retained_alert) {
    Gateway gateway(hot());
    gateway.start_ready();
    const auto listener = gateway.listener();
    const auto devices = gateway.devices();
    EXPECT_EQ(gateway.command({"ack", "--rule", "hot"}), 1);
    EXPECT_NE(gateway.said().find("no such alert is firing"), std::string::npos) << gateway.said();
    ASSERT_TRUE(devices->publish("load/1", "{\"value\": 90}"));
    ASSERT_TRUE(eventually(20s, [&] { return last_state(*listener, "firing"); }));
    ASSERT_EQ(gateway.command({"ack", "--rule", "hot", "--channel", "load/+"}), 0) << gateway.said();
    EXPECT_EQ(gateway.said(), "1 alert is acknowledged\n");
    EXPECT_TRUE(eventually(
        20s, [&] { return listener->received(state_topic).back().find("\"acknowledged_ns\"") != std::string::npos; }));
}

TEST(AlertCommands, over_mqtt_where_the_configuration_allows_it) {
    Gateway gateway(hot());
    gateway.start_ready();
    const auto listener = gateway.listener();
    const auto devices = gateway.devices();
    ASSERT_TRUE(devices->publish("redshank/t/command/maintenance", "on 1h"));
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.is("maintenance.on"); }));
    ASSERT_TRUE(devices->publish("load/1", "{\"value\": 90}"));
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.count("alerts_held_back.maintenance") == 1; }));
    ASSERT_TRUE(devices->publish("redshank/t/command/maintenance", "off"));
    EXPECT_TRUE(eventually(20s, [&] { return last_state(*listener, "firing"); }));
    ASSERT_TRUE(devices->publish("redshank/t/command/ack/hot/load/1:value", ""));
    EXPECT_TRUE(eventually(
        20s, [&] { return listener->received(state_topic).back().find("\"acknowledged_ns\"") != std::string::npos; }));
    ASSERT_TRUE(devices->publish("redshank/t/command/silence", "2h"));
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.at("silences").size() == 1; }));
    ASSERT_TRUE(devices->publish("redshank/t/command/silence", "0s"));
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.at("silences").size() == 0; }));
    const auto status = gateway.status();
    EXPECT_EQ(out_of_balance(*status), "");
}

TEST(AlertCommands, without_leave_nothing_is_taken_over_mqtt) {
    Configuration configuration = hot();
    configuration.more.erase(0, configuration.more.find("[[rule]]"));
    Gateway gateway(configuration);
    gateway.start_ready();
    const auto devices = gateway.devices();
    ASSERT_TRUE(devices->publish("redshank/t/command/maintenance", "on"));
    ASSERT_TRUE(devices->publish("load/1", "{\"value\": 90}"));
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.at("alerts").size() == 1; }));
    EXPECT_FALSE(gateway.status()->is("maintenance.on"));
}

TEST(AlertCommands, a_lost_broker_is_one_alert_that_goes_upstream) {
    Configuration configuration = hot("[[rule]]\nname = \"silent\"\nchannel = \"load/#\"\nabsent_for = \"3s\"\n");
    configuration.more =
        "[alerts]\nbroker_lost_after = \"1s\"\n" + configuration.more.substr(configuration.more.find("[[rule]]"));
    Gateway gateway(configuration);
    gateway.start_all();
    {
        const auto devices = gateway.devices();
        for (int device = 1; device <= 5; ++device) {
            ASSERT_TRUE(devices->publish("load/" + std::to_string(device), "{\"value\": 20}"));
        }
    }
    gateway.broker().kill();
    ASSERT_TRUE(eventually(20s, [&] {
        return gateway.upstream_integer(
                   "SELECT count(*) FROM alerts WHERE rule = 'broker-lost' AND state = 'firing'") == 1;
    }));
    EXPECT_EQ(gateway.upstream_text("SELECT channel FROM alerts WHERE rule = 'broker-lost'"), "mqtt");
    gateway.broker().start();
    ASSERT_TRUE(eventually(60s, [&] {
        return gateway.upstream_integer("SELECT count(*) FROM alerts WHERE rule = 'broker-lost' AND state = 'clear'") ==
               1;
    }));
}

}  // namespace
}  // namespace redshank::test
