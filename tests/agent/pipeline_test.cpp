#include <gtest/gtest.h>

#include "agent/heap.hpp"
#include "tests/agent/pipeline_world.hpp"

// Messages to readings: the ledger, duplicates, bounds.

namespace redshank {
namespace {

using test::bytes_of;
using test::plant_settings;
using test::rule_on;
using test::s;
using test::World;

TEST(Ledger, every_kind_of_message_is_in_exactly_one_count) {
    Settings settings = plant_settings();
    SourceSettings number;
    number.topic = "hall/+";
    number.format = PayloadFormat::number;
    settings.sources.push_back(number);
    settings.capacities.depth_max = 3;
    settings.capacities.fields_per_message_max = 4;
    settings.capacities.payload_bytes_max = 256;
    World world(settings);
    world.begin();

    world.sensors(R"({"t": 21.5})");
    world.publish("hall/a", "7");
    EXPECT_EQ(world.pipeline->ledger().decoded, 2U);
    world.sensors(R"({"t": 21.5)");
    EXPECT_EQ(world.rejected(Error::invalid_json), 1U);
    world.publish("hall/a", "warm");
    EXPECT_EQ(world.rejected(Error::not_a_number), 1U);
    world.sensors("{\"t\xff\": 1}");
    EXPECT_EQ(world.rejected(Error::not_utf8), 1U);
    world.publish("plant/#", R"({"t": 1})");
    world.publish("", R"({"t": 1})");
    EXPECT_EQ(world.rejected(Error::bad_topic), 2U);
    world.sensors(R"({"t": ")" + std::string(300, 'x') + "\"}");
    EXPECT_EQ(world.rejected(Error::too_large), 1U);
    world.sensors(R"({"a":{"b":{"c":{"d":1}}}})");
    EXPECT_EQ(world.rejected(Error::too_deep), 1U);
    world.sensors(R"({"a":1,"b":2,"c":3,"d":4,"e":5})");
    EXPECT_EQ(world.rejected(Error::too_many_fields), 1U);
    world.message({.topic = "hall/a", .payload = bytes_of("7"), .qos = 1, .retain = true, .packet_id = 90});
    EXPECT_EQ(world.rejected(Error::retained), 1U);
    world.publish("elsewhere", "1");
    EXPECT_EQ(world.rejected(Error::no_source), 1U);

