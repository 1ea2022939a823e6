#include <gtest/gtest.h>

#include "drivers/uplink/sockets.hpp"
#include "drivers/uplink/wire.hpp"
#include "tests/integration/gateway.hpp"

namespace redshank::test {
namespace {

Configuration with_rule() {
    Configuration configuration;
    configuration.window = "length = \"1h\"\n";
    configuration.more =
        "[[rule]]\nname = \"hot\"\nchannel = \"load/#\"\nabove = 85.0\nclear_below = 80.0\nseverity = \"critical\"\n";
    return configuration;
}

const std::string state_topic = "redshank/t/alert/hot/load/1:value";
const std::string stream_topic = "redshank/t/alerts";

void expect_contract(const std::string& payload, const std::string& state, double value) {
    const Json alert = Json::parse(payload);
    EXPECT_EQ(alert.size(), 7U) << payload;
    EXPECT_NE(alert.text("id"), "") << payload;
    EXPECT_EQ(alert.text("rule"), "hot") << payload;
    EXPECT_EQ(alert.text("channel"), "load/1:value") << payload;
    EXPECT_EQ(alert.text("state"), state) << payload;
    EXPECT_GT(alert.count("since_ns"), 1'000'000'000'000'000'000U) << payload;
    EXPECT_EQ(std::stod(alert.text("value")), value) << payload;
    EXPECT_EQ(alert.text("severity"), "critical") << payload;
}

// Of a life whose state was deleted.
TEST(Alerts, what_the_broker_retained_wrongly_is_put_right_as_soon_as_the_rule_has_something_to_judge) {
    Gateway gateway(with_rule());
    const auto devices = gateway.devices();
    ASSERT_TRUE(devices->publish(state_topic, "{\"state\":\"firing\"}", true));
    gateway.start_ready();
    const auto listener = gateway.listener();
    ASSERT_TRUE(devices->publish("load/1", "{\"value\": 20}"));
    ASSERT_TRUE(listener->receives([](const Received& message) {
        return message.topic == state_topic && message.payload.find("\"clear\"") != std::string::npos;
    }));
    expect_contract(listener->received(state_topic).back(), "clear", 0);
    EXPECT_TRUE(listener->received(stream_topic).empty()) << "no change, no event";
}

TEST(Alerts, a_change_is_retained_under_its_rule_and_channel_and_told_in_the_stream_without_an_uplink) {
    Gateway gateway(with_rule());
    gateway.start_ready();
    const auto listener = gateway.listener();
    const auto devices = gateway.devices();
    ASSERT_TRUE(devices->publish("load/1", "{\"value\": 20}"));
    ASSERT_TRUE(devices->publish("load/1", "{\"value\": 90.5}"));
    ASSERT_TRUE(devices->publish("load/1", "{\"value\": 82}"));
    ASSERT_TRUE(eventually(20s, [&] { return !listener->received(stream_topic).empty(); }));
    expect_contract(listener->received(stream_topic).front(), "firing", 90.5);
    ASSERT_TRUE(eventually(20s, [&] { return !listener->received(state_topic).empty(); }));
    expect_contract(listener->received(state_topic).back(), "firing", 90.5);
    {
        const auto late = gateway.listener("redshank/t/alert/#");
        ASSERT_TRUE(late->receives([](const Received& message) { return message.topic == state_topic; }));
        EXPECT_TRUE(late->received().front().retain);
    }
    const auto status = gateway.status();
    ASSERT_TRUE(status.has_value());
    EXPECT_EQ(status->text("alerts.0.state"), "firing");
    EXPECT_EQ(status->text("alerts.0.id"), Json::parse(listener->received(state_topic).back()).text("id"));

    ASSERT_TRUE(devices->publish("load/1", "{\"value\": 79}"));
    ASSERT_TRUE(eventually(20s, [&] { return listener->received(stream_topic).size() >= 2; }));
    expect_contract(listener->received(stream_topic).back(), "clear", 79);
    const auto late = gateway.listener("redshank/t/alert/#");
    ASSERT_TRUE(late->receives([](const Received& message) { return message.topic == state_topic; }));
    expect_contract(late->received(state_topic).back(), "clear", 79);
}

std::vector<std::string> kinds_of_first_rows(wire::RouterSocket& router, std::size_t count) {
    std::vector<std::string> kinds;
    std::vector<std::byte> peer;
    std::vector<std::byte> bytes;
    static_cast<void>(eventually(30s, [&] {
        router.wait(-1, 50);
        while (kinds.size() < count && router.receive(peer, bytes)) {
            const auto frame = wire::decode_frame(bytes);
            if (!frame) continue;
            if (const auto* hello = std::get_if<wire::Hello>(&*frame))
                router.send(peer, wire::encode_frame(wire::Welcome{.incarnation = hello->incarnation}));
            const auto* batch = std::get_if<wire::Batch>(&*frame);
            for (std::size_t i = 0; batch != nullptr && i < batch->rows.size() && kinds.size() < count; ++i) {
                const auto row = wire::decode_row(batch->rows[i]);
                if (row) kinds.emplace_back(std::holds_alternative<AlertRow>(*row) ? "alert" : "aggregate");
            }
        }
        return kinds.size() == count;
    }));
    return kinds;
}

TEST(Alerts, after_an_outage_alerts_arrive_before_the_aggregates_and_once) {
    Configuration configuration = with_rule();
    configuration.window = "length = \"100ms\"\nlateness = \"0s\"\n";
    Gateway gateway(configuration);
    gateway.start_all();
    gateway.stop_collector();
    const auto devices = gateway.devices();
    for (std::uint64_t value = 1; value <= 30; ++value) {
        ASSERT_TRUE(devices->publish("load/1", value_json(value)));
        std::this_thread::sleep_for(20ms);
    }
    ASSERT_TRUE(devices->publish("load/1", "{\"value\": 90}"));
    ASSERT_TRUE(devices->publish("load/1", "{\"value\": 10}"));
    ASSERT_TRUE(gateway.until_messages(32));
    ASSERT_TRUE(gateway.until([](const Json& now) {
        return now.count("ledger.open_readings") == 0 && now.count("ledger.buffered") > 3 &&
               now.count("storage.checkpoints") > 1;
    })) << gateway.said();
    const auto before = gateway.status();
    {
        // A collector that never acknowledges sees what comes first.
        auto router = wire::RouterSocket::create(gateway.uplink_url());
        ASSERT_TRUE(router) << router.error();
        const std::vector<std::string> kinds = kinds_of_first_rows(**router, 3);
        EXPECT_EQ(kinds, (std::vector<std::string>{"alert", "alert", "aggregate"}));
    }
    gateway.start_collector();
    ASSERT_EQ(gateway.flush(), 0) << gateway.said();
    EXPECT_EQ(gateway.upstream_integer("select count(*) from alerts"), 2);
    EXPECT_EQ(gateway.upstream_integer("select count(*) from alerts where state = 'firing' and value = 90"), 1);
    EXPECT_EQ(gateway.upstream().count, 32U);
    EXPECT_EQ(before->count("ledger.buffered"), before->count("uplink.backlog_rows"));
    EXPECT_EQ(out_of_balance(*gateway.status()), "");
}

TEST(Alerts, what_fired_without_a_broker_is_told_when_it_comes_even_after_a_kill) {
    Configuration configuration = with_rule();
    configuration.more += "[[rule]]\nname = \"silent\"\nchannel = \"load/#\"\nabsent_for = \"1s\"\n";
    Gateway gateway(configuration);
    gateway.start_ready();
    {
        const auto devices = gateway.devices();
        ASSERT_TRUE(devices->publish("load/1", "{\"value\": 90}"));
        ASSERT_TRUE(gateway.until_messages(1));
    }
    gateway.agent().kill();
    gateway.broker().stop();
    gateway.start_agent();
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.text("alerts.0.state") == "firing"; }));
    gateway.broker().start();
    const auto listener = gateway.listener();
    EXPECT_TRUE(listener->receives([](const Received& message) {
        return message.topic == state_topic && Json::parse(message.payload).text("state") == "firing";
    })) << gateway.agent().errors();
}

