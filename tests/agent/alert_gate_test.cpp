#include "agent/alert_gate.hpp"

#include <gtest/gtest.h>

#include "tests/agent/pipeline_world.hpp"

// What holds alerts back: cooldown, limits of rate, silences, maintenance; and that people know of them.

namespace redshank {
namespace {

using test::plant_settings;
using test::rule_on;
using test::s;
using test::World;
using Action = AlertCommand::Action;

class Gate : public testing::Test {
protected:
    static Settings hot() {
        Settings settings = plant_settings();
        settings.rules.push_back(rule_on("hot", "plant/#"));
        settings.rules[0].above = Decimal{80, 0, false};
        return settings;
    }
    void with(const Settings& settings) {
        world_ = std::make_unique<World>(settings);
        world_->begin();
    }
    void at(std::int64_t after_ns, std::string_view payload) {
        world_->now_ns += after_ns;
        world_->sensors(payload);
    }
    std::uint32_t say(const AlertCommand& command) {
        std::array<std::byte, AlertCommand::bytes_max> room;
        ByteWriter out(room);
        encode(command, out);
        world_->record(RecordKind::alert, {out.written().begin(), out.written().end()});
        return world_->pipeline->last_alerts_changed();
    }
    std::string states() const {
        std::string states;
        for (const AlertRow& row : world_->out.alerts) states += row.state == AlertState::firing ? "F" : "C";
        return states;
    }
    std::uint64_t held_back(HeldBack reason) const {
        return world_->pipeline->rules().gate().counts()[static_cast<std::size_t>(reason)];
    }

