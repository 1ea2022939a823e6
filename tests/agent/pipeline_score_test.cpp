#include <gtest/gtest.h>

#include <algorithm>

#include "tests/agent/pipeline_world.hpp"

// Groups, their models, and alerts on scores.

namespace redshank {
namespace {

using test::plant_settings;
using test::rule_on;
using test::s;
using test::World;

constexpr std::uint64_t settling = 32;  // vectors that no model learns, while the standardisation settles

GroupSettings pump() {
    GroupSettings group;
    group.model = "pca";
    group.name = "pump-{machine}";
    group.channels = {"a", "b", "c"};
    group.warmup_readings = 40;
    return group;
}

std::string noise(test::Random& random) {
    return "{\"a\": " + std::to_string(20 + random.between(-3, 3)) + "." + std::to_string(random.below(10)) + "}";
}

// One reading a second, until the model is warm and calibrated.
void teach(World& world, test::Random& random, int readings) {
    for (int i = 0; i < readings; ++i) {
        world.now_ns += s;
        world.sensors(noise(random));
    }
}

TEST(Anomaly, no_alert_before_the_warm_up_ends_while_other_rules_judge_from_the_first_reading) {
    Settings settings = plant_settings();
    settings.rules.push_back(rule_on("hot", "#"));
    settings.rules[0].above = Decimal{85, 0, false};
    World world(settings);
    world.begin();
    test::Random random(1);
    world.sensors(R"({"a": 90})");
    EXPECT_EQ(world.out.alerts_of("hot").size(), 1U);
    for (std::uint64_t i = 1; i < settling + 40; ++i) world.sensors(i % 5 == 0 ? R"({"a": 9000})" : noise(random));
    EXPECT_TRUE(world.out.alerts_of("anomaly").empty());
    EXPECT_TRUE(std::all_of(world.out.scores.begin(), world.out.scores.end(),
                            [](const auto& scored) { return scored.score == 0 && !scored.alarm; }));
    EXPECT_EQ(world.out.scores.size(), settling + 40);
}

class Fault : public testing::Test {
protected:
    explicit Fault(std::int64_t hold_ns = 60 * s) : random_(5) {
        Settings settings = plant_settings();
        settings.anomaly.hold_ns = hold_ns;
        world_ = std::make_unique<World>(settings);
        world_->begin();
        teach(*world_, random_, 400);
        EXPECT_TRUE(world_->out.alerts.empty());
    }
    void stuck() {
        world_->now_ns += s;
        world_->sensors(R"({"a": 500})");
    }
    test::Random random_;
    std::unique_ptr<World> world_;
};

TEST_F(Fault, it_fires_and_the_model_does_not_learn_it_up_to_the_longest_hold) {
    const std::uint64_t learned = world_->pipeline->learned();
    stuck();
    ASSERT_EQ(world_->out.alerts.size(), 1U);
    const AlertRow& alert = world_->out.alerts[0];
    EXPECT_EQ(alert.rule.view(), "anomaly");
    EXPECT_EQ(alert.channel.view(), "plant/m1/sensors:a");
    EXPECT_EQ(alert.state, AlertState::firing);
    EXPECT_EQ(alert.severity, Severity::warning);
    EXPECT_GE(alert.value, 0.8);
    EXPECT_TRUE(world_->out.scores.back().alarm);
    EXPECT_GT(world_->out.scores.back().anomaly_score, 0.0F);
    for (int i = 1; i < 60; ++i) {
        stuck();
        ASSERT_EQ(world_->pipeline->learned(), learned) << i;
        ASSERT_TRUE(world_->out.scores.back().alarm) << i;
    }
    stuck();
    EXPECT_EQ(world_->pipeline->learned(), learned + 1);
}

TEST_F(Fault, a_lasting_change_becomes_the_new_normal_after_the_hold) {
    for (int i = 0; i < 3000 && world_->out.alerts.size() < 2; ++i) stuck();
    ASSERT_GE(world_->out.alerts.size(), 2U);
    EXPECT_EQ(world_->out.alerts[1].state, AlertState::clear);
    EXPECT_FALSE(world_->out.scores.back().alarm);
}

TEST_F(Fault, it_clears_when_the_readings_are_ordinary_again_and_the_model_learns_again) {
    stuck();
    const std::uint64_t held = world_->pipeline->learned();
    teach(*world_, random_, 30);
    ASSERT_EQ(world_->out.alerts.size(), 2U);
    EXPECT_EQ(world_->out.alerts[1].state, AlertState::clear);
    EXPECT_GT(world_->pipeline->learned(), held + 20);
}

TEST_F(Fault, the_standardisation_does_not_learn_it_either_so_that_it_is_found_again) {
    for (int i = 0; i < 50; ++i) stuck();
    teach(*world_, random_, 15);
    ASSERT_EQ(world_->out.alerts.size(), 2U);
    stuck();
    EXPECT_EQ(world_->out.alerts.size(), 3U);
}

TEST_F(Fault, scoring_is_before_learning) {
    const std::vector<std::byte> before = world_->models().begin()->second;
    world_->now_ns += s;
    world_->sensors(R"({"a": 500})");
    EXPECT_NE(world_->models().begin()->second, before);

    const auto model = make_model("pca", 1, world_->pipeline->settings().anomaly.warmup_readings);
    ByteReader in(before);
    ASSERT_TRUE(model->restore(in));
    const float far = 16;
    EXPECT_EQ(model->score({.values = {&far, 1}, .standardised = {&far, 1}}).score, world_->out.scores.back().score);
}

TEST(Auto, a_fault_of_a_channel_alone_fires_clears_and_is_found_again) {
    Settings settings = plant_settings();
    settings.anomaly.model = "auto";
    settings.anomaly.warmup_readings = 200;
    World world(settings);
    world.begin();
    test::Random random(7);
    teach(world, random, 3000);
    for (int round = 0; round < 2; ++round) {
        ASSERT_FALSE(world.out.scores.back().alarm);
        const std::uint64_t learned = world.pipeline->learned();
        for (int i = 0; i < 20; ++i) {
            world.now_ns += s;
            world.sensors(R"({"a": 500})");
            EXPECT_TRUE(world.out.scores.back().alarm);
            EXPECT_EQ(world.out.scores.back().anomaly_score >= 0.8F, i == 0) << "what an alert says is said once";
        }
        EXPECT_EQ(world.pipeline->learned(), learned) << "while it fires nothing is learned";
        teach(world, random, 200);
    }
    EXPECT_FALSE(world.out.scores.back().alarm);
}

TEST(Groups, channels_of_one_label_value_belong_together) {
    Settings settings = plant_settings();
    settings.groups.push_back(pump());
    World world(settings);
    world.begin();
    world.sensors(R"({"a": 1, "b": 2, "c": 3, "d": 4})");
    world.publish("plant/m2/sensors", R"({"a": 1, "b": 2, "c": 3})");
    EXPECT_EQ(world.pipeline->groups(), 2U);
    ASSERT_EQ(world.out.scores.size(), 2U);
    EXPECT_EQ(world.out.scores[0].group, "pump-m1");
    EXPECT_EQ(world.out.scores[1].group, "pump-m2");
}

TEST(Groups, one_is_scored_when_all_members_are_new_or_one_comes_again) {
    Settings settings = plant_settings();
    settings.groups.push_back(pump());
    World world(settings);
    world.begin();
    world.sensors(R"({"a": 1, "b": 2})");
    EXPECT_EQ(world.out.scores.size(), 0U);
    world.sensors(R"({"c": 3})");
    EXPECT_EQ(world.out.scores.size(), 1U);  // all are new
    world.sensors(R"({"c": 3})");
    world.sensors(R"({"b": 3})");
    EXPECT_EQ(world.out.scores.size(), 1U);
    world.sensors(R"({"b": 2})");
    EXPECT_EQ(world.out.scores.size(), 2U);  // b again: a is held
    world.sensors(R"({"a": 1, "c": 3})");
    EXPECT_EQ(world.out.scores.size(), 3U);  // b of before, a, c
}

TEST(Groups, without_any_each_channel_is_judged_alone) {
    World world(plant_settings());
    world.begin();
    world.sensors(R"({"a": 1, "b": 2})");
    ASSERT_EQ(world.out.scores.size(), 2U);
    EXPECT_EQ(world.out.scores[0].group, "plant/m1/sensors:a");
    EXPECT_EQ(world.out.scores[1].group, "plant/m1/sensors:b");
}

TEST(Groups, a_row_gives_exactly_one_score_for_each_group) {
    Settings settings = plant_settings();
    settings.groups.push_back(pump());
    World world(settings);
    world.begin();
    const auto row = [&](std::string_view topic, std::string_view payload) {
        world.out.scores.clear();
        world.message({.topic = topic, .payload = test::bytes_of(payload), .row_end = true});
        std::string groups;
        for (const auto& scored : world.out.scores) groups += scored.group + " ";
        return groups;
    };
    EXPECT_EQ(row("plant/m1/sensors", R"({"a": 1, "b": 2, "c": 3})"), "pump-m1 ");
    EXPECT_EQ(row("plant/m1/sensors", R"({"a": 1})"), "pump-m1 ");
    EXPECT_EQ(row("plant/m1/sensors", R"({"a": 1, "a": 2})"), "pump-m1 ");
    EXPECT_EQ(row("plant/m1/sensors", R"({})"), "pump-m1 ");
    EXPECT_EQ(row("plant/m1/sensors", R"({"a": 1e300})"), "pump-m1 ");
    EXPECT_EQ(row("plant/m1/sensors", R"({"a": )"), "pump-m1 ");
    EXPECT_EQ(row("plant/m2/sensors", R"({"c": 3})"), "pump-m1 pump-m2 ");
}

TEST(Groups, an_empty_row_scores_nothing_and_teaches_nothing) {
    Settings settings = plant_settings();
    World world(settings);
    world.begin();
    test::Random random(3);
    teach(world, random, 200);
    const auto models = world.models();
    world.message({.topic = "plant/m1/sensors", .payload = test::bytes_of("{}"), .row_end = true});
    EXPECT_EQ(world.models(), models);
    EXPECT_EQ(world.out.scores.back().score, 0.0F);
    EXPECT_EQ(world.out.scores.back().anomaly_score, 0.0F);
}

TEST(Groups, backfill_has_a_row_of_scores_but_is_not_judged) {
    World world(plant_settings());
    world.begin();
    world.sensors("{\"a\": 1, \"ts\": " + std::to_string(test::noon_ns / s - 60) + "}");
    ASSERT_EQ(world.out.scores.size(), 1U);
    EXPECT_EQ(world.out.scores[0].score, 0.0F);
    EXPECT_FALSE(world.out.scores[0].alarm);
    EXPECT_EQ(world.pipeline->learned(), 0U);
    EXPECT_EQ(world.pipeline->ledger().counted, 1U);
}

TEST(Groups, two_kinds_that_give_one_name_do_not_share_a_group) {
    Settings settings = plant_settings();
    settings.sources[0].topic = "plant/{machine}/{part}";
    settings.groups = {{.name = "g-{machine}", .channels = {"a"}}, {.name = "g-{part}", .channels = {"b", "c"}}};
    World world(settings);
    world.begin();
    world.publish("plant/x/x", R"({"a": 1, "b": 2, "c": 3})");
    world.publish("plant/x/x", R"({"a": 1, "b": 2, "c": 3})");
    EXPECT_EQ(world.pipeline->groups(), 1U);
    EXPECT_EQ(world.out.scores.size(), 2U);
    EXPECT_EQ(world.imbalance(), "");
}

TEST(Groups, more_than_the_capacity_are_refused_and_their_readings_are_counted) {
    Settings settings = plant_settings();
    settings.groups.push_back(pump());
    settings.capacities.groups_max = 1;
    World world(settings);
    world.begin();
    world.sensors(R"({"a": 1, "b": 2, "c": 3})");
    world.publish("plant/m2/sensors", R"({"a": 1, "b": 2, "c": 3})");
    EXPECT_EQ(world.pipeline->groups(), 1U);
    EXPECT_EQ(world.out.scores.size(), 1U);
    EXPECT_EQ(world.pipeline->ledger().counted, 6U);
}

RuleSettings strange(bool group, std::string pattern) {
    RuleSettings rule;
    rule.name = "strange";
    (group ? rule.group : rule.channel) = std::move(pattern);
    rule.score_above = Decimal{8, 1, false};
    rule.clear_below = Decimal{5, 1, false};
    rule.severity = Severity::critical;
    return rule;
}

TEST(ScoreRules, one_on_a_channel_judges_the_score_of_the_channel_alone) {
    Settings settings = plant_settings();
    settings.rules.push_back(strange(false, "plant/{machine}/sensors:a"));
    World world(settings);
    world.begin();
    test::Random random(5);
    teach(world, random, 400);
    EXPECT_TRUE(world.out.alerts.empty());
    world.sensors(R"({"a": 500, "b": 500})");
    ASSERT_EQ(world.out.alerts_of("strange").size(), 1U);
    const AlertRow& alert = *world.out.alerts_of("strange")[0];
    EXPECT_EQ(alert.channel.view(), "plant/m1/sensors:a");
    EXPECT_EQ(alert.value, static_cast<double>(world.out.scores[world.out.scores.size() - 2].score));
    teach(world, random, 30);
    EXPECT_EQ(world.out.alerts_of("strange").size(), 2U);
}

TEST(ScoreRules, one_on_a_group_is_found_by_its_name_as_written_or_by_pattern) {
    for (const char* pattern : {"pump-{machine}", "pump-m1", "+", "#"}) {
        Settings settings = plant_settings();
        settings.groups.push_back(pump());
        settings.rules.push_back(strange(true, pattern));
        World world(settings);
        world.begin();
        test::Random random(5);
        for (int i = 0; i < 400; ++i) {
            const std::int64_t a = random.between(0, 40);
            world.now_ns += s;
            world.sensors("{\"a\": " + std::to_string(a) + ", \"b\": " + std::to_string(2 * a) +
                          ", \"c\": " + std::to_string(random.between(0, 5)) + "}");
        }
        EXPECT_TRUE(world.out.alerts.empty());
        world.sensors(R"({"a": 400, "b": -800, "c": 2})");
        ASSERT_EQ(world.out.alerts_of("strange").size(), 1U) << pattern;
        EXPECT_EQ(world.out.alerts_of("strange")[0]->channel.view(), "pump-m1");
        EXPECT_EQ(world.out.alerts_of("strange")[0]->severity, Severity::critical);
    }
}

TEST(ScoreRules, one_on_a_channel_of_a_group_judges_no_reading) {
    Settings settings = plant_settings();
    settings.groups.push_back(pump());
    settings.rules.push_back(strange(false, "#"));
    World world(settings);
    world.begin();
    world.sensors(R"({"a": 1, "b": 2, "c": 3})");
    EXPECT_TRUE(world.out.alerts.empty());
}

}  // namespace
}  // namespace redshank
