#include <gtest/gtest.h>

#include <csignal>

#include "tests/integration/gateway.hpp"

namespace redshank::test {
namespace {

Configuration one_long_window() {
    Configuration configuration;
    configuration.window = "length = \"1h\"\n";
    return configuration;
}

TEST(Lifecycle, after_ready_status_has_every_key_of_the_contract) {
    Gateway gateway;
    EXPECT_EQ(gateway.command({"status", "--json"}), 1) << gateway.said();
    gateway.start_all();
    ASSERT_EQ(gateway.command({"status", "--json"}), 0) << gateway.said();
    const Json status = Json::parse(gateway.said());
    EXPECT_TRUE(status.is("ready"));
    for (const char* const key : {"ledger.messages",
                                  "ledger.decoded",
                                  "ledger.duplicate",
                                  "ledger.waiting",
                                  "ledger.readings",
                                  "ledger.counted",
                                  "ledger.rejected_messages",
                                  "ledger.rejected_readings",
                                  "ledger.made",
                                  "ledger.delivered",
                                  "ledger.buffered",
                                  "ledger.merged",
                                  "ledger.lost",
                                  "ledger.open_readings",
                                  "sources.0.topic",
                                  "sources.0.messages",
                                  "sources.0.decoded",
                                  "sources.0.duplicate",
                                  "sources.0.rejected_messages",
                                  "sources.0.last_rejected",
                                  "mqtt.connected",
                                  "uplink.connected",
                                  "uplink.backlog_rows",
                                  "uplink.encrypted",
                                  "uplink.handshake_failure",
                                  "storage.durable",
                                  "storage.bytes",
                                  "memory.budget_bytes",
                                  "heap.allocations_after_start",
                                  "alerts"}) {
        EXPECT_TRUE(status.has(key)) << key;
    }
    EXPECT_TRUE(status.is("mqtt.connected"));
    EXPECT_TRUE(status.is("storage.durable"));
    EXPECT_EQ(out_of_balance(status), "");
    EXPECT_EQ(gateway.agent().terminate(), 0) << gateway.agent().errors();
    EXPECT_EQ(gateway.command({"status", "--json"}), 1) << gateway.said();
}

TEST(Lifecycle, a_second_agent_on_the_same_directories_is_refused_with_words) {
    Gateway gateway;
    gateway.start_all();
    ChildProcess second({REDSHANK_PROGRAM, "run", "--config", gateway.configuration().string()});
    EXPECT_EQ(second.wait(20s), 1);
    EXPECT_NE(second.errors().find("lock"), std::string::npos) << second.errors();
    EXPECT_TRUE(gateway.status().has_value());
}

TEST(Lifecycle, open_windows_survive_a_stop_and_close_on_flush) {
    Gateway gateway(one_long_window());
    gateway.start_all();
    const auto devices = gateway.devices();
    for (std::uint64_t value = 1; value <= 40; ++value) ASSERT_TRUE(devices->send("load/1", value_json(value)));
    ASSERT_TRUE(devices->settled());
    ASSERT_TRUE(gateway.until_messages(40));
    ASSERT_EQ(gateway.agent().terminate(), 0) << gateway.agent().errors();
    EXPECT_EQ(gateway.upstream(), Upstream{});
    // These wait in the broker.
    for (std::uint64_t value = 41; value <= 60; ++value) ASSERT_TRUE(devices->send("load/1", value_json(value)));
    ASSERT_TRUE(devices->settled());
    gateway.start_ready();
    ASSERT_TRUE(gateway.until_messages(60));
    EXPECT_EQ(gateway.status()->count("boot"), 1U);
    EXPECT_EQ(gateway.flush(), 0) << gateway.said();
    EXPECT_EQ(gateway.upstream(), sum_of(1, 60));
    EXPECT_EQ(gateway.upstream_integer("select count(distinct boot) from aggregates"), 1);
    EXPECT_EQ(gateway.upstream_integer("select count(*) from gaps"), 0);
}

TEST(Lifecycle, flush_gives_up_in_time_when_the_collector_is_down) {
    Gateway gateway(one_long_window());
    gateway.start_ready();
    const auto devices = gateway.devices();
    ASSERT_TRUE(devices->publish("load/1", value_json(7)));
    ASSERT_TRUE(gateway.until_messages(1));
    EXPECT_EQ(gateway.flush("1s"), 1);
    gateway.start_collector();
    EXPECT_EQ(gateway.flush(), 0) << gateway.said();
    EXPECT_EQ(gateway.upstream(), sum_of(7, 7));
}

TEST(Lifecycle, the_last_will_tells_offline_after_a_kill_and_online_after_a_start) {
    Gateway gateway;
    const auto listener = gateway.listener("redshank/t/status");
    const auto told = [&](std::size_t count, const std::string& last) {
        return eventually(20s, [&] {
            const auto statuses = listener->received("redshank/t/status");
            return statuses.size() == count && statuses.back() == last;
        });
    };
    gateway.start_ready();
    EXPECT_TRUE(told(1, "online"));
    gateway.agent().kill();
    EXPECT_TRUE(told(2, "offline"));
    gateway.start_ready();
    EXPECT_TRUE(told(3, "online"));
    EXPECT_EQ(gateway.agent().terminate(), 0) << gateway.agent().errors();
    EXPECT_TRUE(told(4, "offline"));
    const auto late = gateway.listener("redshank/t/status");
    EXPECT_TRUE(late->receives([](const Received& message) { return message.retain && message.payload == "offline"; }));
}

}  // namespace
}  // namespace redshank::test