    std::unique_ptr<World> world_;
};

TEST_F(Gate, in_its_cooldown_a_rule_does_not_fire_and_what_holds_fires_afterwards) {
    Settings settings = hot();
    settings.rules[0].cooldown_ns = 600 * s;
    with(settings);
    at(0, R"({"t": 90})");
    at(s, R"({"t": 20})");
    ASSERT_EQ(states(), "FC");
    at(s, R"({"t": 91})");
    at(s, R"({"t": 20})");  // over before the cooldown is: never heard of
    at(s, R"({"t": 92})");
    world_->tick_after(596 * s - 1);
    EXPECT_EQ(states(), "FC");
    world_->tick_after(1);
    EXPECT_EQ(states(), "FCF");
    EXPECT_EQ(world_->out.alerts.back().value, 92);
    EXPECT_EQ(world_->out.alerts.back().since_ns, world_->now_ns - 596 * s);
    EXPECT_EQ(held_back(HeldBack::cooldown), 2U);
}

TEST_F(Gate, a_limit_lets_so_many_through_and_the_rest_one_by_one) {
    Settings settings = hot();
    settings.alerts.limit = 3;
    settings.alerts.limit_per_ns = 60 * s;
    with(settings);
    at(0, R"({"a": 90, "b": 90, "c": 90, "d": 90, "e": 90})");
    EXPECT_EQ(states(), "FFF");
    EXPECT_EQ(held_back(HeldBack::limit), 2U);
    at(s, R"({"e": 20})");  // over: it was counted and is not told
    world_->tick_after(19 * s);
    EXPECT_EQ(states(), "FFFF");
    EXPECT_EQ(world_->out.alerts.back().channel.view(), "plant/m1/sensors:d");
    world_->tick_after(100 * s);
    EXPECT_EQ(states(), "FFFF");
    EXPECT_EQ(held_back(HeldBack::limit), 2U);
}

TEST_F(Gate, critical_alerts_wait_for_no_limit) {
    Settings settings = hot();
    settings.alerts.limit = 1;
    settings.rules[0].severity = Severity::critical;
    with(settings);
    at(0, R"({"a": 90, "b": 90, "c": 90})");
    EXPECT_EQ(states(), "FFF");
}

TEST_F(Gate, each_source_has_a_limit_of_its_own) {
    Settings settings = hot();
    settings.rules[0].channel = "#";
    SourceSettings other;
    other.topic = "hall/#";
    settings.sources.push_back(other);
    settings.alerts.source_limit = 1;
    with(settings);
    at(0, R"({"a": 90, "b": 90})");
    world_->publish("hall/x", R"({"a": 90, "b": 90})");
    EXPECT_EQ(states(), "FF");
    EXPECT_EQ(world_->out.alerts[1].channel.view(), "hall/x:a");
    EXPECT_EQ(held_back(HeldBack::source_limit), 2U);
}

TEST_F(Gate, a_silence_keeps_what_it_names_and_nothing_else) {
    with(hot());
    EXPECT_EQ(say({.action = Action::silence, .rule = "hot", .channel = "plant/m1/#", .for_ns = 60 * s}), 1U);
    at(0, R"({"t": 90})");
    EXPECT_EQ(states(), "");
    world_->publish("plant/m2/sensors", R"({"t": 90})");
    EXPECT_EQ(states(), "F");
    world_->tick_after(60 * s);
    EXPECT_EQ(states(), "FF");
    EXPECT_EQ(held_back(HeldBack::silence), 1U);
}

TEST_F(Gate, what_held_when_a_silence_is_ended_fires_at_once) {
    with(hot());
    say({.action = Action::silence, .for_ns = 3600 * s});
    at(0, R"({"t": 90})");
    EXPECT_EQ(say({.action = Action::unsilence, .rule = "hot"}), 0U);  // not these words
    EXPECT_EQ(states(), "");
    EXPECT_EQ(say({.action = Action::unsilence}), 1U);
    EXPECT_EQ(states(), "F");
}

TEST_F(Gate, a_silence_does_not_clear_what_fires) {
    with(hot());
    at(0, R"({"t": 90})");
    say({.action = Action::silence, .for_ns = 3600 * s});
    EXPECT_EQ(states(), "F");
    at(s, R"({"t": 20})");
    EXPECT_EQ(states(), "FC");
}

TEST_F(Gate, there_are_as_many_silences_as_there_can_be) {
    with(hot());
    for (std::size_t i = 0; i < AlertGate::silences_max; ++i) {
        EXPECT_EQ(say({.action = Action::silence, .rule = "r" + std::to_string(i), .for_ns = s}), 1U);
    }
    EXPECT_EQ(say({.action = Action::silence, .rule = "more", .for_ns = s}), 0U);
    EXPECT_EQ(say({.action = Action::silence, .rule = "r3", .for_ns = 9 * s}), 1U);  // the same, longer
    world_->tick_after(s);
    EXPECT_EQ(say({.action = Action::silence, .rule = "more", .for_ns = s}), 1U);
}

TEST_F(Gate, in_maintenance_nothing_fires_and_nothing_is_learned) {
    with(hot());
    for (int i = 0; i < 400; ++i) at(s, "{\"t\": " + std::to_string(20 + i % 3) + "}");
    const std::uint64_t learned = world_->pipeline->learned();
    EXPECT_GT(learned, 0U);
    EXPECT_EQ(say({.action = Action::maintenance_on}), 1U);
    for (int i = 0; i < 20; ++i) at(s, "{\"t\": " + std::to_string(20 + i % 3) + "}");
    EXPECT_EQ(world_->pipeline->learned(), learned);
    at(s, R"({"t": 90})");
    EXPECT_EQ(states(), "");
    EXPECT_EQ(say({.action = Action::maintenance_off}), 1U);
    EXPECT_EQ(world_->out.alerts_of("hot").size(), 1U);
    EXPECT_EQ(say({.action = Action::maintenance_off}), 0U);
    for (int i = 0; i < 50; ++i) at(s, "{\"t\": " + std::to_string(20 + i % 3) + "}");
    EXPECT_GT(world_->pipeline->learned(), learned);
}

TEST_F(Gate, maintenance_ends_by_itself) {
    with(hot());
    say({.action = Action::maintenance_on, .for_ns = 60 * s});
    at(0, R"({"t": 90})");
    world_->tick_after(60 * s);
    EXPECT_EQ(states(), "F");
}

TEST_F(Gate, an_acknowledgement_stays_until_the_alert_clears) {
    with(hot());
    EXPECT_EQ(say({.action = Action::acknowledge, .rule = "hot"}), 0U);
    at(0, R"({"t": 90, "u": 90})");
    EXPECT_EQ(say({.action = Action::acknowledge, .rule = "hot", .channel = "plant/m1/sensors:t"}), 1U);
    const auto acknowledged = [&](std::string_view channel) {
        const AlertRules& rules = world_->pipeline->rules();
        return rules[rules.find(0, channel)].acknowledged_ns;
    };
    EXPECT_EQ(acknowledged("plant/m1/sensors:t"), world_->now_ns);
    EXPECT_EQ(acknowledged("plant/m1/sensors:u"), 0);
    at(s, R"({"t": 20})");
    EXPECT_EQ(acknowledged("plant/m1/sensors:t"), 0);
}

TEST_F(Gate, a_damaged_command_changes_nothing) {
    with(hot());
    world_->record(RecordKind::alert, {std::byte{9}, std::byte{0}});
    EXPECT_EQ(world_->pipeline->last_alerts_changed(), 0U);
    world_->record(RecordKind::alert, {});
    EXPECT_EQ(world_->pipeline->last_alerts_changed(), 0U);
}

TEST(NameUnder, is_as_topics_are) {
    EXPECT_TRUE(name_under("", "a/b:c"));
    EXPECT_TRUE(name_under("#", "a/b:c"));
    EXPECT_TRUE(name_under("a/#", "a"));
    EXPECT_TRUE(name_under("a/#", "a/b:c"));
    EXPECT_TRUE(name_under("a/+/c", "a/b/c"));
    EXPECT_TRUE(name_under("a/b:c", "a/b:c"));
    EXPECT_FALSE(name_under("a/b", "a/b:c"));
    EXPECT_FALSE(name_under("a/+", "a"));
    EXPECT_FALSE(name_under("a/+", "a/b/c"));
    EXPECT_FALSE(name_under("b/#", "a/b"));
}

TEST(RateLimit, lets_a_burst_through_and_refills_evenly) {
    RateLimit limit(4, 8 * s);
    std::int64_t now_ns = 1000 * s;
    int passed = 0;
    for (int i = 0; i < 10; ++i) {
        if (limit.opens_ns() > now_ns) continue;
        limit.passed(now_ns);
        ++passed;
    }
    EXPECT_EQ(passed, 4);
    EXPECT_EQ(limit.opens_ns(), now_ns + 2 * s);
    now_ns += 100 * s;
    EXPECT_LE(limit.opens_ns(), now_ns);
    RateLimit none;
    none.passed(now_ns);
    EXPECT_LE(none.opens_ns(), now_ns);
}

}  // namespace
}  // namespace redshank