// Dead-man stands still while the gateway itself is away, also when the kill came right behind a checkpoint.
TEST(Alerts, an_absence_of_the_agent_is_no_absence_of_the_device) {
    Configuration configuration;
    configuration.more = "[[rule]]\nname = \"silent\"\nchannel = \"load/#\"\nabsent_for = \"3s\"\n";
    Gateway gateway(configuration);
    gateway.start_ready();
    const auto devices = gateway.devices();
    ASSERT_TRUE(devices->publish("load/1", value_json(1)));
    ASSERT_TRUE(gateway.until_messages(1));
    ASSERT_EQ(gateway.flush("0s"), 1);
    ASSERT_TRUE(gateway.until([&](const Json& now) { return now.count("storage.checkpoints") >= 2; }));
    gateway.agent().kill();
    gateway.broker().stop();
    std::this_thread::sleep_for(3500ms);  // the time that must not count
    gateway.start_agent();
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.count("boot") == 1; })) << gateway.agent().errors();
    const auto held = gateway.status();
    EXPECT_EQ(held->text("alerts.0.state"), "") << gateway.said() << gateway.agent().errors();
    gateway.broker().start();
    ASSERT_TRUE(gateway.agent().says("READY\n", 60s));
    EXPECT_TRUE(gateway.until([](const Json& now) { return now.text("alerts.0.state") == "firing"; }));
}

}  // namespace
}  // namespace redshank::test