    EXPECT_EQ(world.pipeline->ledger().messages, 12U);
    EXPECT_EQ(world.pipeline->ledger().counted, 2U);
    EXPECT_EQ(world.imbalance(), "");
    EXPECT_EQ(world.pipeline->sources()[0].ledger.messages, 6U);
    EXPECT_EQ(world.pipeline->sources()[1].ledger.messages, 3U);
}

TEST(Ledger, the_last_offender_of_a_source_is_named) {
    World world(plant_settings());
    world.begin();
    EXPECT_FALSE(world.pipeline->sources()[0].ledger.any_rejected);
    world.publish("plant/m7/sensors", "[1");
    world.sensors(R"({"t": 1})");
    const SourceLedger& ledger = world.pipeline->sources()[0].ledger;
    EXPECT_TRUE(ledger.any_rejected);
    EXPECT_EQ(ledger.last_reason, Error::invalid_json);
    EXPECT_EQ(ledger.last_topic.view(), "plant/m7/sensors");
}

TEST(Ledger, what_the_agent_publishes_itself_is_no_source) {
    Settings settings = plant_settings();
    settings.sources[0].topic = "#";
    World world(settings);
    world.begin();
    world.publish("redshank/test", "1");
    world.publish("redshank/test/alerts", R"({"value": 1})");
    EXPECT_EQ(world.rejected(Error::no_source), 2U);
    world.publish("redshank/tester", R"({"value": 1})");
    EXPECT_EQ(world.pipeline->ledger().decoded, 1U);
    EXPECT_EQ(world.imbalance(), "");
}

TEST(Ledger, without_a_base_topic_nothing_is_the_agents_own) {
    Settings settings = plant_settings();
    settings.sources[0].topic = "#";
    settings.mqtt.base_topic = "";
    World world(settings);
    world.begin();
    world.publish("/a", R"({"value": 1})");
    EXPECT_EQ(world.pipeline->ledger().decoded, 1U);
}

TEST(Ledger, a_refused_reading_leaves_its_neighbours_alone) {
    Settings settings = plant_settings();
    settings.sources[0].preprocess.range = PreprocessSettings::Range{{-40, 0}, {120, 0}};
    World world(settings);
    world.begin();
    world.sensors(R"({"a": 21.5, "b": 1e300, "c": 900, "d": 22.5})");
    EXPECT_EQ(world.pipeline->ledger().readings, 4U);
    EXPECT_EQ(world.pipeline->ledger().counted, 2U);
    EXPECT_EQ(world.rejected(Error::out_of_range), 1U);
    EXPECT_EQ(world.rejected(Error::range), 1U);
    EXPECT_EQ(world.imbalance(), "");
    world.finish();
    ASSERT_EQ(world.out.aggregates.size(), 2U);
    EXPECT_EQ(world.out.aggregates[0].channel.view(), "plant/m1/sensors:a");
    EXPECT_EQ(world.out.aggregates[1].channel.view(), "plant/m1/sensors:d");
    EXPECT_EQ(world.out.aggregates[1].parts.mean(), 22.5);
}

TEST(Ledger, a_refused_reading_leaves_no_trace_in_its_channel) {
    Settings settings = plant_settings();
    settings.sources[0].preprocess.range = PreprocessSettings::Range{{-40, 0}, {120, 0}};
    World with(settings);
    World without(settings);
    for (World* world : {&with, &without}) {
        world->begin();
        world->sensors(R"({"a": 21.5})");
        if (world == &with) {
            world->sensors(R"({"a": 900.123456789})");
        } else {
            world->event(RecordKind::tick);
        }
        world->sensors(R"({"a": 21.25})");
        world->finish();
    }
    ASSERT_EQ(with.out.aggregates.size(), 1U);
    EXPECT_EQ(test::text_of(with.out.aggregates[0]), test::text_of(without.out.aggregates[0]));
    EXPECT_EQ(with.rejected(Error::range), 1U);
}

TEST(Channels, one_more_than_the_capacity_is_refused_and_counted) {
    Settings settings = plant_settings();
    settings.capacities.channels_max = 3;
    World world(settings);
    world.begin();
    world.sensors(R"({"a": 1, "b": 2, "c": 3, "d": 4})");
    world.sensors(R"({"d": 4, "a": 1})");
    EXPECT_EQ(world.pipeline->channels(), 3U);
    EXPECT_EQ(world.rejected(Error::channel_limit), 2U);
    EXPECT_EQ(world.pipeline->ledger().counted, 4U);
    EXPECT_EQ(world.imbalance(), "");
}

TEST(Channels, hostile_names_are_kept_apart_or_refused) {
    Settings settings = plant_settings();
    settings.sources[0].topic = "#";
    World world(settings);
    world.begin();
    world.publish("a/b", R"({"x/y": 1, "x~y": 2, "{m}": 3, "ü": 4, "": 5, "+": 6, "#": 7, "p:q": 8})");
    EXPECT_EQ(world.pipeline->channels(), 8U);
    world.publish(
        "{m}/+"
        "x",
        R"({"a": 1})");
    EXPECT_EQ(world.rejected(Error::bad_topic), 1U);
    world.publish("{m}/\xc3\xbc:/", R"({"a": 1})");
    EXPECT_EQ(world.pipeline->channels(), 9U);
    const std::string longest(channel_name_bytes_max - 4, 'k');
    world.publish("a/b", "{\"" + longest + "\": 1}");
    EXPECT_EQ(world.pipeline->channels(), 10U);
    world.publish("a/b", "{\"" + longest + "k\": 1, \"z\": 2}");
    world.publish(std::string(60'000, 't'), R"({"a": 1})");
    EXPECT_EQ(world.rejected(Error::channel_limit), 2U);
    EXPECT_EQ(world.pipeline->channels(), 11U);
    EXPECT_EQ(world.imbalance(), "");
    world.finish();
    EXPECT_EQ(world.out.aggregates[0].channel.view(), "a/b:/x~1y");
    EXPECT_EQ(world.imbalance(), "");
}

TEST(RuleTable, a_full_table_is_counted_and_the_rest_goes_on) {
    Settings settings = plant_settings();
    settings.capacities.rule_states_max = 4;
    settings.rules.push_back(rule_on("hot", "#"));
    settings.rules[0].above = Decimal{85, 0, false};
    World world(settings);
    world.begin();
    world.sensors(R"({"a": 90, "b": 90, "c": 90})");
    EXPECT_EQ(world.pipeline->rules().refused(), 2U);
    EXPECT_EQ(world.out.alerts_of("hot").size(), 2U);
    EXPECT_EQ(world.imbalance(), "");
}

TEST(RuleTable, more_than_a_channel_has_places_for_are_counted) {
    Settings settings = plant_settings();
    for (std::size_t i = 0; i < Channel::rules_max + 3; ++i) {
        settings.rules.push_back(rule_on("r" + std::to_string(i), "#"));
        settings.rules.back().above = Decimal{85, 0, false};
    }
    World world(settings);
    world.begin();
    world.sensors(R"({"a": 90})");
    EXPECT_EQ(world.pipeline->rules().refused(), 3U);
    EXPECT_EQ(world.out.alerts.size(), Channel::rules_max);
}

class Duplicates : public testing::Test {
protected:
    Duplicates() : world_(settings()) {
        world_.pipeline->sources()[0].subscription_id = 1;
        world_.pipeline->sources()[1].subscription_id = 2;
        world_.begin();
    }
    static Settings settings() {
        Settings settings = plant_settings();
        SourceSettings all;
        all.topic = "plant/#";
        settings.sources.push_back(all);
        return settings;
    }
    void deliver(std::uint32_t subscription, std::string_view payload, bool dup = false, std::uint8_t qos = 1,
                 std::uint16_t packet_id = 0) {
        world_.message({.topic = "plant/m1/sensors",
                        .payload = bytes_of(payload),
                        .qos = qos,
                        .duplicate = dup,
                        .packet_id = packet_id != 0 ? packet_id : ++packet_id_,
                        .subscription_id = subscription});
        EXPECT_EQ(world_.imbalance(), "");
    }
    std::uint64_t decoded() const { return world_.pipeline->ledger().decoded; }
    std::uint64_t duplicate() const { return world_.pipeline->ledger().duplicate; }

    World world_;
    std::uint16_t packet_id_ = 100;
};

TEST_F(Duplicates, overlapping_subscriptions_count_under_the_first_source_in_either_order) {
    deliver(1, R"({"t": 1})");
    deliver(2, R"({"t": 1})");
    deliver(2, R"({"t": 2})");
    deliver(1, R"({"t": 2})");
    EXPECT_EQ(decoded(), 2U);
    EXPECT_EQ(duplicate(), 2U);
    EXPECT_EQ(world_.pipeline->sources()[0].ledger.messages, 4U);
    EXPECT_EQ(world_.pipeline->sources()[1].ledger.messages, 0U);
}

TEST_F(Duplicates, the_first_copy_of_all_may_come_under_the_other_subscription) {
    deliver(2, R"({"t": 1})");
    deliver(1, R"({"t": 1})");
    deliver(2, R"({"t": 2})");
    deliver(1, R"({"t": 2})");
    EXPECT_EQ(decoded(), 2U);
    EXPECT_EQ(duplicate(), 2U);
}

TEST_F(Duplicates, the_first_copy_of_all_at_qos_0_may_come_under_the_other_subscription) {
    deliver(2, R"({"t": 1})", false, 0);
    deliver(1, R"({"t": 1})", false, 0);
    EXPECT_EQ(decoded(), 1U);
    EXPECT_EQ(duplicate(), 1U);
}

TEST_F(Duplicates, at_qos_2_a_message_that_comes_again_is_one) {
    deliver(1, R"({"t": 1})", false, 2, 7);
    deliver(1, R"({"t": 2})", false, 2, 8);
    world_.event(RecordKind::disconnected);
    world_.connect(true);
    deliver(1, R"({"t": 2})", true, 2, 8);
    deliver(1, R"({"t": 2})", false, 2, 9);
    EXPECT_EQ(decoded(), 3U);
    EXPECT_EQ(duplicate(), 1U);
}

// They waited in the broker since before the source was configured: there is no copy under its own subscription.
TEST_F(Duplicates, messages_queued_before_the_source_was_subscribed_to_are_counted) {
    for (int i = 0; i < 5; ++i) deliver(2, R"({"t": 1})");
    for (int i = 0; i < 5; ++i) deliver(9, R"({"t": 2})");  // of a source that is gone
    EXPECT_EQ(decoded(), 10U);
    deliver(1, R"({"t": 3})");
    deliver(9, R"({"t": 3})");
    deliver(2, R"({"t": 3})");
    EXPECT_EQ(decoded(), 11U);
    EXPECT_EQ(duplicate(), 2U);
}

TEST_F(Duplicates, equal_messages_under_one_subscription_are_not_copies) {
    for (int i = 0; i < 3; ++i) deliver(1, R"({"t": 1})");
    EXPECT_EQ(decoded(), 3U);
}

TEST_F(Duplicates, dup_with_packet_id_and_hash_of_an_earlier_connection_is_one) {
    deliver(1, R"({"t": 1})", false, 1, 7);
    world_.event(RecordKind::disconnected);
    world_.connect(true);
    deliver(1, R"({"t": 1})", true, 1, 7);
    EXPECT_EQ(decoded(), 1U);
    EXPECT_EQ(duplicate(), 1U);
    world_.event(RecordKind::disconnected);
    world_.connect(true);
    deliver(1, R"({"t": 1})", true, 1, 7);  // and once more
    EXPECT_EQ(duplicate(), 2U);
}

TEST_F(Duplicates, dup_that_was_never_received_is_counted) {
    deliver(1, R"({"t": 1})", false, 1, 7);
    world_.event(RecordKind::disconnected);
    world_.connect(true);
    deliver(1, R"({"t": 2})", true, 1, 7);
    deliver(1, R"({"t": 1})", true, 1, 8);
    EXPECT_EQ(decoded(), 3U);
}

TEST_F(Duplicates, without_dup_a_used_packet_id_is_a_new_message) {
    deliver(1, R"({"t": 1})", false, 1, 7);
    world_.event(RecordKind::disconnected);
    world_.connect(true);
    deliver(1, R"({"t": 1})", false, 1, 7);
    EXPECT_EQ(decoded(), 2U);
}

TEST_F(Duplicates, dup_within_one_connection_is_a_new_message) {
    deliver(1, R"({"t": 1})", false, 1, 7);
    deliver(1, R"({"t": 1})", true, 1, 7);
    EXPECT_EQ(decoded(), 2U);
}

TEST_F(Duplicates, a_lost_session_clears_the_table) {
    deliver(1, R"({"t": 1})", false, 1, 7);
    world_.event(RecordKind::disconnected);
    world_.connect(false);
    deliver(1, R"({"t": 1})", true, 1, 7);
    EXPECT_EQ(decoded(), 2U);
    EXPECT_EQ(duplicate(), 0U);
}

TEST_F(Duplicates, messages_that_never_come_again_take_no_place_of_those_that_may) {
    deliver(1, R"({"t": 1})", false, 1, 7);
    for (int i = 0; i < 20; ++i) deliver(1, R"({"t": 2})", false, 0);
    world_.event(RecordKind::disconnected);
    world_.connect(true);
    deliver(1, R"({"t": 1})", true, 1, 7);
    EXPECT_EQ(duplicate(), 1U);
}

TEST_F(Duplicates, a_copy_for_an_overlapping_subscription_that_comes_again_is_still_one) {
    deliver(2, R"({"t": 1})", false, 1, 6);
    deliver(1, R"({"t": 1})", false, 1, 7);
    world_.event(RecordKind::disconnected);
    world_.connect(true);
    deliver(2, R"({"t": 1})", true, 1, 6);
    deliver(1, R"({"t": 1})", true, 1, 7);
    EXPECT_EQ(decoded(), 1U);
    EXPECT_EQ(duplicate(), 3U);
}

TEST_F(Duplicates, a_rejected_message_that_comes_again_is_a_duplicate) {
    deliver(1, R"({"t": )", false, 1, 7);
    world_.event(RecordKind::disconnected);
    world_.connect(true);
    deliver(1, R"({"t": )", true, 1, 7);
    EXPECT_EQ(world_.rejected(Error::invalid_json), 1U);
    EXPECT_EQ(duplicate(), 1U);
}

// Counts, and takes no memory.
struct Counting final : Outputs {
    std::uint64_t alerts = 0;
    std::uint64_t aggregates = 0;
    std::uint64_t scores = 0;
    void alert(const AlertRow&) noexcept override { ++alerts; }
    void aggregate(const AggregateRow&, std::uint32_t) noexcept override { ++aggregates; }
    void scored(const ScoreEvent&) noexcept override { ++scores; }
};

TEST(Memory, nothing_is_allocated_after_construction) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers keep their own operator new";
#endif
    Settings settings = plant_settings();
    settings.capacities.channels_max = 12;
    settings.capacities.rule_states_max = 40;
    settings.groups.push_back({.name = "pump-{machine}", .channels = {"a", "b"}, .warmup_readings = 20});
    settings.rules = {rule_on("hot", "plant/#"), rule_on("silent", "plant/#")};
    settings.rules[0].above = Decimal{85, 0, false};
    settings.rules[0].for_ns = 2 * s;
    settings.rules[1].absent_for_ns = 5 * s;
    World world(settings);
    Counting out;
    test::Random random(1);
    std::vector<test::OwnedRecord> records;
    const auto add = [&](RecordKind kind, std::vector<std::byte> body) {
        records.push_back({records.size() + 1, world.now_ns, kind, std::move(body)});
    };
    add(RecordKind::began, {std::byte{1}});
    add(RecordKind::connected, {std::byte{0}});
    add(RecordKind::subscribed, {});
    for (int i = 0; i < 2000; ++i) {
        world.now_ns += random.between(0, 2 * s);
        if (random.one_in(50)) add(RecordKind::disconnected, {});
        if (random.one_in(50)) add(RecordKind::connected, {std::byte{1}});
        if (random.one_in(20)) add(RecordKind::subscribed, {});
        if (random.one_in(100)) add(RecordKind::flush, {});
        const std::string topic = "plant/m" + std::to_string(random.below(8)) + "/sensors";
        const std::string payload =
            random.one_in(10)
                ? "{\"a\": ["
                : "{\"a\": " + std::to_string(random.below(100)) + "." + std::to_string(random.below(1000)) +
                      ", \"b\": 1, \"ts\": " + std::to_string(world.now_ns / s - random.between(-400, 400)) + "}";
        const bool row_end = random.one_in(10);
        if (i % 50 == 49 && records.back().kind == RecordKind::message) {  // again, over a new connection
            std::vector<std::byte> again = records.back().body;
            again[1] |= std::byte{2};
            add(RecordKind::disconnected, {});
            add(RecordKind::connected, {std::byte{1}});
            add(RecordKind::message, std::move(again));
        }
        add(RecordKind::message, test::encoded({.topic = topic,
                                                .payload = bytes_of(payload),
                                                .qos = 1,
                                                .duplicate = random.one_in(9),
                                                .row_end = row_end,
                                                .packet_id = static_cast<std::uint16_t>(random.below(20))}));
    }
    heap::seal();
    std::uint64_t counted = heap::allocations_after_start();
    {
        const heap::Sealed sealed;
        ::operator delete(::operator new(1));  // called, not a new-expression that the compiler may leave out
        EXPECT_EQ(heap::allocations_after_start(), counted + 1) << "the count itself does not work";
    }
    counted = heap::allocations_after_start();
    {
        const heap::Sealed sealed;
        for (const test::OwnedRecord& record : records) world.pipeline->on_record(record.view(), out);
        world.pipeline->finish(out);
    }
    EXPECT_EQ(heap::allocations_after_start(), counted);
    EXPECT_GT(out.alerts, 10U);
    EXPECT_GT(out.aggregates, 100U);
    EXPECT_GT(out.scores, 100U);
    EXPECT_GT(world.rejected(Error::channel_limit), 0U);
    EXPECT_GT(world.pipeline->ledger().duplicate, 0U);
}

}  // namespace
}  // namespace redshank
