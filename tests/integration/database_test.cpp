#include <gtest/gtest.h>

#include "tests/integration/gateway.hpp"

namespace redshank::test {
namespace {

// Publishes first..last, counts and delivers them.
void deliver(Gateway& gateway, MqttPeer& devices, std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t value = first; value <= last; ++value) ASSERT_TRUE(devices.send("load/1", value_json(value)));
    ASSERT_TRUE(devices.settled());
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.is("mqtt.connected"); }));
    const auto counted = [&] { return gateway.status()->count("ledger.counted"); };
    static_cast<void>(eventually(20s, [&, before = counted()] { return counted() == before; }));
    ASSERT_EQ(gateway.flush(), 0) << gateway.said();
}

TEST(CollectorDatabase, a_killed_collector_with_its_database_is_exact) {
    Gateway gateway;
    gateway.start_all();
    const auto devices = gateway.devices();
    for (std::uint64_t value = 1; value <= 400; ++value) {
        ASSERT_TRUE(devices->send("load/" + std::to_string(value % 3), value_json(value)));
        std::this_thread::sleep_for(5ms);
        if (value == 150 || value == 300) {
            gateway.collector().kill();
            gateway.start_collector();
        }
    }
    ASSERT_TRUE(devices->settled());
    ASSERT_TRUE(gateway.until_messages(400));
    EXPECT_EQ(gateway.flush(), 0) << gateway.said();
    EXPECT_EQ(gateway.upstream(), sum_of(1, 400));
    EXPECT_EQ(gateway.upstream_integer("select count(*) from gaps"), 0);
    EXPECT_EQ(gateway.upstream_integer("select count(*) from agents"), 1);
}

TEST(CollectorDatabase, a_deleted_one_leaves_a_gap_and_the_agent_goes_on) {
    Gateway gateway;
    gateway.start_all();
    const auto devices = gateway.devices();
    ASSERT_NO_FATAL_FAILURE(deliver(gateway, *devices, 1, 50));
    gateway.stop_collector();
    remove_database(gateway.collector_database());
    gateway.start_collector();
    ASSERT_NO_FATAL_FAILURE(deliver(gateway, *devices, 51, 80));
    EXPECT_EQ(gateway.upstream(), sum_of(51, 80));
    EXPECT_EQ(gateway.upstream_integer("select count(*) from gaps"), 1);
    EXPECT_EQ(gateway.upstream_text("select reason from gaps"), "collector_behind");
    EXPECT_EQ(gateway.upstream_integer("select count(distinct incarnation) from agents"), 1);
    // A connection after the gap is an ordinary one: nothing begins anew.
    gateway.stop_collector();
    gateway.start_collector();
    ASSERT_NO_FATAL_FAILURE(deliver(gateway, *devices, 81, 90));
    EXPECT_EQ(gateway.upstream(), sum_of(51, 90));
    EXPECT_EQ(gateway.upstream_integer("select count(distinct incarnation) from agents"), 1);
}

TEST(CollectorDatabase, a_gap_at_the_head_of_a_connection_needs_no_new_incarnation_when_nothing_followed) {
    Gateway gateway;
    gateway.start_all();
    const auto devices = gateway.devices();
    ASSERT_NO_FATAL_FAILURE(deliver(gateway, *devices, 1, 20));
    gateway.stop_collector();
    remove_database(gateway.collector_database());
    for (int again = 0; again < 2; ++again) {
        gateway.start_collector();
        ASSERT_TRUE(gateway.until([](const Json& now) { return now.is("uplink.connected"); })) << gateway.said();
        EXPECT_EQ(gateway.upstream_integer("select count(*) from gaps"), 1);
        gateway.stop_collector();
        ASSERT_TRUE(gateway.until([](const Json& now) { return !now.is("uplink.connected"); }));
    }
    gateway.start_collector();
    ASSERT_NO_FATAL_FAILURE(deliver(gateway, *devices, 21, 40));
    EXPECT_EQ(gateway.upstream(), sum_of(21, 40));
    EXPECT_EQ(gateway.upstream_integer("select count(distinct incarnation) from agents"), 1);
}

