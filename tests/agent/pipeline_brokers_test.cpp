#include <gtest/gtest.h>

#include <string>

#include "tests/agent/pipeline_world.hpp"

// Several brokers in one pipeline.

namespace redshank {
namespace {

using test::Saved;
using test::World;

constexpr std::uint8_t hall = 1;
constexpr std::uint8_t yard = 2;

Settings with_brokers() {
    Settings settings = test::plant_settings();
    for (const char* name : {"hall", "yard"}) {
        settings.brokers.emplace_back().name = name;
        SourceSettings source = settings.sources[0];
        source.broker = name;
        source.broker_index = static_cast<std::uint8_t>(settings.brokers.size());
        settings.sources.push_back(source);
    }
    return settings;
}

void deliver(World& world, std::uint8_t broker, std::string_view payload, std::uint16_t packet_id = 0, bool dup = false,
             std::string_view topic = "plant/m1/sensors") {
    static std::uint16_t next = 1000;
    world.message({.topic = topic,
                   .payload = test::bytes_of(payload),
                   .qos = 1,
                   .duplicate = dup,
                   .packet_id = packet_id != 0 ? packet_id : ++next,
                   .broker = broker});
}

void connect(World& world, std::uint8_t broker, bool session_present) {
    world.record(RecordKind::connected, {std::byte{session_present}, std::byte{broker}});
    world.record(RecordKind::subscribed, {std::byte{broker}});
}

std::vector<std::string> channels_of(World& world) {
    world.finish();
    std::vector<std::string> names;
    for (const AggregateRow& row : world.out.aggregates) names.emplace_back(row.channel.view());
    return names;
}

TEST(SeveralBrokers, one_topic_at_each_is_a_channel_of_its_own) {
    World world(with_brokers());
    world.begin();
    for (const std::uint8_t broker : {std::uint8_t{0}, hall, yard}) deliver(world, broker, R"({"t": 1})");
    EXPECT_EQ(world.pipeline->ledger().decoded, 3U);
    EXPECT_EQ(world.pipeline->channels(), 3U);
    for (std::uint16_t source = 0; source < 3; ++source) {
        EXPECT_EQ(world.pipeline->sources()[source].ledger.messages, 1U);
        EXPECT_EQ(world.pipeline->messages_of(source), 1U);
    }
    EXPECT_EQ(channels_of(world),
              (std::vector<std::string>{"plant/m1/sensors:t", "hall/plant/m1/sensors:t", "yard/plant/m1/sensors:t"}));
    EXPECT_EQ(world.imbalance(), "");
}

TEST(SeveralBrokers, rules_and_groups_name_the_broker_in_front) {
    Settings settings = with_brokers();
    settings.rules.push_back(test::rule_on("hot", "hall/#"));
    settings.rules.back().above = Decimal{5, 0, false};
    settings.rules.push_back(test::rule_on("one", "yard/plant/{machine}/sensors:t"));
    settings.rules.back().above = Decimal{5, 0, false};
    settings.groups.push_back(
        {.name = "both-{machine}", .channels = {"hall/plant/{machine}/sensors:t", "yard/plant/{machine}/sensors:t"}});
    World world(settings);
    world.begin();
    for (const std::uint8_t broker : {std::uint8_t{0}, hall, yard}) deliver(world, broker, R"({"t": 9})");
    ASSERT_EQ(world.out.alerts_of("hot").size(), 1U);
    EXPECT_EQ(world.out.alerts_of("hot")[0]->channel.view(), "hall/plant/m1/sensors:t");
    ASSERT_EQ(world.out.alerts_of("one").size(), 1U);
    EXPECT_EQ(world.out.alerts_of("one")[0]->channel.view(), "yard/plant/m1/sensors:t");
    ASSERT_EQ(world.out.scores.size(), 1U) << "one row of both";
    EXPECT_EQ(world.out.scores[0].group, "both-m1");
}

TEST(SeveralBrokers, a_redelivery_is_told_by_its_own_broker) {
    World world(with_brokers());
    world.begin();
    connect(world, hall, false);
    deliver(world, 0, R"({"t": 1})", 7);
    deliver(world, hall, R"({"t": 1})", 8);
    connect(world, hall, true);
    deliver(world, hall, R"({"t": 1})", 7, true);  // received from the other one
    EXPECT_EQ(world.pipeline->ledger().duplicate, 0U);
    deliver(world, hall, R"({"t": 1})", 8, true);
    EXPECT_EQ(world.pipeline->ledger().duplicate, 1U);
    deliver(world, 0, R"({"t": 1})", 7, true);  // its connection never ended
    EXPECT_EQ(world.pipeline->ledger().duplicate, 1U);
}

TEST(SeveralBrokers, a_session_lost_at_one_is_kept_at_the_others) {
    World world(with_brokers());
    world.begin();
    connect(world, hall, false);
    deliver(world, 0, R"({"t": 1})", 7);
    deliver(world, hall, R"({"t": 1})", 7);
    world.connect(true);
    connect(world, hall, false);
    deliver(world, 0, R"({"t": 1})", 7, true);
    deliver(world, hall, R"({"t": 1})", 7, true);
    EXPECT_EQ(world.pipeline->ledger().duplicate, 1U);
    EXPECT_EQ(world.pipeline->sources()[0].ledger.duplicate, 1U);
}

TEST(SeveralBrokers, a_topic_called_like_a_broker_or_of_a_broker_that_is_none_has_no_source) {
    Settings settings = with_brokers();
    settings.sources[0].topic = "#";
    World world(settings);
    world.begin();
    deliver(world, 0, R"({"t": 1})", 0, false, "hall/plant/m1/sensors");
    deliver(world, 5, R"({"t": 1})");
    deliver(world, hall, R"({"t": 1})", 0, false, "elsewhere");
    deliver(world, hall, R"({"t": 1})", 0, false, "redshank/test/alerts");
    EXPECT_EQ(world.pipeline->ledger().rejected[static_cast<std::size_t>(Error::no_source)], 4U);
    EXPECT_EQ(world.pipeline->channels(), 0U);
    EXPECT_EQ(world.imbalance(), "");
}

TEST(SeveralBrokers, what_was_saved_goes_on_also_in_another_order_of_the_brokers) {
    Settings settings = with_brokers();
    World before(settings);
    before.begin();
    connect(before, hall, false);
    connect(before, yard, false);
    deliver(before, 0, R"({"t": 1})", 5);
    deliver(before, hall, R"({"t": 1})", 6);
    deliver(before, yard, R"({"t": 2})", 7);
    deliver(before, yard, R"({"t": 3})", 8);
    const Saved saved = before.saved();
    EXPECT_TRUE(saved.contains("broker/00002"));

    std::swap(settings.brokers[0], settings.brokers[1]);
    std::swap(settings.sources[1], settings.sources[2]);
    settings.sources[1].broker_index = 1;  // yard
    settings.sources[2].broker_index = 2;
    World after(settings);
    ASSERT_TRUE(after.restore(saved));
    EXPECT_EQ(after.pipeline->channels(), 3U);
    EXPECT_EQ(after.pipeline->messages_of(0), 1U);
    EXPECT_EQ(after.pipeline->messages_of(1), 2U);
    EXPECT_EQ(after.pipeline->messages_of(2), 1U);
    EXPECT_EQ(after.pipeline->sources()[1].ledger.messages, 2U);
    connect(after, 1, true);
    connect(after, 2, true);
    deliver(after, 1, R"({"t": 3})", 8, true);
    deliver(after, 2, R"({"t": 1})", 6, true);
    EXPECT_EQ(after.pipeline->ledger().duplicate, 2U);
    deliver(after, 1, R"({"t": 4})");
    EXPECT_EQ(after.pipeline->channels(), 3U);
    EXPECT_EQ(after.saved().size(), saved.size());
}

TEST(SeveralBrokers, windows_of_a_broker_that_is_gone_become_results) {
    World before(with_brokers());
    before.begin();
    deliver(before, 0, R"({"t": 1})");
    deliver(before, hall, R"({"t": 2})");
    const Saved saved = before.saved();
    Settings settings = with_brokers();
    settings.brokers.clear();
    settings.sources.resize(1);
    World after(settings);
    ASSERT_TRUE(after.restore(saved));
    EXPECT_EQ(after.pipeline->channels(), 1U);
    after.event(RecordKind::began, true);
    ASSERT_EQ(after.out.aggregates.size(), 1U);
    EXPECT_EQ(after.out.aggregates[0].channel.view(), "hall/plant/m1/sensors:t");
    Saved now = saved;
    after.save_to(now, 0, 0);
    EXPECT_FALSE(now.contains("broker/00001"));
}

TEST(SeveralBrokers, a_state_of_one_broker_is_read_by_several_and_a_channel_called_like_one_is_left_over) {
    Settings one = test::plant_settings();
    one.sources[0].topic = "#";
    World before(one);
    before.begin();
    deliver(before, 0, R"({"t": 1})", 3, false, "hall/x");
    deliver(before, 0, R"({"t": 1})", 4, false, "plant/x");
    const Saved saved = before.saved();
    for (const auto& [key, value] : saved) EXPECT_FALSE(key.starts_with("broker/")) << key;
    Settings settings = with_brokers();
    settings.sources[0].topic = "#";
    settings.sources[1].topic = "#";
    World after(settings);
    ASSERT_TRUE(after.restore(saved));
    EXPECT_EQ(after.pipeline->messages_of(0), 2U);
    EXPECT_EQ(after.pipeline->channels(), 1U) << "plant/x";
    after.begin(true);
    deliver(after, 0, R"({"t": 1})", 4, true, "plant/x");
    EXPECT_EQ(after.pipeline->ledger().duplicate, 1U);
    deliver(after, hall, R"({"t": 1})", 0, false, "x");
    EXPECT_EQ(after.pipeline->channels(), 2U);
}

TEST(SeveralBrokers, rules_stand_still_while_the_first_one_is_away) {
    Settings settings = with_brokers();
    settings.rules.push_back(test::rule_on("silent", "#"));
    settings.rules.back().absent_for_ns = 10 * test::s;
    World world(settings);
    world.begin();
    deliver(world, 0, R"({"t": 1})");
    world.record(RecordKind::disconnected, {std::byte{hall}});
    world.tick_after(11 * test::s);
    EXPECT_EQ(world.out.alerts_of("silent").size(), 1U);
    deliver(world, 0, R"({"t": 1})");
    world.event(RecordKind::disconnected);
    world.record(RecordKind::subscribed, {std::byte{hall}});
    world.tick_after(30 * test::s);
    EXPECT_EQ(world.out.alerts_of("silent").size(), 2U) << "fired and cleared, no more";
}

}  // namespace
}  // namespace redshank
