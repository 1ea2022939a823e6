#include "agent/alert_rules.hpp"

#include <gtest/gtest.h>

#include "tests/agent/pipeline_world.hpp"

namespace redshank {
namespace {

using test::noon_ns;
using test::plant_settings;
using test::rule_on;
using test::s;
using test::World;

// Values of one channel against one rule.
class Rules : public testing::Test {
protected:
    void with(const RuleSettings& rule) {
        Settings settings = plant_settings();
        settings.rules.push_back(rule);
        world_ = std::make_unique<World>(settings);
        world_->begin();
    }
    static RuleSettings hot(std::int64_t for_ns = 0) {
        RuleSettings rule = rule_on("hot", "plant/+/sensors:t");
        rule.above = Decimal{850, 1, false};
        rule.clear_below = Decimal{800, 1, false};
        rule.for_ns = for_ns;
        rule.severity = Severity::critical;
        return rule;
    }
    static RuleSettings silent(std::int64_t absent_for_ns) {
        RuleSettings rule = rule_on("silent", "plant/#");
        rule.absent_for_ns = absent_for_ns;
        return rule;
    }
    void value(std::string_view text) { world_->sensors("{\"t\": " + std::string(text) + "}"); }
    std::string states() const {
        std::string states;
        for (const AlertRow& row : world_->out.alerts) states += row.state == AlertState::firing ? "F" : "C";
        return states;
    }
    const AlertRow& last() const { return world_->out.alerts.back(); }