TEST(CollectorDatabase, a_restored_older_copy_leaves_a_gap) {
    Gateway gateway;
    gateway.start_all();
    const auto devices = gateway.devices();
    ASSERT_NO_FATAL_FAILURE(deliver(gateway, *devices, 1, 50));
    gateway.stop_collector();
    const auto copy = gateway.collector_database().string() + ".copy";
    copy_database(gateway.collector_database(), copy);
    gateway.start_collector();
    ASSERT_NO_FATAL_FAILURE(deliver(gateway, *devices, 51, 70));
    gateway.stop_collector();
    copy_database(copy, gateway.collector_database());
    gateway.start_collector();
    ASSERT_NO_FATAL_FAILURE(deliver(gateway, *devices, 71, 90));
    const Upstream after = gateway.upstream();
    EXPECT_EQ(after.count, 70U);
    EXPECT_EQ(after.sum, sum_of(1, 50).sum + sum_of(71, 90).sum);
    EXPECT_EQ(gateway.upstream_integer("select count(*) from gaps"), 1);
}

TEST(AgentDatabase, a_deleted_one_goes_on_with_what_the_inbox_holds_and_tells_the_gap) {
    Configuration configuration;
    configuration.storage = "loss_window = \"1h\"\n";
    configuration.window = "length = \"1h\"\n";
    Gateway gateway(configuration);
    gateway.start_all();
    const auto devices = gateway.devices();
    ASSERT_NO_FATAL_FAILURE(deliver(gateway, *devices, 1, 50));
    for (std::uint64_t value = 51; value <= 80; ++value) ASSERT_TRUE(devices->send("load/1", value_json(value)));
    ASSERT_TRUE(devices->settled());
    ASSERT_TRUE(gateway.until_messages(80));
    gateway.agent().kill();
    remove_database(gateway.database());
    gateway.start_ready();
    ASSERT_NO_FATAL_FAILURE(deliver(gateway, *devices, 81, 90));
    EXPECT_EQ(gateway.upstream(), sum_of(1, 90));
    EXPECT_EQ(gateway.upstream_text("select reason from gaps"), "database_lost");
    EXPECT_EQ(gateway.upstream_integer("select count(distinct incarnation) from agents"), 2);
    EXPECT_EQ(out_of_balance(*gateway.status()), "");
}

// An older copy of the agent's database: what it held and what came after goes under a new incarnation.
void restore_older_copy(bool new_boot_since) {
    Configuration configuration;
    configuration.window = "length = \"1h\"\n";
    Gateway gateway(configuration);
    gateway.start_all();
    const auto devices = gateway.devices();
    ASSERT_NO_FATAL_FAILURE(deliver(gateway, *devices, 1, 30));
    ASSERT_EQ(gateway.agent().terminate(), 0) << gateway.agent().errors();
    const auto copy = gateway.database().string() + ".copy";
    copy_database(gateway.database(), copy);
    if (new_boot_since) std::filesystem::remove_all(gateway.runtime());
    gateway.start_ready();
    ASSERT_NO_FATAL_FAILURE(deliver(gateway, *devices, 31, 60));
    for (std::uint64_t value = 61; value <= 70; ++value) ASSERT_TRUE(devices->send("load/1", value_json(value)));
    ASSERT_TRUE(devices->settled());
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.count("ledger.open_readings") == 10; }));
    gateway.agent().kill();
    copy_database(copy, gateway.database());
    gateway.start_ready();
    ASSERT_NO_FATAL_FAILURE(deliver(gateway, *devices, 71, 80));
    EXPECT_EQ(gateway.upstream_integer("select count(distinct incarnation) from agents"), 2);
    EXPECT_EQ(gateway.upstream_integer("select count(*) from gaps"), 1) << gateway.agent().errors();
    const auto status = gateway.status();
    EXPECT_NE(status->text("uplink.last_report").find("incarnation"), std::string::npos) << gateway.said();
    EXPECT_EQ(out_of_balance(*status), "");
    // Those of 61..70 that a checkpoint had covered before the card was changed are in the gap.
    const Upstream after = gateway.upstream();
    EXPECT_GE(after.count, 70U);
    EXPECT_LE(after.count, 80U);
}

TEST(AgentDatabase, an_older_copy_begins_a_new_incarnation_and_says_so) {
    restore_older_copy(false);
}

TEST(AgentDatabase, an_older_copy_from_before_the_last_boot_goes_on_with_the_inbox) {
    restore_older_copy(true);
}

}  // namespace
}  // namespace redshank::test
