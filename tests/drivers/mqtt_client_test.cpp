#include "drivers/mqtt_client.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <vector>

#include "tests/drivers/mqtt_recorder.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/support/network.hpp"
#include "tests/support/scripted_broker.hpp"

namespace redshank::test {
namespace {

using namespace std::chrono_literals;

bool connected_before_messages(const std::vector<MqttEvent>& events) {
    bool connected = false;
    for (const MqttEvent& event : events) {
        if (event.kind == MqttEvent::connected) connected = true;
        if (event.kind == MqttEvent::disconnected) connected = false;
        if (event.kind == MqttEvent::message && !connected) return false;
    }
    return true;
}

TEST(MqttClient, delivers_messages_with_the_identifier_of_their_subscription) {
    Mosquitto broker;
    MqttProbe agent(mqtt_settings(broker.port(), "agent", {{"plant/+/sensors", 7}, {"hall/#", 300000}}));
    ASSERT_TRUE(agent.start_and_subscribe());
    MqttProbe device(mqtt_settings(broker.port(), "device"));
    ASSERT_TRUE(device.start_and_subscribe());
    ASSERT_TRUE(device.publish("plant/a/sensors", "1"));
    ASSERT_TRUE(device.publish("hall/x/y", "2"));
    ASSERT_TRUE(agent.wait_for(MqttEvent::message, 2));

    const auto events = agent.events.all();
    EXPECT_EQ(events[0].kind, MqttEvent::connected);
    EXPECT_FALSE(events[0].session_present);
    EXPECT_EQ(events[1].kind, MqttEvent::subscribed);
    const auto messages = agent.events.all(MqttEvent::message);
    EXPECT_EQ(messages[0].topic, "plant/a/sensors");
    EXPECT_EQ(messages[0].payload, "1");
    EXPECT_EQ(messages[0].subscription_id, 7U);
    EXPECT_EQ(messages[0].qos, 1);
    EXPECT_FALSE(messages[0].retain);
    EXPECT_FALSE(messages[0].duplicate);
    EXPECT_NE(messages[0].packet_id, 0);
    EXPECT_EQ(messages[1].subscription_id, 300000U);
    EXPECT_EQ(agent.client->last_error(), "");
}

TEST(MqttClient, overlapping_filters_give_one_delivery_each_with_its_own_identifier) {
    Mosquitto broker;
    MqttProbe agent(mqtt_settings(broker.port(), "agent", {{"a/#", 1}, {"a/b", 2}}));
    ASSERT_TRUE(agent.start_and_subscribe());
    MqttProbe device(mqtt_settings(broker.port(), "device"));
    ASSERT_TRUE(device.start_and_subscribe());
    ASSERT_TRUE(device.publish("a/b", "x"));
    ASSERT_TRUE(agent.wait_for(MqttEvent::message, 2));

    std::set<std::uint32_t> identifiers;
    for (const MqttEvent& event : agent.events.all(MqttEvent::message)) {
        EXPECT_FALSE(event.duplicate);
        identifiers.insert(event.subscription_id);
    }
    EXPECT_EQ(identifiers, (std::set<std::uint32_t>{1, 2}));
}

TEST(MqttClient, a_retained_message_comes_flagged_once_and_not_again_after_a_resume) {
    Mosquitto broker;
    MqttProbe device(mqtt_settings(broker.port(), "device"));
    ASSERT_TRUE(device.start_and_subscribe());
    ASSERT_TRUE(device.publish("t", "old", true));
    MqttProbe agent(mqtt_settings(broker.port(), "agent", {{"t", 1}}));
    ASSERT_TRUE(agent.start_and_subscribe());
    ASSERT_TRUE(agent.wait_for(MqttEvent::message, 1));
    EXPECT_TRUE(agent.events.all(MqttEvent::message)[0].retain);
    ASSERT_TRUE(device.publish("t", "new", true));
    ASSERT_TRUE(agent.wait_for(MqttEvent::message, 2));
    EXPECT_FALSE(agent.events.all(MqttEvent::message)[1].retain) << "published while subscribed is no old news";

    agent.stop();
    agent.events.forget();
    ASSERT_TRUE(agent.start_and_subscribe());
    EXPECT_TRUE(agent.events.all()[0].session_present);
    ASSERT_TRUE(device.publish("t", "last", false));
    ASSERT_TRUE(agent.wait_for(MqttEvent::message, 1));
    EXPECT_EQ(agent.events.all(MqttEvent::message)[0].payload, "last");
}

TEST(MqttClient, what_was_published_while_it_was_away_arrives_whole_after_on_connected) {
    Mosquitto broker;
    const MqttClientSettings settings = mqtt_settings(broker.port(), "agent", {{"t/#", 1}});
    MqttProbe agent(settings);
    ASSERT_TRUE(agent.start_and_subscribe());
    agent.stop();
    EXPECT_FALSE(agent.client->connected());
    agent.events.forget();

    MqttProbe device(mqtt_settings(broker.port(), "device"));
    ASSERT_TRUE(device.start_and_subscribe());
    constexpr std::size_t count = 1000;
    for (std::size_t i = 0; i < count; ++i) {
        ASSERT_TRUE(device.until([&] { return device.client->publish("t/x", bytes_of(std::to_string(i)), false, i); }));
    }
    ASSERT_TRUE(device.wait_for(MqttEvent::published, count));

    ASSERT_TRUE(agent.start_and_subscribe());
    ASSERT_TRUE(agent.wait_for(MqttEvent::message, count));
    const auto events = agent.events.all();
    EXPECT_TRUE(connected_before_messages(events));
    EXPECT_EQ(events[0].kind, MqttEvent::connected);
    EXPECT_TRUE(events[0].session_present);
    const auto messages = agent.events.all(MqttEvent::message);
    ASSERT_EQ(messages.size(), count);
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(messages[i].payload, std::to_string(i));
}

TEST(MqttClient, comes_back_by_itself_when_the_broker_was_killed) {
    Mosquitto broker;
    MqttProbe agent(mqtt_settings(broker.port(), "agent", {{"t", 1}}));
    ASSERT_TRUE(agent.start_and_subscribe());
    broker.save();
    for (int round = 0; round < 3; ++round) {
        agent.events.forget();
        broker.kill();
        ASSERT_TRUE(agent.wait_for(MqttEvent::disconnected, 1));
        EXPECT_FALSE(agent.client->connected());
        EXPECT_FALSE(agent.client->publish("x", bytes_of("y"), false, 1));
        EXPECT_NE(agent.client->last_error(), "");
        broker.start();
        ASSERT_TRUE(agent.wait_for(MqttEvent::subscribed, 1));
        EXPECT_EQ(agent.client->last_error(), "");
        MqttProbe device(mqtt_settings(broker.port(), "device"));
        ASSERT_TRUE(device.start_and_subscribe());
        ASSERT_TRUE(device.publish("t", "back"));
        ASSERT_TRUE(agent.wait_for(MqttEvent::message, 1));
        EXPECT_EQ(agent.events.all()[0].kind, MqttEvent::disconnected);
        EXPECT_EQ(agent.events.count(MqttEvent::disconnected), 1U);
        EXPECT_EQ(agent.events.all(MqttEvent::connected).back().session_present, true);
    }
}

TEST(MqttClient, nothing_acknowledged_is_lost_over_broker_restarts) {
    Mosquitto broker;
    MqttProbe agent(mqtt_settings(broker.port(), "agent", {{"t", 1}}));
    ASSERT_TRUE(agent.start_and_subscribe());
    MqttProbe device(mqtt_settings(broker.port(), "device"));
    ASSERT_TRUE(device.start_and_subscribe());
    std::set<std::string> acknowledged;
    std::uint64_t next = 0;
    for (int round = 0; round < 3; ++round) {
        device.events.forget();
        const std::uint64_t first = next;
        for (; next < first + 200; ++next) {
            ASSERT_TRUE(device.until([&] {
                agent.client->step(monotonic_ns());
                return device.client->publish("t", bytes_of(std::to_string(next)), false, next);
            }));
        }
        broker.stop();
        broker.start();
        ASSERT_TRUE(device.until([&] {
            agent.client->step(monotonic_ns());
            return agent.client->connected() && device.client->connected();
        }));
        for (const MqttEvent& event : device.events.all(MqttEvent::published)) {
            acknowledged.insert(std::to_string(event.token));
        }
    }
    ASSERT_FALSE(acknowledged.empty());
    EXPECT_TRUE(agent.until([&] {
        std::set<std::string> missing = acknowledged;
        for (const MqttEvent& event : agent.events.all(MqttEvent::message)) missing.erase(event.payload);
        return missing.empty();
    }));
    EXPECT_TRUE(connected_before_messages(agent.events.all()));
}

TEST(MqttClient, says_online_when_subscribed_and_its_will_says_offline_when_killed) {
    Mosquitto broker;
    ChildProcess victim({MQTT_VICTIM, std::to_string(broker.port()), "victim", "t", "victim/status"});
    ASSERT_TRUE(victim.says("ready", 20s)) << victim.errors();
    MqttProbe watcher(mqtt_settings(broker.port(), "watcher", {{"victim/status", 1}}));
    ASSERT_TRUE(watcher.start_and_subscribe());
    ASSERT_TRUE(watcher.wait_for(MqttEvent::message, 1));
    EXPECT_EQ(watcher.events.all(MqttEvent::message)[0].payload, "online");
    EXPECT_TRUE(watcher.events.all(MqttEvent::message)[0].retain);
    victim.kill();
    ASSERT_TRUE(watcher.wait_for(MqttEvent::message, 2));
    EXPECT_EQ(watcher.events.all(MqttEvent::message)[1].payload, "offline");

    MqttProbe late(mqtt_settings(broker.port(), "late", {{"victim/status", 1}}));
    ASSERT_TRUE(late.start_and_subscribe());
    ASSERT_TRUE(late.wait_for(MqttEvent::message, 1));
    EXPECT_EQ(late.events.all(MqttEvent::message)[0].payload, "offline") << "the will is retained";
}

TEST(MqttClient, stop_says_offline_keeps_the_session_and_ends_the_events) {
    Mosquitto broker;
    MqttProbe watcher(mqtt_settings(broker.port(), "watcher", {{"agent/status", 1}}));
    ASSERT_TRUE(watcher.start_and_subscribe());
    MqttClientSettings settings = mqtt_settings(broker.port(), "agent", {{"t", 1}});
    settings.will_topic = "agent/status";
    auto agent = std::make_unique<MqttProbe>(settings);
    ASSERT_TRUE(agent->start_and_subscribe());
    ASSERT_TRUE(watcher.wait_for(MqttEvent::message, 1));
    agent->stop();
    EXPECT_EQ(agent->events.all().back().kind, MqttEvent::disconnected);
    const std::size_t events = agent->events.all().size();
    EXPECT_FALSE(agent->client->connected());
    ASSERT_TRUE(watcher.wait_for(MqttEvent::message, 2));
    EXPECT_EQ(watcher.events.all(MqttEvent::message)[0].payload, "online");
    EXPECT_EQ(watcher.events.all(MqttEvent::message)[1].payload, "offline");

    ASSERT_TRUE(watcher.publish("t", "while away"));
    EXPECT_EQ(agent->events.all().size(), events) << "no event after stop";
    agent = std::make_unique<MqttProbe>(settings);
    ASSERT_TRUE(agent->start_and_subscribe());
    ASSERT_TRUE(agent->wait_for(MqttEvent::message, 1));
    EXPECT_TRUE(agent->events.all()[0].session_present);
    EXPECT_EQ(agent->events.all(MqttEvent::message)[0].payload, "while away");
}

TEST(MqttClient, publishes_from_inside_on_message_for_every_one_of_1000_messages) {
    Mosquitto broker;
    MqttProbe sink(mqtt_settings(broker.port(), "sink", {{"out", 1}}));
    ASSERT_TRUE(sink.start_and_subscribe());
    MqttProbe agent(mqtt_settings(broker.port(), "agent", {{"in", 1}}));
    std::vector<std::string> waiting;  // on Paho's threads only
    const auto pump = [&] {
        while (!waiting.empty() && agent.client->publish("out", bytes_of(waiting.front()), false, 0)) {
            waiting.erase(waiting.begin());
        }
    };
    agent.events.hook = [&](const Message& message) {
        waiting.emplace_back(reinterpret_cast<const char*>(message.payload.data()), message.payload.size());
        pump();
    };
    agent.events.published_hook = [&](std::uint64_t) { pump(); };
    ASSERT_TRUE(agent.start_and_subscribe());
    MqttProbe device(mqtt_settings(broker.port(), "device"));
    ASSERT_TRUE(device.start_and_subscribe());
    constexpr std::size_t count = 1000;
    for (std::size_t i = 0; i < count; ++i) {
        ASSERT_TRUE(device.until([&] { return device.client->publish("in", bytes_of(std::to_string(i)), false, i); }));
    }
    ASSERT_TRUE(sink.wait_for(MqttEvent::message, count));
    const auto messages = sink.events.all(MqttEvent::message);
    ASSERT_EQ(messages.size(), count);
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(messages[i].payload, std::to_string(i));
    ASSERT_TRUE(agent.wait_for(MqttEvent::published, count));
}

TEST(MqttClient, publish_waits_for_nothing_while_an_event_is_running) {
    Mosquitto broker;
    MqttProbe agent(mqtt_settings(broker.port(), "agent", {{"in", 1}}));
    std::mutex pipeline;
    std::atomic<bool> inside{false};
    agent.events.hook = [&](const Message&) {
        inside = true;
        const std::lock_guard lock(pipeline);
    };
    ASSERT_TRUE(agent.start_and_subscribe());
    MqttProbe device(mqtt_settings(broker.port(), "device"));
    ASSERT_TRUE(device.start_and_subscribe());
    {
        const std::lock_guard lock(pipeline);  // as a ticker holds it, which alerts too
        device.client->publish("in", bytes_of("x"), false, 0);
        ASSERT_TRUE(eventually(20s, [&] { return inside.load(); }));
        EXPECT_TRUE(agent.client->publish("out", bytes_of("alert"), false, 42));  // would never return if it waited
    }
    ASSERT_TRUE(agent.wait_for(MqttEvent::published, 1));
    EXPECT_EQ(agent.events.all(MqttEvent::published)[0].token, 42U);
}

TEST(MqttClient, refuses_to_have_more_than_256_publishes_under_way_and_recovers) {
    Mosquitto broker;
    MqttProbe agent(mqtt_settings(broker.port(), "agent"));
    ASSERT_TRUE(agent.start_and_subscribe());
    broker.pause();
    std::size_t taken = 0;
    while (agent.client->publish("t", bytes_of("x"), false, taken)) ++taken;
    EXPECT_EQ(taken, 256U);
    broker.resume();
    ASSERT_TRUE(agent.wait_for(MqttEvent::published, 256));
    const auto published = agent.events.all(MqttEvent::published);
    for (std::size_t i = 0; i < published.size(); ++i) EXPECT_EQ(published[i].token, i);
    EXPECT_TRUE(agent.publish("t", "y"));
}

TEST(MqttClient, a_message_cut_off_before_its_acknowledgement_comes_again_with_dup_and_the_same_identifier) {
    Mosquitto broker;
    ChildProcess victim({MQTT_VICTIM, std::to_string(broker.port()), "agent", "t", "agent/status", "die"});
    ASSERT_TRUE(victim.says("ready", 20s)) << victim.errors();
    MqttProbe device(mqtt_settings(broker.port(), "device"));
    ASSERT_TRUE(device.start_and_subscribe());
    ASSERT_TRUE(device.publish("t", "precious"));
    ASSERT_EQ(victim.wait(20s), 137);

    MqttProbe agent(mqtt_settings(broker.port(), "agent", {{"t", 1}}));
    ASSERT_TRUE(agent.start_and_subscribe());
    ASSERT_TRUE(agent.wait_for(MqttEvent::message, 1));
    const MqttEvent again = agent.events.all(MqttEvent::message)[0];
    EXPECT_TRUE(again.duplicate);
    EXPECT_EQ(again.payload, "precious");
    EXPECT_EQ("ready\nid=" + std::to_string(again.packet_id) + " dup=0 precious\n", victim.output());
}

TEST(MqttClient, payloads_of_any_bytes_and_200_kib_arrive_whole) {
    Mosquitto broker;
    std::vector<std::string> payloads{std::string("\0a\0\xff\0", 5), "", std::string(64 << 10, '\0'),
                                      std::string(200 << 10, 'x')};
    for (std::size_t i = 0; i < payloads[3].size(); ++i) payloads[3][i] = static_cast<char>(i * 31 >> 3);
    MqttProbe agent(mqtt_settings(broker.port(), "agent", {{"t", 1}}));
    ASSERT_TRUE(agent.start_and_subscribe());
    for (const std::string& payload : payloads) {
        TemporaryDirectory directory;  // our own publish takes no more than 64 KiB
        {
            std::FILE* file = std::fopen((directory / "payload").c_str(), "wb");
            std::fwrite(payload.data(), 1, payload.size(), file);
            std::fclose(file);
        }
        std::vector<std::string> argv{"mosquitto_pub", "-p", std::to_string(broker.port()), "-V", "5", "-q", "1", "-t",
                                      std::string("t")};
        if (payload.empty()) {
            argv.emplace_back("-n");
        } else {
            argv.insert(argv.end(), {"-f", (directory / "payload").string()});
        }
        ChildProcess sender(argv);
        ASSERT_EQ(sender.wait(20s), 0) << sender.errors();
    }
    ASSERT_TRUE(agent.wait_for(MqttEvent::message, payloads.size()));
    const auto messages = agent.events.all(MqttEvent::message);
    for (std::size_t i = 0; i < payloads.size(); ++i) EXPECT_TRUE(messages[i].payload == payloads[i]) << i;
}

TEST(MqttClient, topics_are_handed_on_as_the_bytes_they_are) {
    const std::vector<std::string> topics{std::string("a\0b", 3), "bad/\xff\xfe", "wild/+/#", "ok"};
    ScriptedBroker broker([&](std::uint8_t first, const std::string& body) -> std::string {
        if (first >> 4 == 1) return mqtt5::connack(0);
        if (first >> 4 != 8) return {};
        std::string answer = mqtt5::suback(body, 1);
        std::uint16_t id = 100;
        // the second and third identifier of the last one are of no subscription and of the first one
        for (const std::string& topic : topics) {
            answer += mqtt5::publish(topic, "p", ++id, topic == "ok" ? "\x0b\x05\x0b\x09\x0b\x04" : "\x0b\x04");
        }
        return answer;
    });
    MqttProbe agent(mqtt_settings(broker.port(), "agent", {{"#", 4}}));
    ASSERT_TRUE(agent.start_and_subscribe());
    ASSERT_TRUE(agent.wait_for(MqttEvent::message, topics.size()));
    const auto messages = agent.events.all(MqttEvent::message);
    for (std::size_t i = 0; i < topics.size(); ++i) {
        EXPECT_EQ(messages[i].topic, topics[i]);
        EXPECT_EQ(messages[i].payload, "p");
        EXPECT_EQ(messages[i].packet_id, 101 + i);
        EXPECT_EQ(messages[i].subscription_id, 4U);
    }
}

TEST(MqttClient, keeps_trying_and_says_why_while_nobody_listens) {
    MqttProbe agent(mqtt_settings(free_port(), "agent"));
    agent.start();
    ASSERT_TRUE(agent.until([&] { return !agent.client->last_error().empty(); }));
    EXPECT_NE(agent.client->last_error().find("127.0.0.1"), std::string::npos) << agent.client->last_error();
    EXPECT_FALSE(agent.client->connected());
    EXPECT_TRUE(agent.events.all().empty());
}

TEST(MqttClient, a_refused_connection_is_tried_again_and_says_why) {
    std::atomic<int> attempts{0};
    ScriptedBroker broker([&](std::uint8_t first, const std::string& body) -> std::string {
        if (first >> 4 == 1) return ++attempts < 3 ? mqtt5::connack(0x87) : mqtt5::connack(0);
        return first >> 4 == 8 ? mqtt5::suback(body, 1) : std::string();
    });
    MqttProbe agent(mqtt_settings(broker.port(), "agent", {{"t", 1}}));
    agent.start();
    ASSERT_TRUE(agent.until([&] { return agent.client->last_error().find("authorized") != std::string::npos; }))
        << agent.client->last_error();
    EXPECT_TRUE(agent.events.all().empty());
    EXPECT_TRUE(agent.until([&] { return agent.client->connected(); }));
    EXPECT_EQ(attempts, 3);
}

TEST(MqttClient, a_refused_subscription_is_a_disconnection_tried_again) {
    std::atomic<int> attempts{0};
    ScriptedBroker broker([&](std::uint8_t first, const std::string& body) -> std::string {
        if (first >> 4 == 1) return mqtt5::connack(0);
        return first >> 4 == 8 ? mqtt5::suback(body, ++attempts < 2 ? 0x97 : 1) : std::string();
    });
    MqttProbe agent(mqtt_settings(broker.port(), "agent", {{"t", 1}}));
    agent.start();
    ASSERT_TRUE(agent.wait_for(MqttEvent::disconnected, 1));
    EXPECT_NE(agent.client->last_error().find("Quota"), std::string::npos) << agent.client->last_error();
    EXPECT_EQ(agent.events.count(MqttEvent::subscribed), 0U);
    EXPECT_TRUE(agent.until([&] { return agent.client->connected(); }));
    EXPECT_EQ(attempts, 2);
}

TEST(MqttClient, gives_up_filters_that_left_the_configuration) {
    Mosquitto broker;
    {
        MqttProbe agent(mqtt_settings(broker.port(), "agent", {{"old", 1}, {"kept", 2}}));
        ASSERT_TRUE(agent.start_and_subscribe());
        agent.stop();
    }
    MqttClientSettings settings = mqtt_settings(broker.port(), "agent", {{"kept", 2}});
    settings.unsubscriptions = {"old", "kept", "never/was"};
    MqttProbe agent(settings);
    ASSERT_TRUE(agent.start_and_subscribe());
    MqttProbe device(mqtt_settings(broker.port(), "device"));
    ASSERT_TRUE(device.start_and_subscribe());
    ASSERT_TRUE(device.publish("old", "1"));
    ASSERT_TRUE(device.publish("kept", "2"));
    ASSERT_TRUE(agent.wait_for(MqttEvent::message, 1));
    EXPECT_EQ(agent.events.all(MqttEvent::message)[0].topic, "kept");
}

TEST(MqttClient, does_not_hear_itself) {
    Mosquitto broker;
    MqttProbe agent(mqtt_settings(broker.port(), "agent", {{"#", 1}}));
    ASSERT_TRUE(agent.start_and_subscribe());
    ASSERT_TRUE(agent.publish("t", "own"));
    MqttProbe device(mqtt_settings(broker.port(), "device"));
    ASSERT_TRUE(device.start_and_subscribe());
    ASSERT_TRUE(device.publish("t", "other"));
    ASSERT_TRUE(agent.wait_for(MqttEvent::message, 1));
    EXPECT_EQ(agent.events.all(MqttEvent::message)[0].payload, "other");
}

TEST(MqttClient, a_refused_publish_is_answered_and_counted) {
    ScriptedBroker broker([](std::uint8_t first, const std::string& body) -> std::string {
        if (first >> 4 == 1) return mqtt5::connack(0);
        if (first >> 4 != 3) return {};
        const std::size_t topic_bytes = static_cast<unsigned char>(body[1]);
        return mqtt5::packet(0x40, body.substr(2 + topic_bytes, 2) + '\x87');
    });
    MqttProbe agent(mqtt_settings(broker.port(), "agent"));
    ASSERT_TRUE(agent.start_and_subscribe());
    ASSERT_TRUE(agent.publish("t", "x"));
    EXPECT_EQ(agent.client->publishes_refused(), 1U);
    EXPECT_NE(agent.client->last_error().find("authorized"), std::string::npos) << agent.client->last_error();
}

TEST(MqttClient, does_not_publish_to_what_is_no_topic) {
    Mosquitto broker;
    MqttProbe agent(mqtt_settings(broker.port(), "agent"));
    ASSERT_TRUE(agent.start_and_subscribe());
    for (const std::string_view topic : {std::string_view(""), std::string_view("a\0b", 3), std::string_view("a/+")}) {
        EXPECT_FALSE(agent.client->publish(topic, bytes_of("x"), false, 1));
    }
    EXPECT_FALSE(agent.client->publish("t", bytes_of(std::string(65 << 10, 'x')), false, 1));
    EXPECT_TRUE(agent.publish("t", "x"));
}

TEST(MqttClient, ends_cleanly_in_every_state) {
    { MqttProbe never_started(mqtt_settings(1883, "agent")); }
    const std::uint16_t nobody = free_port();
    {
        MqttProbe connecting(mqtt_settings(nobody, "agent"));
        connecting.start();
    }
    {
        MqttProbe waiting(mqtt_settings(nobody, "agent"));
        waiting.start();
        ASSERT_TRUE(waiting.until([&] { return !waiting.client->last_error().empty(); }));
    }
    {
        ScriptedBroker silent([](std::uint8_t, const std::string&) { return std::string(); });
        MqttProbe no_connack(mqtt_settings(silent.port(), "agent"));
        no_connack.start();
        no_connack.until([] { return false; }, 200ms);
    }
    {
        ScriptedBroker half(
            [](std::uint8_t first, const std::string&) { return first >> 4 == 1 ? mqtt5::connack(0) : std::string(); });
        MqttProbe no_suback(mqtt_settings(half.port(), "agent", {{"t", 1}}));
        no_suback.start();
        ASSERT_TRUE(no_suback.wait_for(MqttEvent::connected, 1));
    }
    Mosquitto broker;
    {
        MqttProbe connected(mqtt_settings(broker.port(), "agent", {{"t", 1}}));
        ASSERT_TRUE(connected.start_and_subscribe());
    }
    {
        MqttClientSettings settings = mqtt_settings(broker.port(), "agent", {{"t", 1}});
        settings.will_topic = "status";
        MqttProbe stalled(settings);
        ASSERT_TRUE(stalled.start_and_subscribe());
        broker.pause();
        stalled.client->publish("t", bytes_of("x"), false, 1);
        stalled.client->stop(200'000'000);
        EXPECT_EQ(stalled.events.all().back().kind, MqttEvent::disconnected);
        broker.resume();
    }
    {
        MqttProbe gone(mqtt_settings(broker.port(), "agent", {{"t", 1}}));
        ASSERT_TRUE(gone.start_and_subscribe());
        broker.kill();
    }
}

TEST(MqttClient, impossible_settings_are_refused_with_a_reason) {
    MqttRecorder events;
    MqttClientSettings settings = mqtt_settings(1883, "", {{"t", 1}});
    EXPECT_NE(MqttClient::create(settings, events).error().find("client id"), std::string::npos);
    settings.client_id = "x";
    settings.subscriptions[0].identifier = 0;
    EXPECT_NE(MqttClient::create(settings, events).error().find("identifier"), std::string::npos);
}

}  // namespace
}  // namespace redshank::test