    std::unique_ptr<World> world_;
};

TEST_F(Rules, above_fires_over_the_threshold_and_clears_below_the_lower_one) {
    with(hot());
    value("85.0");
    EXPECT_EQ(states(), "");
    value("85.1");
    EXPECT_EQ(states(), "F");
    EXPECT_EQ(last().rule.view(), "hot");
    EXPECT_EQ(last().channel.view(), "plant/m1/sensors:t");
    EXPECT_EQ(last().value, 85.1);
    EXPECT_EQ(last().since_ns, noon_ns);
    EXPECT_EQ(last().severity, Severity::critical);
    EXPECT_EQ(last().id, (AlertId{1, world_->position, 0}));
    for (const char* within : {"90", "82", "85.1", "80.0"}) value(within);
    EXPECT_EQ(states(), "F");
    value("79.9");
    EXPECT_EQ(states(), "FC");
    value("82");
    EXPECT_EQ(states(), "FC");
}

TEST_F(Rules, below_fires_under_the_threshold_and_clears_above_the_higher_one) {
    RuleSettings rule = rule_on("cold", "plant/#");
    rule.below = Decimal{5, 0, false};
    rule.clear_above = Decimal{8, 0, false};
    with(rule);
    value("5");
    EXPECT_EQ(states(), "");
    value("4.9");
    value("8");
    EXPECT_EQ(states(), "F");
    value("8.1");
    EXPECT_EQ(states(), "FC");
}

TEST_F(Rules, without_a_second_threshold_it_clears_as_soon_as_it_no_longer_fires) {
    RuleSettings rule = hot();
    rule.clear_below.reset();
    with(rule);
    value("85.1");
    value("90");
    EXPECT_EQ(states(), "F");
    value("85.0");
    EXPECT_EQ(states(), "FC");
}

TEST_F(Rules, a_rule_judges_the_channels_of_its_pattern_alone) {
    with(hot());
    world_->sensors(R"({"u": 99})");
    world_->publish("plant/m2/sensors", R"({"t": 99})");
    ASSERT_EQ(world_->out.alerts.size(), 1U);
    EXPECT_EQ(last().channel.view(), "plant/m2/sensors:t");
}

TEST_F(Rules, for_fires_at_its_deadline_without_a_message) {
    with(hot(30 * s));
    value("90");
    world_->tick_after(30 * s - 1);
    EXPECT_EQ(states(), "");
    world_->tick_after(1);
    EXPECT_EQ(states(), "F");
    EXPECT_EQ(last().since_ns, noon_ns);
    EXPECT_EQ(last().value, 90);
}

TEST_F(Rules, a_spike_shorter_than_for_does_not_fire_and_the_next_starts_anew) {
    with(hot(30 * s));
    value("90");
    world_->now_ns += 29 * s;
    value("82");  // within the hysteresis: does not hold any more all the same
    world_->now_ns += s;
    value("91");
    world_->tick_after(29 * s);
    EXPECT_EQ(states(), "");
    world_->now_ns += s;
    value("93");
    EXPECT_EQ(states(), "F");
    EXPECT_EQ(last().value, 91);  // of the last reading before the deadline
    EXPECT_EQ(last().since_ns, noon_ns + 30 * s);
}

TEST_F(Rules, backfill_and_refused_readings_are_not_judged) {
    with(hot());
    world_->sensors("{\"t\": 99, \"ts\": " + std::to_string(noon_ns / s - 6) + "}");
    world_->message({.topic = "plant/m1/sensors", .payload = test::bytes_of(R"({"t": 99})"), .qos = 1, .retain = true});
    EXPECT_EQ(states(), "");
    EXPECT_EQ(world_->pipeline->ledger().counted, 1U);
}

TEST_F(Rules, a_replaced_stamp_is_judged) {
    with(hot());
    world_->sensors(R"({"t": 99, "ts": 1000})");
    EXPECT_EQ(states(), "F");
}

TEST_F(Rules, silence_fires_without_a_message_and_clears_on_the_next) {
    with(silent(60 * s));
    value("1");
    world_->now_ns += 59 * s;
    value("1");
    world_->tick_after(60 * s - 1);
    EXPECT_EQ(states(), "");
    world_->tick_after(1);
    EXPECT_EQ(states(), "F");
    EXPECT_EQ(last().since_ns, noon_ns + 59 * s);
    EXPECT_EQ(last().value, 60);
    world_->tick_after(600 * s);
    EXPECT_EQ(states(), "F");
    value("1");
    EXPECT_EQ(states(), "FC");
    EXPECT_EQ(last().value, 660);
    world_->tick_after(60 * s);
    EXPECT_EQ(states(), "FCF");
}

TEST_F(Rules, for_stands_still_while_the_broker_is_away) {
    with(hot(30 * s));
    value("90");
    world_->tick_after(10 * s);
    world_->event(RecordKind::disconnected);
    world_->tick_after(100 * s);
    EXPECT_EQ(states(), "");
    world_->connect(true);
    world_->tick_after(20 * s - 1);
    EXPECT_EQ(states(), "");
    world_->tick_after(1);
    EXPECT_EQ(states(), "F");
}

TEST_F(Rules, silence_is_not_the_devices_while_the_broker_or_the_process_is_away) {
    for (const RecordKind away : {RecordKind::disconnected, RecordKind::down}) {
        with(silent(60 * s));
        value("1");
        world_->tick_after(50 * s);
        world_->event(away);
        world_->tick_after(1000 * s);
        world_->event(RecordKind::down);  // away already: the first counts
        world_->tick_after(1000 * s);
        world_->connect(true);
        EXPECT_EQ(states(), "");
        world_->tick_after(10 * s - 1);
        EXPECT_EQ(states(), "");
        world_->tick_after(1);
        EXPECT_EQ(states(), "F");
    }
}

TEST_F(Rules, what_is_heard_before_the_suback_is_timed_from_the_suback) {
    with(silent(60 * s));
    world_->event(RecordKind::disconnected);
    world_->tick_after(10 * s);
    world_->event(RecordKind::connected, true);
    value("1");  // had waited in the broker
    world_->tick_after(5 * s);
    world_->event(RecordKind::subscribed);
    world_->tick_after(60 * s - 1);
    EXPECT_EQ(states(), "");
    world_->tick_after(1);
    EXPECT_EQ(states(), "F");
}

TEST_F(Rules, silence_that_ends_before_the_suback_clears) {
    with(silent(60 * s));
    value("1");
    world_->tick_after(60 * s);
    world_->event(RecordKind::disconnected);
    value("1");
    EXPECT_EQ(states(), "FC");
}

TEST_F(Rules, nothing_fires_by_time_before_the_first_suback) {
    Settings settings = plant_settings();
    settings.rules.push_back(silent(10 * s));
    World world(settings);
    world.event(RecordKind::began, true);
    world.sensors(R"({"t": 1})");
    world.tick_after(1000 * s);
    EXPECT_TRUE(world.out.alerts.empty());
    world.connect(false);
    world.tick_after(10 * s);
    EXPECT_EQ(world.out.alerts.size(), 1U);
}

TEST_F(Rules, alerts_of_one_record_are_told_apart_by_their_ordinal) {
    Settings settings = plant_settings();
    settings.rules = {rule_on("a", "#"), rule_on("b", "#")};
    for (RuleSettings& rule : settings.rules) rule.above = Decimal{1, 0, false};
    World world(settings, 7);
    world.begin();
    world.sensors(R"({"t": 2, "u": 2})");
    ASSERT_EQ(world.out.alerts.size(), 4U);
    for (std::uint32_t i = 0; i < 4; ++i) {
        EXPECT_EQ(world.out.alerts[i].id, (AlertId{7, world.position, i}));
        EXPECT_EQ(world.out.alerts[i].number, i + 1U);
    }
}

}  // namespace
}  // namespace redshank
