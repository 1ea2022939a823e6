#include "agent/associations.hpp"

#include <gtest/gtest.h>

#include "tests/agent/pipeline_world.hpp"

// Which changes of state occur together, through the pipeline.

namespace redshank {
namespace {

using test::s;
using test::World;

Settings watched(std::vector<std::string> channels) {
    Settings settings = test::plant_settings();
    settings.associations.channels = std::move(channels);
    settings.associations.within_ns = 10 * s;
    return settings;
}

std::vector<AssociationRow> rules_of(const World& world) {
    std::vector<AssociationRow> rows(Associations::rules_most);
    rows.resize(world.pipeline->association_rows(rows));
    return rows;
}

// A door whose opening switches a light on within the window; a fan that lives by itself.
void play(World& world, int rounds) {
    test::Random random(5);
    for (int i = 0; i < rounds; ++i) {
        world.now_ns += 100 * s;
        world.publish("plant/door/sensors", R"({"open": true})");
        world.now_ns += 4 * s;
        world.publish("plant/lamp/sensors", R"({"light": "ON"})");
        world.now_ns += 60 * s;
        world.publish("plant/door/sensors", R"({"open": false})");
        world.publish("plant/door/sensors", R"({"open": false})");  // no change, no event
        world.now_ns += 30 * s;
        world.publish("plant/lamp/sensors", R"({"light": "OFF"})");
        world.now_ns += 20 * s;
        world.publish("plant/fan/sensors", R"({"speed": )" + std::to_string(random.below(4)) + "}");
    }
    world.now_ns += 100 * s;
    world.publish("plant/door/sensors", R"({"open": true})");  // what came before is over
}

TEST(Associations, what_becomes_together_is_a_rule_and_nothing_else_is) {
    World world(watched({"plant/#"}));
    world.begin();
    play(world, 50);
    const std::vector<AssociationRow> rules = rules_of(world);
    ASSERT_EQ(rules.size(), 2U);
    for (const AssociationRow& rule : rules) {
        EXPECT_EQ(rule.antecedent_state, 1);
        EXPECT_EQ(rule.consequent_state, 1);
        EXPECT_GE(rule.figures.together, 48U);
        EXPECT_GT(rule.figures.confidence, 0.95F);
        EXPECT_GT(rule.figures.lift, 2.0F);
    }
    const bool door_first = rules[0].antecedent.view() == "plant/door/sensors:open";
    EXPECT_EQ(rules[door_first ? 0 : 1].antecedent.view(), "plant/door/sensors:open");
    EXPECT_EQ(rules[door_first ? 0 : 1].consequent.view(), "plant/lamp/sensors:light");
}

TEST(Associations, only_channels_that_are_named_are_watched) {
    World world(watched({"plant/door/sensors:open"}));
    world.begin();
    play(world, 50);
    EXPECT_TRUE(rules_of(world).empty());
    EXPECT_GE(world.pipeline->associations()->baskets(), 99U);
    World none(watched({}));
    none.begin();
    play(none, 2);
    EXPECT_EQ(none.pipeline->associations(), nullptr);
}

TEST(Associations, what_is_no_state_is_no_event) {
    World world(watched({"#"}));
    world.begin();
    for (const char* value : {"1", "16", "2.5", "-1", "1"}) {
        world.now_ns += 60 * s;
        world.sensors(R"({"a": )" + std::string(value) + "}");
    }
    EXPECT_EQ(world.pipeline->associations()->baskets(), 0U);
}

TEST(Associations, a_backfilled_change_is_no_event_of_now) {
    World world(watched({"#"}));
    world.begin();
    const auto at = [&](std::int64_t age_s, int state) {
        world.sensors(R"({"a": )" + std::to_string(state) + R"(, "ts": )" + std::to_string(world.now_ns / s - age_s) +
                      "}");
    };
    for (int i = 0; i < 20; ++i) {
        world.now_ns += 60 * s;
        at(i == 0 ? 0 : 3600, i % 2);
    }
    EXPECT_EQ(world.pipeline->associations()->baskets(), 0U);
    for (int i = 0; i < 20; ++i) {
        world.now_ns += 60 * s;
        at(0, i % 2);
    }
    EXPECT_GE(world.pipeline->associations()->baskets(), 18U);
}

TEST(Associations, are_kept_over_a_restart_and_left_when_other_channels_are_watched) {
    const Settings settings = watched({"plant/#"});
    World world(settings);
    world.begin();
    play(world, 30);
    const std::vector<AssociationRow> before = rules_of(world);
    ASSERT_EQ(before.size(), 2U);
    World next(settings);
    ASSERT_TRUE(next.restore(world.saved()));
    EXPECT_EQ(rules_of(next).size(), 2U);
    EXPECT_EQ(rules_of(next)[0].figures.together, before[0].figures.together);

    World other(watched({"plant/door/#"}));
    ASSERT_TRUE(other.restore(world.saved()));
    EXPECT_TRUE(rules_of(other).empty());

    auto damaged = world.saved();
    damaged["pairs"].resize(damaged["pairs"].size() - 1);
    World refused(settings);
    EXPECT_FALSE(refused.restore(damaged));
}

}  // namespace
}  // namespace redshank
