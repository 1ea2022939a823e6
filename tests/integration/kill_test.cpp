#include <gtest/gtest.h>

#include "tests/integration/gateway.hpp"

namespace redshank::test {
namespace {

std::uint64_t splitmix(std::uint64_t& state) {
    std::uint64_t z = state += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
}

// About 500 messages a second from five devices.
class Load {
public:
    explicit Load(Gateway& gateway) : devices_(gateway.devices()) {}

    void send(std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) {
            ++last_;
            ASSERT_TRUE(devices_->send("load/" + std::to_string(last_ % 5), value_json(last_)));
            if (last_ % 10 == 0) std::this_thread::sleep_for(20ms);
        }
    }
    void settle() { ASSERT_TRUE(devices_->settled()); }
    std::uint64_t last() const { return last_; }

private:
    std::unique_ptr<MqttPeer> devices_;
    std::uint64_t last_ = 0;
};

void kill_and_count(int kills, std::uint64_t between_max) {
    std::uint64_t seed = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    SCOPED_TRACE("seed " + std::to_string(seed));
    Gateway gateway;
    gateway.start_all();
    Load load(gateway);
    for (int kill = 0; kill < kills; ++kill) {
        load.send(splitmix(seed) % between_max + 1);
        gateway.agent().kill();
        load.send(splitmix(seed) % 50);
        gateway.start_agent();
    }
    load.send(200);
    load.settle();
    // A redelivered message is counted as duplicate, so that there may be more messages than were sent.
    ASSERT_TRUE(gateway.until([&](const Json& now) {
        return now.count("ledger.messages") - now.count("ledger.duplicate") >= load.last();
    })) << gateway.said();
    EXPECT_EQ(gateway.flush(), 0) << gateway.said();
    EXPECT_EQ(gateway.upstream(), sum_of(1, load.last()));
    EXPECT_EQ(gateway.upstream_integer("select count(*) from gaps"), 0);
    EXPECT_EQ(out_of_balance(*gateway.status()), "");
}

TEST(Kill, sigkill_between_messages_loses_and_doubles_nothing) {
    kill_and_count(3, 400);
}

TEST(Kill, many_sigkills_lose_and_double_nothing) {
    if (!long_tests()) GTEST_SKIP() << "REDSHANK_LONG_TESTS=1";
    kill_and_count(40, 600);
}

TEST(Kill, a_power_cut_loses_at_most_what_came_after_the_last_checkpoint) {
    Configuration configuration;
    configuration.storage = "loss_window = \"1h\"\n";  // flush alone makes checkpoints
    configuration.window = "length = \"1h\"\n";
    Gateway gateway(configuration);
    gateway.start_all();
    const auto devices = gateway.devices();
    for (std::uint64_t value = 1; value <= 100; ++value) ASSERT_TRUE(devices->send("load/1", value_json(value)));
    ASSERT_TRUE(devices->settled());
    ASSERT_TRUE(gateway.until_messages(100));
    ASSERT_EQ(gateway.flush(), 0) << gateway.said();
    for (std::uint64_t value = 101; value <= 130; ++value) ASSERT_TRUE(devices->send("load/1", value_json(value)));
    ASSERT_TRUE(devices->settled());
    ASSERT_TRUE(gateway.until_messages(130));
    gateway.power_cut();
    for (std::uint64_t value = 201; value <= 220; ++value) ASSERT_TRUE(devices->send("load/1", value_json(value)));
    gateway.start_ready();
    ASSERT_TRUE(gateway.until_messages(120));
    EXPECT_EQ(gateway.status()->count("boot"), 2U);
    ASSERT_EQ(gateway.flush(), 0) << gateway.said();
    const Upstream after = gateway.upstream();
    EXPECT_EQ(after.count, 120U);
    EXPECT_EQ(after.sum, sum_of(1, 100).sum + sum_of(201, 220).sum);
    EXPECT_EQ(gateway.upstream_text("select group_concat(boot) from (select distinct boot from aggregates order by 1)"),
              "1,2");
    EXPECT_EQ(out_of_balance(*gateway.status()), "");
}

TEST(Kill, windows_open_at_a_power_cut_close_under_their_boot) {
    Configuration configuration;
    configuration.storage = "loss_window = \"200ms\"\n";
    configuration.window = "length = \"1h\"\n";
    Gateway gateway(configuration);
    gateway.start_all();
    const auto devices = gateway.devices();
    for (std::uint64_t value = 1; value <= 30; ++value) ASSERT_TRUE(devices->send("load/1", value_json(value)));
    ASSERT_TRUE(devices->settled());
    ASSERT_TRUE(gateway.until_messages(30));
    const std::uint64_t position = gateway.status()->count("position");
    ASSERT_GT(position, 30U);
    const std::uint64_t checkpoints = gateway.status()->count("storage.checkpoints");
    ASSERT_TRUE(devices->publish("load/2", "no number"));  // something new, so that there is a checkpoint
    ASSERT_TRUE(gateway.until([&](const Json& now) { return now.count("storage.checkpoints") > checkpoints; }));
    gateway.power_cut();
    gateway.start_ready();
    ASSERT_TRUE(devices->publish("load/1", value_json(31)));
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.count("ledger.counted") == 31; }));
    ASSERT_EQ(gateway.flush(), 0) << gateway.said();
    EXPECT_EQ(gateway.upstream(), sum_of(1, 31));
    EXPECT_EQ(gateway.upstream_integer("select sum(count) from aggregates where boot = 1"), 30);
    EXPECT_EQ(gateway.upstream_integer("select sum(count) from aggregates where boot = 2"), 1);
}

TEST(Kill, the_ledger_balances_whenever_it_is_asked) {
    Gateway gateway;
    gateway.start_all();
    Load load(gateway);
    for (int round = 0; round < 60; ++round) {
        load.send(25);
        const auto status = gateway.status();
        ASSERT_TRUE(status.has_value()) << gateway.said();
        ASSERT_EQ(out_of_balance(*status), "") << "round " << round;
        if (round == 20) gateway.stop_collector();
        if (round == 40) gateway.start_collector();
    }
    load.settle();
    ASSERT_TRUE(gateway.until_messages(load.last()));
    EXPECT_EQ(gateway.flush(), 0) << gateway.said();
    EXPECT_EQ(gateway.upstream(), sum_of(1, load.last()));
}

}  // namespace
}  // namespace redshank::test
