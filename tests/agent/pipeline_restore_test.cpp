#include <gtest/gtest.h>

#include <algorithm>

#include "tests/agent/pipeline_world.hpp"

// Restoring under another configuration or in another boot.

namespace redshank {
namespace {

using test::noon_ns;
using test::plant_settings;
using test::rule_on;
using test::s;
using test::Saved;
using test::World;

GroupSettings group_of(std::string name, std::vector<std::string> channels) {
    GroupSettings group;
    group.model = "pca";
    group.name = std::move(name);
    group.channels = std::move(channels);
    group.warmup_readings = 40;
    return group;
}

// `settings` from the next record on, in the same boot; `began` at once.
std::unique_ptr<World> under(const Settings& settings, const World& before, std::uint64_t boot = 1,
                             std::int64_t now_ns = 0) {
    auto world = std::make_unique<World>(settings, boot);
    EXPECT_TRUE(world->restore(before.saved()));
    world->now_ns = now_ns != 0 ? now_ns : before.now_ns;
    world->read_before = before.out.readings() + before.read_before;
    world->made_before = before.pipeline->ledger().made;
    EXPECT_EQ(world->imbalance(), "") << "before began";
    world->event(RecordKind::began, true);
    EXPECT_EQ(world->imbalance(), "");
    return world;
}

void teach(World& world, int readings) {
    test::Random random(5);
    for (int i = 0; i < readings; ++i) {
        world.now_ns += s;
        world.sensors("{\"a\": " + std::to_string(random.between(17, 23)) +
                      ", \"b\": " + std::to_string(random.between(17, 23)) + "}");
    }
}

TEST(Reconfigured, windows_of_a_channel_that_left_become_results_when_it_began) {
    Settings settings = plant_settings();
    World before(settings);
    before.begin();
    before.sensors(R"({"a": 1, "b": 2})");
    settings.sources[0].fields = {"b"};
    const auto after = under(settings, before);
    ASSERT_EQ(after->out.aggregates.size(), 1U);
    EXPECT_EQ(after->out.aggregates[0].channel.view(), "plant/m1/sensors:a");
    EXPECT_EQ(after->out.aggregates[0].quality, quality::split);
    EXPECT_EQ(after->out.aggregates[0].number, 1U);
    EXPECT_EQ(after->out.aggregates[0].boot, 1U);
    EXPECT_EQ(after->pipeline->channels(), 1U);
    after->finish();
    EXPECT_EQ(after->out.readings(), 2U);
}

TEST(Reconfigured, what_left_is_gone_from_the_next_save) {
    Settings settings = plant_settings();
    World before(settings);
    before.begin();
    before.sensors(R"({"a": 1, "b": 2})");
    Saved database = before.saved();
    settings.sources[0].fields = {"b"};
    const auto after = under(settings, before);
    after->save_to(database, before.position, before.position);
    EXPECT_EQ(database, after->saved());
    World again(settings);
    ASSERT_TRUE(again.restore(database));
    EXPECT_EQ(again.pipeline->open_readings(), 1U);
}

TEST(Reconfigured, a_smaller_table_counts_what_it_no_longer_holds_once) {
    Settings settings = plant_settings();
    World before(settings);
    before.begin();
    before.sensors(R"({"a": 1, "b": 2, "c": 3})");
    Saved database = before.saved();
    settings.capacities.channels_max = 1;
    const auto after = under(settings, before);
    EXPECT_EQ(after->out.aggregates.size(), 2U);
    after->save_to(database, before.position, before.position);

    World again(settings);
    ASSERT_TRUE(again.restore(database));
    again.now_ns = after->now_ns;
    EXPECT_EQ(again.pipeline->open_readings(), 1U);
    again.event(RecordKind::began, true);
    EXPECT_TRUE(again.out.aggregates.empty());

    settings.capacities.channels_max = 32;  // and larger again
    World larger(settings);
    ASSERT_TRUE(larger.restore(database));
    larger.now_ns = after->now_ns;
    larger.event(RecordKind::began, true);
    EXPECT_TRUE(larger.out.aggregates.empty());
    EXPECT_EQ(larger.pipeline->channels(), 1U);
    larger.save_to(database, larger.position - 1, 0);
    EXPECT_EQ(database, larger.saved());
}

TEST(Reconfigured, slots_of_channels_that_left_are_used_again) {
    Settings settings = plant_settings();
    settings.capacities.channels_max = 3;
    World before(settings);
    before.begin();
    before.sensors(R"({"a": 1, "b": 2, "c": 3})");
    settings.sources[0].fields = {"c", "d", "e"};
    const auto after = under(settings, before);
    after->sensors(R"({"c": 1, "d": 2, "e": 3})");
    EXPECT_EQ(after->rejected(Error::channel_limit), 0U);
    EXPECT_EQ(after->pipeline->channels(), 3U);
    EXPECT_EQ(after->imbalance(), "");
}

TEST(Reconfigured, a_rule_that_left_clears) {
    Settings settings = plant_settings();
    settings.rules = {rule_on("hot", "#"), rule_on("warm", "#")};
    settings.rules[0].above = Decimal{85, 0, false};
    settings.rules[0].severity = Severity::critical;
    settings.rules[1].above = Decimal{50, 0, false};
    World before(settings);
    before.begin();
    before.sensors(R"({"a": 90})");
    ASSERT_EQ(before.out.alerts.size(), 2U);
    settings.rules.erase(settings.rules.begin());
    const auto after = under(settings, before);
    ASSERT_EQ(after->out.alerts.size(), 1U);
    EXPECT_EQ(after->out.alerts[0].rule.view(), "hot");
    EXPECT_EQ(after->out.alerts[0].channel.view(), "plant/m1/sensors:a");
    EXPECT_EQ(after->out.alerts[0].state, AlertState::clear);
    EXPECT_EQ(after->out.alerts[0].severity, Severity::critical);
    EXPECT_EQ(after->out.alerts[0].id, (AlertId{1, after->position, 0}));
    after->connect(true);
    after->sensors(R"({"a": 40})");
    ASSERT_EQ(after->out.alerts.size(), 2U);
    EXPECT_EQ(after->out.alerts[1].rule.view(), "warm");
    EXPECT_EQ(after->out.alerts[1].state, AlertState::clear);
}

TEST(Reconfigured, a_rule_whose_pattern_no_longer_matches_clears) {
    Settings settings = plant_settings();
    settings.rules = {rule_on("hot", "#")};
    settings.rules[0].above = Decimal{85, 0, false};
    World before(settings);
    before.begin();
    before.sensors(R"({"a": 90})");
    settings.rules[0].channel = "plant/+/sensors:b";
    const auto after = under(settings, before);
    ASSERT_EQ(after->out.alerts.size(), 1U);
    EXPECT_EQ(after->out.alerts[0].state, AlertState::clear);
    after->sensors(R"({"a": 90, "b": 90})");
    ASSERT_EQ(after->out.alerts.size(), 2U);
    EXPECT_EQ(after->out.alerts[1].channel.view(), "plant/m1/sensors:b");
}

TEST(Reconfigured, what_was_pending_under_another_threshold_or_kind_does_not_fire) {
    Settings settings = plant_settings();
    settings.rules = {rule_on("hot", "#"), rule_on("silent", "#")};
    settings.rules[0].above = Decimal{85, 0, false};
    settings.rules[0].for_ns = 30 * s;
    settings.rules[1].absent_for_ns = 600 * s;
    World before(settings);
    before.begin();
    before.sensors(R"({"a": 90})");
    settings.rules[0].above = Decimal{95, 0, false};
    settings.rules[1].absent_for_ns.reset();
    settings.rules[1].above = Decimal{95, 0, false};
    const auto after = under(settings, before);
    after->tick_after(1000 * s);
    EXPECT_TRUE(after->out.alerts.empty());
}

TEST(Reconfigured, a_new_dead_man_finds_a_channel_that_is_silent_already) {
    Settings settings = plant_settings();
    World before(settings);
    before.begin();
    before.sensors(R"({"a": 1})");
    before.event(RecordKind::down);
    settings.rules = {rule_on("silent", "#")};
    settings.rules[0].absent_for_ns = 60 * s;
    const auto after = under(settings, before);
    after->tick_after(1000 * s);
    EXPECT_TRUE(after->out.alerts.empty());
    after->connect(true);
    after->tick_after(60 * s);
    EXPECT_EQ(after->out.alerts.size(), 1U);
}

TEST(Reconfigured, windows_of_the_former_length_close_as_they_were) {
    Settings settings = plant_settings();
    World before(settings);
    before.begin();
    before.sensors(R"({"a": 1})");
    settings.window.length_ns = 60 * s;
    const auto after = under(settings, before);
    after->sensors(R"({"a": 2})");
    EXPECT_TRUE(after->out.aggregates.empty());
    after->tick_after(15 * s);
    ASSERT_EQ(after->out.aggregates.size(), 1U);
    EXPECT_EQ(after->out.aggregates[0].length_ns, 10 * s);
    after->finish();
    ASSERT_EQ(after->out.aggregates.size(), 2U);
    EXPECT_EQ(after->out.aggregates[1].length_ns, 60 * s);
    EXPECT_EQ(after->out.aggregates[1].parts.count, 1U);
    EXPECT_EQ(after->imbalance(), "");
}

class Models : public testing::Test {
protected:
    Models() : before_(settings()) {
        before_.begin();
        teach(before_, 300);
    }
    static Settings settings() {
        Settings settings = plant_settings();
        settings.groups = {group_of("pump-{machine}", {"a", "b"}), group_of("fan-{machine}", {"b"})};
        return settings;
    }
    World before_;
};

TEST_F(Models, they_stay_while_their_inputs_are_unchanged) {
    Settings changed = settings();
    changed.window.length_ns = s;
    changed.sources[0].fields = {"a", "b", "c"};
    changed.sources[0].preprocess.range = PreprocessSettings::Range{{-40, 0}, {5000, 0}};
    changed.rules = {rule_on("hot", "#")};
    changed.rules[0].above = Decimal{85, 0, false};
    const auto after = under(changed, before_);
    EXPECT_EQ(after->models(), before_.models());
}

TEST_F(Models, they_stay_when_other_groups_come_and_go) {
    Settings changed = settings();
    changed.groups.insert(changed.groups.begin(), group_of("all", {"a"}));
    changed.groups.insert(changed.groups.begin() + 2, group_of("more-{machine}", {"a"}));
    const auto more = under(changed, before_);
    EXPECT_EQ(more->models().at("pump-m1"), before_.models().at("pump-m1"));
    EXPECT_EQ(more->models().at("fan-m1"), before_.models().at("fan-m1"));
    Saved database = before_.saved();
    more->save_to(database, before_.position, before_.position);
    EXPECT_EQ(database, more->saved());

    changed.groups = {group_of("fan-{machine}", {"b"})};
    const auto fewer = under(changed, *more);
    EXPECT_EQ(fewer->models().size(), 1U);
    EXPECT_EQ(fewer->models().at("fan-m1"), before_.models().at("fan-m1"));
}

TEST_F(Models, they_stay_when_their_places_move_onto_each_others) {
    Settings first = plant_settings();
    first.capacities.groups_max = 12;
    first.groups = {group_of("p-{machine}", {"z"}), group_of("pump-{machine}", {"a"}), group_of("q-{machine}", {"z"})};
    World three(first);
    three.begin();
    test::Random random(9);
    for (int i = 0; i < 600; ++i) {
        const std::string topic = "plant/m" + std::to_string(i % 3) + "/sensors";
        three.publish(topic, "{\"a\": " + std::to_string(random.between(0, 9)) + "}");
    }
    const auto models = three.models();
    ASSERT_EQ(models.size(), 3U);
    Settings second = first;
    second.groups.pop_back();  // the pumps have the slots from 6 on now, not from 4 on
    const auto after = under(second, three);
    EXPECT_EQ(after->models(), models);
    Saved database = three.saved();
    after->save_to(database, three.position, three.position);
    EXPECT_EQ(database, after->saved());
}

TEST_F(Models, they_begin_anew_with_other_members) {
    Settings changed = settings();
    changed.groups[0].channels = {"b", "a"};
    const auto after = under(changed, before_);
    EXPECT_NE(after->models().at("pump-m1"), before_.models().at("pump-m1"));
    EXPECT_EQ(after->models().at("fan-m1"), before_.models().at("fan-m1"));
}

TEST_F(Models, they_begin_anew_with_other_smoothing_and_their_alerts_clear) {
    before_.now_ns += s;
    before_.sensors(R"({"a": 20, "b": 500})");
    ASSERT_EQ(before_.out.alerts.size(), 2U);
    Settings changed = settings();
    changed.sources[0].preprocess.smooth_alpha_q16 = 20000;
    const auto after = under(changed, before_);
    ASSERT_EQ(after->out.alerts.size(), 2U);
    for (const AlertRow& row : after->out.alerts) EXPECT_EQ(row.state, AlertState::clear);
    const auto empty = after->models();
    EXPECT_NE(empty, before_.models());
    teach(*after, 200);
    EXPECT_NE(after->models(), empty) << "it learns at once: its alert no longer holds it";
}

TEST_F(Models, one_that_began_anew_stays_so_after_a_kill) {
    Settings changed = settings();
    changed.sources[0].preprocess.smooth_alpha_q16 = 20000;
    const auto after = under(changed, before_);
    Saved database = before_.saved();
    after->save_to(database, before_.position, 0);
    World again(changed);
    ASSERT_TRUE(again.restore(database));
    EXPECT_EQ(again.models(), after->models());
}

TEST_F(Models, a_channels_own_fault_is_remembered_over_a_restart) {
    Settings alone = plant_settings();
    World world(alone);
    world.begin();
    teach(world, 300);
    world.sensors(R"({"a": 500})");
    ASSERT_EQ(world.out.alerts.size(), 1U);
    World again(alone);
    ASSERT_TRUE(again.restore(world.saved()));
    again.now_ns = world.now_ns;
    const std::uint64_t learned = again.pipeline->learned();
    for (int i = 0; i < 20; ++i) {
        again.now_ns += s;
        again.sensors(R"({"a": 500})");
    }
    EXPECT_EQ(again.pipeline->learned(), learned);
    EXPECT_TRUE(again.out.alerts.empty());
}

TEST(NewBoot, windows_close_under_the_boot_that_opened_them) {
    World before(plant_settings());
    before.begin();
    before.sensors(R"({"a": 1})");
    const auto after = under(plant_settings(), before, 2, 1000 * s);
    ASSERT_EQ(after->out.aggregates.size(), 1U);
    EXPECT_EQ(after->out.aggregates[0].boot, 1U);
    EXPECT_EQ(after->out.aggregates[0].start_ns, noon_ns);
    EXPECT_EQ(after->position, 1U);
    after->connect(true);
    after->sensors(R"({"a": 2})");
    after->finish();
    ASSERT_EQ(after->out.aggregates.size(), 2U);
    EXPECT_EQ(after->out.aggregates[1].boot, 2U);
    EXPECT_EQ(after->out.aggregates[1].start_ns, 1000 * s);
    EXPECT_EQ(after->out.aggregates[1].number, 2U);
    EXPECT_EQ(after->imbalance(), "");
}

TEST(NewBoot, what_was_timed_goes_on_with_the_new_time_line) {
    Settings settings = plant_settings();
    settings.rules = {rule_on("silent", "#"), rule_on("hot", "#")};
    settings.rules[0].absent_for_ns = 60 * s;
    settings.rules[1].above = Decimal{85, 0, false};
    settings.rules[1].for_ns = 30 * s;
    for (const std::int64_t boots_at : {1000 * s, noon_ns + 7'000'000 * s}) {
        World before(settings);
        before.begin();
        before.sensors(R"({"a": 90})");
        before.tick_after(10 * s);  // no down record: the power went
        const auto after = under(settings, before, 2, boots_at);
        after->tick_after(500 * s);
        EXPECT_TRUE(after->out.alerts.empty());
        after->connect(true);
        after->tick_after(20 * s - 1);
        EXPECT_TRUE(after->out.alerts.empty());
        after->tick_after(1);
        ASSERT_EQ(after->out.alerts.size(), 1U);
        EXPECT_EQ(after->out.alerts[0].rule.view(), "hot");
        EXPECT_EQ(after->out.alerts[0].id, (AlertId{2, after->position, 0}));
        after->tick_after(30 * s);
        ASSERT_EQ(after->out.alerts.size(), 2U);
        EXPECT_EQ(after->out.alerts[1].rule.view(), "silent");
    }
}

TEST(NewBoot, the_hold_of_a_model_goes_on_with_the_new_time_line) {
    Settings settings = plant_settings();
    settings.anomaly.hold_ns = 60 * s;
    World before(settings);
    before.begin();
    teach(before, 300);
    before.sensors(R"({"a": 500})");
    ASSERT_EQ(before.out.alerts.size(), 1U);
    before.tick_after(30 * s);
    const auto after = under(settings, before, 2, 1000 * s);
    after->event(RecordKind::began, true);  // once more moves nothing again
    after->connect(true);
    const std::uint64_t learned = after->pipeline->learned();
    after->now_ns += 29 * s;
    after->sensors(R"({"a": 500})");
    EXPECT_EQ(after->pipeline->learned(), learned);
    after->now_ns += s;
    after->sensors(R"({"a": 500})");
    EXPECT_EQ(after->pipeline->learned(), learned + 1);
}

TEST(NewBoot, everything_is_saved_again_and_goes_on_after_a_kill) {
    World before(plant_settings());
    before.begin();
    teach(before, 100);
    Saved database = before.saved();
    const auto after = under(plant_settings(), before, 2, 1000 * s);
    after->connect(true);
    teach(*after, 5);
    after->save_to(database, 0, 0);
    World again(plant_settings(), 2);
    ASSERT_TRUE(again.restore(database));
    EXPECT_EQ(again.saved(), after->saved());
    again.now_ns = after->now_ns;
    for (World* world : {&again, after.get()}) {
        world->out.all.clear();
        teach(*world, 50);
    }
    EXPECT_EQ(again.out.all, after->out.all);
}

TEST(NewBoot, a_session_that_outlived_the_boot_is_told_from_new_messages) {
    World before(plant_settings());
    before.begin();
    before.message({.topic = "plant/m1/sensors", .payload = test::bytes_of(R"({"a": 1})"), .qos = 1, .packet_id = 7});
    const auto after = under(plant_settings(), before, 2, 1000 * s);
    after->connect(true);
    after->message({.topic = "plant/m1/sensors",
                    .payload = test::bytes_of(R"({"a": 1})"),
                    .qos = 1,
                    .duplicate = true,
                    .packet_id = 7});
    EXPECT_EQ(after->pipeline->ledger().duplicate, 1U);
}

TEST(NewBoot, the_ledger_goes_on_in_total_and_by_source) {
    World before(plant_settings());
    before.begin();
    before.sensors(R"({"a": 1})");
    before.sensors(R"({"a": )");
    const auto after = under(plant_settings(), before, 2, 1000 * s);
    after->connect(true);
    after->sensors(R"({"a": 1})");
    EXPECT_EQ(after->pipeline->ledger().messages, 3U);
    EXPECT_EQ(after->pipeline->sources()[0].ledger.messages, 3U);
    EXPECT_EQ(after->pipeline->sources()[0].ledger.last_reason, Error::invalid_json);
    EXPECT_EQ(after->imbalance(), "");
}

TEST(Reconfigured, under_a_new_subscription_no_copy_came_yet) {
    const Settings settings = plant_settings();
    const auto of = [](std::uint32_t subscription) {
        return Message{.topic = "plant/m1/sensors",
                       .payload = test::bytes_of(R"({"a": 1})"),
                       .qos = 1,
                       .packet_id = 3,
                       .subscription_id = subscription};
    };
    World before(settings);
    before.pipeline->sources()[0].subscription_id = 1;
    before.begin();
    before.message(of(1));
    for (const std::uint32_t subscription : {1U, 2U}) {
        World after(settings);
        after.pipeline->sources()[0].subscription_id = subscription;
        ASSERT_TRUE(after.restore(before.saved()));
        after.now_ns = before.now_ns;
        after.message(of(9));
        EXPECT_EQ(after.pipeline->ledger().duplicate, subscription == 1U ? 1U : 0U);
    }
}

TEST(Reconfigured, the_ledger_of_a_source_follows_its_topic) {
    Settings settings = plant_settings();
    World before(settings);
    before.begin();
    before.sensors(R"({"a": 1})");
    SourceSettings hall;
    hall.topic = "hall";
    settings.sources.insert(settings.sources.begin(), hall);
    const auto two = under(settings, before);
    EXPECT_EQ(two->pipeline->sources()[0].ledger.messages, 0U);
    EXPECT_EQ(two->pipeline->sources()[1].ledger.messages, 1U);
    // One fewer: what the database still holds of the second place is not read any more.
    Saved database = two->saved();
    settings.sources.erase(settings.sources.begin());
    World one(settings);
    ASSERT_TRUE(one.restore(database));
    one.now_ns = two->now_ns;
    one.event(RecordKind::began, true);
    one.sensors(R"({"a": 1})");
    one.save_to(database, one.position - 2, 0);
    World again(settings);
    ASSERT_TRUE(again.restore(database));
    EXPECT_EQ(again.pipeline->sources()[0].ledger.messages, 2U);
}

}  // namespace
}  // namespace redshank
