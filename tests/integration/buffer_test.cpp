#include <gtest/gtest.h>

#include "tests/integration/gateway.hpp"

namespace redshank::test {
namespace {

// The smallest disk, many channels, short windows: full within seconds.
Configuration small_disk() {
    Configuration configuration;
    configuration.storage = "loss_window = \"300ms\"\nmax_bytes = \"1600KiB\"\n";
    configuration.window = "length = \"100ms\"\nlateness = \"0s\"\n";
    configuration.more = "[limits]\nchannels = 64\nresults = 256\n";
    return configuration;
}

struct Outage {
    explicit Outage(Gateway& gateway) : gateway_(gateway), devices_(gateway.devices()) {}

    void send_round() {
        for (int device = 0; device < 50; ++device) {
            ++last_;
            ASSERT_TRUE(devices_->send("load/" + std::to_string(device), value_json(last_)));
        }
        std::this_thread::sleep_for(100ms);
    }

    // Until closed windows have been merged in memory.
    void fill() {
        ASSERT_TRUE(eventually(90s, [&] {
            send_round();
            const auto status = gateway_.status();
            if (!status) return false;
            EXPECT_EQ(out_of_balance(*status), "");
            EXPECT_LE(status->count("storage.bytes"), 1600U << 10U);
            return status->count("ledger.merged") > 200 && !status->is("storage.room");
        })) << gateway_.said();
        settle();
    }

    void settle() {
        ASSERT_TRUE(devices_->settled());
        ASSERT_TRUE(gateway_.until([this](const Json& now) { return now.count("ledger.counted") == last_; }))
            << gateway_.said();
    }

    Gateway& gateway_;
    std::unique_ptr<MqttPeer> devices_;
    std::uint64_t last_ = 0;
};

void expect_everything_upstream(Gateway& gateway, const Outage& outage) {
    gateway.start_collector();
    EXPECT_EQ(gateway.flush("60s"), 0) << gateway.said();
    EXPECT_EQ(gateway.upstream(), sum_of(1, outage.last_));
    const auto status = gateway.status();
    ASSERT_TRUE(status.has_value());
    EXPECT_EQ(out_of_balance(*status), "");
    EXPECT_EQ(status->at("ledger.lost").sum(), 0U);
    EXPECT_EQ(status->count("ledger.buffered"), 0U);
}

TEST(FullBuffer, closed_windows_merge_in_memory_and_every_reading_arrives) {
    Gateway gateway(small_disk());
    gateway.start_ready();
    Outage outage(gateway);
    ASSERT_NO_FATAL_FAILURE(outage.fill());
    expect_everything_upstream(gateway, outage);
}

TEST(FullBuffer, a_kill_with_results_in_memory_loses_none) {
    Gateway gateway(small_disk());
    gateway.start_ready();
    Outage outage(gateway);
    ASSERT_NO_FATAL_FAILURE(outage.fill());
    gateway.agent().kill();
    gateway.start_ready();
    ASSERT_NO_FATAL_FAILURE(outage.send_round());
    ASSERT_NO_FATAL_FAILURE(outage.settle());
    EXPECT_EQ(out_of_balance(*gateway.status()), "");
    ASSERT_EQ(gateway.agent().terminate(), 0) << gateway.agent().errors();
    gateway.start_ready();
    expect_everything_upstream(gateway, outage);
}

// More results between two checkpoints than the room that is left: they are merged before they go in.
TEST(FullBuffer, bursts_at_default_limits_neither_stop_the_agent_nor_its_next_start) {
    Configuration configuration;
    configuration.storage = "loss_window = \"500ms\"\nmax_bytes = \"4MiB\"\n";
    configuration.window = "length = \"100ms\"\nlateness = \"0s\"\n";
    Gateway gateway(configuration);
    gateway.start_ready();
    const auto devices = gateway.devices();
    std::uint64_t last = 0;
    ASSERT_TRUE(eventually(60s, [&] {
        for (int device = 0; device < 240; ++device) {
            ++last;
            EXPECT_TRUE(devices->send("load/" + std::to_string(device), value_json(last)));
        }
        std::this_thread::sleep_for(50ms);
        const auto status = gateway.status();
        return status && status->count("ledger.merged") > 5'000;
    })) << gateway.said();
    ASSERT_TRUE(devices->settled());
    ASSERT_EQ(gateway.agent().terminate(), 0) << gateway.agent().errors();
    gateway.start_ready();
    gateway.start_collector();
    EXPECT_EQ(gateway.flush("60s"), 0) << gateway.said();
    EXPECT_EQ(gateway.upstream(), sum_of(1, last));
}

}  // namespace
}  // namespace redshank::test
