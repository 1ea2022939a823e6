#include <gtest/gtest.h>

#include "tests/agent/pipeline_world.hpp"

// Rates, joined conditions, a learned silence, one alert for several channels, a lost broker.

namespace redshank {
namespace {

using test::noon_ns;
using test::plant_settings;
using test::rule_on;
using test::s;
using test::World;

Decimal whole(std::int64_t value) {
    return {value, 0, false};
}

class Kinds : public testing::Test {
protected:
    void with(const RuleSettings& rule) { with(plant_settings(), rule); }
    void with(Settings settings, const RuleSettings& rule) {
        settings.rules.push_back(rule);
        world_ = std::make_unique<World>(settings);
        world_->begin();
    }
    void at(std::int64_t after_ns, std::string_view payload) {
        world_->now_ns += after_ns;
        world_->sensors(payload);
    }
    std::string states() const {
        std::string states;
        for (const AlertRow& row : world_->out.alerts) states += row.state == AlertState::firing ? "F" : "C";
        return states;
    }
    const AlertRow& last() const { return world_->out.alerts.back(); }

    std::unique_ptr<World> world_;
};

TEST_F(Kinds, a_rate_is_the_change_since_the_reading_before_in_its_own_time) {
    RuleSettings rule = rule_on("heating", "plant/#");
    rule.rate_above = whole(2);
    rule.rate_per_ns = 60 * s;
    with(rule);
    at(0, R"({"t": 20})");
    at(30 * s, R"({"t": 21})");  // 2 a minute
    EXPECT_EQ(states(), "");
    at(30 * s, R"({"t": 22.5})");
    EXPECT_EQ(states(), "F");
    EXPECT_DOUBLE_EQ(last().value, 3);
    at(60 * s, R"({"t": 23})");
    EXPECT_EQ(states(), "FC");
}

TEST_F(Kinds, a_rate_below_a_negative_number_is_a_fall) {
    RuleSettings rule = rule_on("losing-pressure", "plant/#");
    rule.rate_below = whole(-1);
    with(rule);
    at(0, R"({"p": 10})");
    at(s, R"({"p": 12})");
    at(s, R"({"p": 11})");
    EXPECT_EQ(states(), "");
    at(s, R"({"p": 9.9})");
    EXPECT_EQ(states(), "F");
}

TEST_F(Kinds, readings_of_one_time_have_no_rate) {
    RuleSettings rule = rule_on("heating", "plant/#");
    rule.rate_above = whole(0);
    with(rule);
    at(0, R"({"t": 20})");
    at(0, R"({"t": 30})");
    EXPECT_EQ(states(), "");
    at(s, R"({"t": 20.5})");  // since the first of them
    EXPECT_EQ(states(), "F");
    EXPECT_DOUBLE_EQ(last().value, 0.5);
}

class Joined : public Kinds {
protected:
    void join(RuleJoin how, std::int64_t for_ns = 0) {
        RuleSettings rule = rule_on("hot-and-shaking", "plant/{machine}/sensors:t");
        rule.above = whole(80);
        rule.clear_below = whole(70);
        rule.for_ns = for_ns;
        rule.join = how;
        rule.second.channel = "plant/{machine}/sensors:v";
        rule.second.above = whole(5);
        with(rule);
    }
};

TEST_F(Joined, and_fires_when_both_hold_and_clears_when_one_does_not) {
    join(RuleJoin::both);
    at(0, R"({"t": 90})");
    at(s, R"({"v": 4})");
    EXPECT_EQ(states(), "");
    at(s, R"({"v": 6})");
    EXPECT_EQ(states(), "F");
    EXPECT_EQ(last().channel.view(), "plant/m1/sensors:t");
    EXPECT_EQ(last().value, 90);  // the first condition's
    at(s, R"({"t": 75})");        // within its hysteresis
    EXPECT_EQ(states(), "F");
    at(s, R"({"v": 5})");
    EXPECT_EQ(states(), "FC");
}

TEST_F(Joined, or_fires_when_one_holds_and_clears_when_none_does) {
    join(RuleJoin::either);
    at(0, R"({"t": 20})");
    at(s, R"({"v": 6})");
    EXPECT_EQ(states(), "F");
    at(s, R"({"t": 90, "v": 1})");
    EXPECT_EQ(states(), "F");
    at(s, R"({"t": 69})");
    EXPECT_EQ(states(), "FC");
}

TEST_F(Joined, the_second_channel_is_the_one_with_the_same_labels) {
    join(RuleJoin::both);
    at(0, R"({"t": 90, "v": 1})");
    world_->publish("plant/m2/sensors", R"({"v": 6})");
    EXPECT_EQ(states(), "");
    world_->publish("plant/m2/sensors", R"({"t": 90})");
    EXPECT_EQ(states(), "F");
    EXPECT_EQ(last().channel.view(), "plant/m2/sensors:t");
}

TEST_F(Joined, it_does_not_matter_which_channel_is_seen_first) {
    join(RuleJoin::both);
    at(0, R"({"v": 6})");
    at(s, R"({"t": 90})");
    EXPECT_EQ(states(), "F");
}

TEST_F(Joined, for_runs_while_both_hold) {
    join(RuleJoin::both, 30 * s);
    at(0, R"({"t": 90, "v": 6})");
    at(20 * s, R"({"v": 1})");
    at(s, R"({"v": 6})");
    world_->tick_after(30 * s - 1);
    EXPECT_EQ(states(), "");
    world_->tick_after(1);
    EXPECT_EQ(states(), "F");
}

TEST_F(Joined, a_reading_and_a_groups_score) {
    Settings settings = plant_settings();
    settings.groups.push_back({.name = "pump-{machine}", .channels = {"t"}, .warmup_readings = 20});
    RuleSettings rule = rule_on("strange-and-hot", "plant/{machine}/sensors:t");
    rule.above = whole(80);
    rule.join = RuleJoin::both;
    rule.second.group = "pump-{machine}";
    rule.second.score_above = Decimal{5, 1, false};
    with(settings, rule);
    for (int i = 0; i < 200; ++i) at(s, "{\"t\": " + std::to_string(20 + i % 3) + "}");
    EXPECT_TRUE(world_->out.alerts_of("strange-and-hot").empty());
    at(s, R"({"t": 60})");  // strange, and not hot
    EXPECT_TRUE(world_->out.alerts_of("strange-and-hot").empty());
    at(s, R"({"t": 95})");
    at(s, R"({"t": 95})");
    ASSERT_EQ(world_->out.alerts_of("strange-and-hot").size(), 1U);
}

TEST_F(Kinds, a_learned_silence_fires_by_the_channels_own_rhythm) {
    RuleSettings rule = rule_on("silent", "plant/#");
    rule.absent_auto = true;
    with(rule);
    at(0, R"({"t": 1})");
    world_->tick_after(3600 * s);  // nothing is known yet
    EXPECT_EQ(states(), "");
    for (int i = 0; i < 30; ++i) at(20 * s, R"({"t": 1})");
    world_->tick_after(3600 * s);
    // The first interval of an hour was one of the eight.
    EXPECT_EQ(states(), "");
    world_->tick_after(2 * 3600 * s + 60 * s);
    EXPECT_EQ(states(), "F");
    at(s, R"({"t": 1})");
    EXPECT_EQ(states(), "FC");
}

TEST_F(Kinds, what_the_broker_kept_silent_is_no_rhythm) {
    RuleSettings rule = rule_on("silent", "plant/#");
    rule.absent_auto = true;
    with(rule);
    for (int i = 0; i < 30; ++i) at(20 * s, R"({"t": 1})");
    world_->event(RecordKind::disconnected);
    world_->tick_after(3600 * s);
    world_->connect(true);
    for (int i = 0; i < 3; ++i) at(20 * s, R"({"t": 1})");
    world_->tick_after(60 * s - 1);
    EXPECT_EQ(states(), "");
    world_->tick_after(1);
    EXPECT_EQ(states(), "F");
    EXPECT_EQ(last().value, 60);
}

TEST_F(Kinds, a_device_that_falls_silent_is_one_alert_where_the_rule_is_per_topic) {
    RuleSettings rule = rule_on("silent", "plant/#");
    rule.absent_for_ns = 60 * s;
    rule.per = RulePer::topic;
    with(rule);
    at(0, R"({"t": 1, "v": 2, "p": 3})");
    world_->publish("plant/m2/sensors", R"({"t": 1, "v": 2})");
    at(30 * s, R"({"p": 3})");
    world_->tick_after(59 * s);
    ASSERT_EQ(states(), "F");
    EXPECT_EQ(last().channel.view(), "plant/m2/sensors");
    world_->tick_after(s);
    ASSERT_EQ(states(), "FF");
    EXPECT_EQ(last().channel.view(), "plant/m1/sensors");
}

TEST_F(Kinds, per_source_is_named_by_the_levels_before_the_first_wildcard) {
    RuleSettings rule = rule_on("hot", "plant/#");
    rule.above = whole(80);
    rule.per = RulePer::source;
    with(rule);
    at(0, R"({"t": 90})");
    world_->publish("plant/m2/sensors", R"({"t": 95})");
    ASSERT_EQ(states(), "F");
    EXPECT_EQ(last().channel.view(), "plant");
    at(s, R"({"t": 20})");
    EXPECT_EQ(states(), "F");  // m2 is hot still
    world_->publish("plant/m2/sensors", R"({"t": 30})");
    EXPECT_EQ(states(), "FC");
}

TEST_F(Kinds, a_lost_broker_is_one_alert_and_its_devices_are_none) {
    RuleSettings rule = rule_on("silent", "plant/#");
    rule.absent_for_ns = 10 * s;
    Settings settings = plant_settings();
    settings.alerts.broker_lost_after_ns = 60 * s;
    with(settings, rule);
    at(0, R"({"t": 1, "v": 2, "p": 3})");
    world_->tick_after(s);
    world_->event(RecordKind::disconnected);
    world_->tick_after(60 * s - 1);
    EXPECT_EQ(states(), "");
    world_->tick_after(1);
    ASSERT_EQ(states(), "F");
    EXPECT_EQ(last().rule.view(), "broker-lost");
    EXPECT_EQ(last().channel.view(), "mqtt");
    EXPECT_EQ(last().severity, Severity::critical);
    EXPECT_EQ(last().value, 60);
    world_->tick_after(1000 * s);
    world_->connect(true);
    ASSERT_EQ(states(), "FC");
    EXPECT_EQ(last().rule.view(), "broker-lost");
    world_->event(RecordKind::disconnected);
    world_->tick_after(59 * s);
    world_->connect(true);
    world_->tick_after(9 * s - 1);
    EXPECT_EQ(states(), "FC");
    world_->tick_after(1);
    EXPECT_EQ(states(), "FCFFF");  // the three channels, whose time has stood still
}

TEST_F(Kinds, that_the_process_was_away_is_no_loss_of_the_broker) {
    Settings settings = plant_settings();
    settings.alerts.broker_lost_after_ns = 60 * s;
    World world(settings);
    world.begin();
    world.event(RecordKind::down);
    world.tick_after(3600 * s);
    world.tick_after(59 * s);
    EXPECT_TRUE(world.out.alerts.empty());
    world.tick_after(s);
    ASSERT_EQ(world.out.alerts.size(), 1U);
    EXPECT_EQ(world.out.alerts[0].rule.view(), "broker-lost");
}

TEST_F(Kinds, a_broker_that_never_came_is_lost_as_well) {
    Settings settings = plant_settings();
    settings.alerts.broker_lost_after_ns = 60 * s;
    World world(settings);
    world.event(RecordKind::began, true);
    world.tick_after(60 * s);
    ASSERT_EQ(world.out.alerts.size(), 1U);
    EXPECT_EQ(world.out.alerts[0].rule.view(), "broker-lost");
    world.connect(false);
    EXPECT_EQ(world.out.alerts.size(), 2U);
}

}  // namespace
}  // namespace redshank
