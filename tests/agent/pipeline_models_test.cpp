#include <gtest/gtest.h>

#include <functional>

#include "tests/agent/pipeline_world.hpp"

// Commands on models: records like any other.

namespace redshank {
namespace {

using test::plant_settings;
using test::s;
using test::World;
using Action = ModelCommand::Action;

constexpr std::string_view channel = "plant/m1/sensors:a";

std::vector<std::byte> body_of(const ModelCommand& command) {
    std::vector<std::byte> body(ModelCommand::head_bytes_max + command.snapshot.size());
    ByteWriter out(body);
    encode(command, out);
    EXPECT_TRUE(out.ok());
    body.resize(out.used());
    return body;
}

class ModelCommands : public testing::Test {
protected:
    explicit ModelCommands(std::uint64_t seed = 3) : random_(seed) {
        world_ = std::make_unique<World>(plant_settings());
        world_->begin();
    }

    // One reading a second round `level`.
    void teach(int readings, std::int64_t level = 20) {
        for (int i = 0; i < readings; ++i) {
            world_->now_ns += s;
            world_->sensors("{\"a\": " + std::to_string(level + random_.between(-3, 3)) + "." +
                            std::to_string(random_.below(10)) + "}");
        }
    }
    std::optional<ModelRefusal> command(Action action, std::span<const std::byte> snapshot = {},
                                        std::string_view group = channel) {
        world_->record(RecordKind::model, body_of({.action = action, .group = group, .snapshot = snapshot}));
        return world_->pipeline->last_refusal();
    }
    std::vector<std::byte> model() const { return world_->models()[std::string(channel)]; }
    const Group& group() const { return world_->pipeline->group_table()[world_->pipeline->find_group(channel)]; }
    bool firing() const { return world_->out.scores.back().alarm; }
    // What a checkpoint keeps of the model before the last command.
    std::vector<std::byte> kept() const {
        test::Saved saved;
        world_->save_to(saved, world_->position - 1, std::nullopt);
        const auto entry = saved.find("before/00000");
        if (entry == saved.end()) return {};
        const auto snapshot = world_->pipeline->saved_copy(0, entry->second);
        return {snapshot.begin(), snapshot.end()};
    }

    test::Random random_;
    std::unique_ptr<World> world_;
};

TEST_F(ModelCommands, an_import_is_what_was_exported) {
    teach(300);
    const auto exported = model();
    teach(100);
    const auto before = model();
    ASSERT_NE(before, exported);
    EXPECT_EQ(command(Action::import, exported), std::nullopt);
    EXPECT_EQ(model(), exported);
    EXPECT_EQ(kept(), before);
}

TEST_F(ModelCommands, what_the_model_does_not_take_changes_nothing) {
    teach(300);
    const auto exported = model();
    teach(10);
    const auto before = model();
    ASSERT_EQ(command(Action::reset), std::nullopt);
    const auto fresh = model();
    for (std::size_t size : {std::size_t{0}, exported.size() / 2, exported.size() - 1}) {
        EXPECT_EQ(command(Action::import, std::span(exported).first(size)), ModelRefusal::wrong_model);
        EXPECT_EQ(model(), fresh);
    }
    std::vector<std::byte> longer = exported;
    longer.push_back(std::byte{0});
    EXPECT_EQ(command(Action::import, longer), ModelRefusal::wrong_model);
    EXPECT_EQ(model(), fresh);
    EXPECT_EQ(command(Action::import, exported, "elsewhere"), ModelRefusal::unknown_group);
    // The way back is still that of the reset.
    test::Saved saved;
    world_->save_to(saved, world_->position - 7, std::nullopt);
    const auto snapshot = world_->pipeline->saved_copy(0, saved["before/00000"]);
    EXPECT_EQ(std::vector<std::byte>(snapshot.begin(), snapshot.end()), before);
}

TEST_F(ModelCommands, a_rollback_leads_back_and_another_one_forth_again) {
    teach(300);
    const auto first = model();
    ASSERT_EQ(command(Action::reset), std::nullopt);
    const auto second = model();
    ASSERT_EQ(kept(), first);
    ASSERT_EQ(command(Action::rollback, kept()), std::nullopt);
    EXPECT_EQ(model(), first);
    ASSERT_EQ(kept(), second);
    ASSERT_EQ(command(Action::rollback, kept()), std::nullopt);
    EXPECT_EQ(model(), second);
}

TEST_F(ModelCommands, a_reset_model_warms_up_again_and_its_alert_clears) {
    teach(400);
    teach(1, 500);
    ASSERT_TRUE(firing());
    ASSERT_EQ(command(Action::reset), std::nullopt);
    ASSERT_EQ(world_->out.alerts.back().state, AlertState::clear);
    teach(39, 500);
    EXPECT_FALSE(group().last_score.warm);
    EXPECT_EQ(group().model->learned(), 39U);
    EXPECT_FALSE(firing());
}

class Shift : public ModelCommands, public testing::WithParamInterface<std::tuple<std::uint64_t, std::int64_t>> {
protected:
    Shift() : ModelCommands(std::get<0>(GetParam())) {}
};

// A level shift: the alert clears at once, and what was accepted raises none again.
TEST_P(Shift, that_was_accepted_is_normal) {
    const std::int64_t level = std::get<1>(GetParam());
    teach(600);
    const std::size_t before = world_->out.alerts.size();
    for (int i = 0; i < 100 && !firing(); ++i) teach(1, level);
    ASSERT_TRUE(firing());
    teach(50, level);
    ASSERT_TRUE(group().held || !firing());
    ASSERT_EQ(command(Action::accept), std::nullopt);
    ASSERT_EQ(world_->out.alerts.back().state, AlertState::clear);
    const std::size_t cleared = world_->out.alerts.size();
    teach(2000, level);
    EXPECT_EQ(world_->out.alerts.size(), cleared) << "fired again after " << before << " alerts";
    EXPECT_EQ(group().unjudged, 0U);
    // It still knows a fault when it sees one.
    teach(3, level + 4000);
    EXPECT_TRUE(firing());
}

INSTANTIATE_TEST_SUITE_P(Levels, Shift,
                         testing::Combine(testing::Values(1, 2, 3), testing::Values(45, 60, 100, 500, -300)));

// Both groups alert on the level of `b`; accepting it for one is accepting it for the other, whose input it is too.
TEST_F(ModelCommands, a_change_is_accepted_for_every_group_that_has_the_channel) {
    Settings settings = plant_settings();
    for (const std::string other : {"a", "c"}) {
        GroupSettings pair;
        pair.model = "pca";
        pair.name = "with-" + other;
        pair.channels = {other, "b"};
        pair.warmup_readings = 40;
        settings.groups.push_back(pair);
    }
    world_ = std::make_unique<World>(settings);
    world_->begin();
    const auto readings = [&](int count, std::int64_t b) {
        for (int i = 0; i < count; ++i) {
            world_->now_ns += s;
            const auto value = [&](std::int64_t level) { return std::to_string(level + random_.between(-30, 30)); };
            world_->sensors("{\"a\": " + value(200) + ", \"b\": " + value(b) + ", \"c\": " + value(300) + "}");
        }
    };
    readings(400, 100);
    readings(20, 1500);
    ASSERT_EQ(world_->out.alerts.size(), 2U);
    ASSERT_EQ(command(Action::accept, {}, "with-a"), std::nullopt);
    ASSERT_EQ(world_->out.alerts.size(), 4U);
    readings(1000, 1500);
    EXPECT_EQ(world_->out.alerts.size(), 4U);
    readings(3, 9000);
    EXPECT_EQ(world_->out.alerts.size(), 6U);
}

TEST_F(ModelCommands, a_rule_on_the_score_that_waits_waits_no_more) {
    Settings settings = plant_settings();
    settings.anomaly.for_ns = 30 * s;
    world_ = std::make_unique<World>(settings);
    world_->begin();
    teach(400);
    teach(5, 500);
    ASSERT_TRUE(world_->out.alerts.empty());
    ASSERT_EQ(command(Action::accept), std::nullopt);
    world_->tick_after(60 * s);
    EXPECT_TRUE(world_->out.alerts.empty());
}

// A checkpoint without models carries a model that a command changed, because the record is not replayed again.
TEST_F(ModelCommands, a_command_is_in_the_first_checkpoint_that_covers_it) {
    teach(300);
    const auto exported = model();
    teach(50);
    const test::Saved base = world_->saved();
    const std::uint64_t covered = world_->position;
    ASSERT_EQ(command(Action::import, exported), std::nullopt);
    teach(1);
    const auto after = model();
    test::Saved database = base;
    world_->save_to(database, covered, std::nullopt);
    World again(plant_settings());
    ASSERT_TRUE(again.restore(database));
    EXPECT_EQ(again.models()[std::string(channel)], after);
    test::Saved next;
    world_->save_to(next, world_->position, std::nullopt);
    EXPECT_FALSE(next.contains("model/00000")) << "once is enough";
    EXPECT_FALSE(next.contains("before/00000"));
}

TEST_F(ModelCommands, replayed_commands_give_the_same_bytes) {
    teach(300);
    const auto exported = model();
    teach(200, 25);
    const test::Saved base = world_->saved();
    std::vector<test::OwnedRecord> records;
    const auto record = [&](RecordKind kind, std::vector<std::byte> body) {
        world_->now_ns += s;
        world_->record(kind, body);
        records.push_back({.position = world_->position, .stamp_ns = world_->now_ns, .kind = kind, .body = body});
    };
    const auto readings = [&](int count) {
        for (int i = 0; i < count; ++i) {
            const std::string payload = "{\"a\": " + std::to_string(random_.between(15, 25)) + "}";
            record(RecordKind::message,
                   test::encoded({.topic = "plant/m1/sensors", .payload = test::bytes_of(payload), .qos = 1}));
        }
    };
    for (const Action action : {Action::import, Action::accept, Action::reset, Action::rollback}) {
        readings(20);
        const bool takes = action == Action::import || action == Action::rollback;
        record(RecordKind::model,
               body_of({.action = action,
                        .group = channel,
                        .made_ns = takes ? 7 : 0,
                        .snapshot = takes ? std::span<const std::byte>(exported) : std::span<const std::byte>()}));
        ASSERT_EQ(world_->pipeline->last_refusal(), std::nullopt);
    }
    readings(20);
    World again(plant_settings());
    ASSERT_TRUE(again.restore(base));
    for (const test::OwnedRecord& each : records) again.play(each);
    EXPECT_EQ(again.saved(), world_->saved());
}

TEST_F(ModelCommands, an_older_one_is_not_taken_again_and_the_state_survives) {
    teach(300);
    const auto exported = model();
    const ModelCommand import{.action = Action::import, .group = channel, .made_ns = 1000, .snapshot = exported};
    const ModelOrigin origin{.model = "pca", .newer_only = true};
    EXPECT_EQ(world_->pipeline->refusal_of(import, origin), std::nullopt);
    world_->record(RecordKind::model, body_of(import));
    EXPECT_EQ(world_->pipeline->refusal_of(import, origin), ModelRefusal::not_newer);
    EXPECT_EQ(world_->pipeline->refusal_of(import, {.model = "pca"}), std::nullopt);
    EXPECT_EQ(world_->pipeline->refusal_of(import, {.model = "other"}), ModelRefusal::wrong_model);
    EXPECT_EQ(world_->pipeline->refusal_of(import, {.model = "pca", .fingerprint = 1}), ModelRefusal::wrong_model);
    World again(plant_settings());
    ASSERT_TRUE(again.restore(world_->saved()));
    EXPECT_EQ(again.pipeline->refusal_of(import, origin), ModelRefusal::not_newer);
}

TEST_F(ModelCommands, as_many_go_back_as_memory_holds_until_a_checkpoint_has_them) {
    Settings settings = plant_settings();
    settings.capacities.channels_max = 200;
    settings.capacities.groups_max = 200;
    settings.capacities.rule_states_max = 400;
    world_ = std::make_unique<World>(settings);
    world_->begin();
    for (int i = 0; i < 200; ++i) world_->publish("plant/m" + std::to_string(i) + "/sensors", "{\"a\": 1}");
    std::size_t taken = 0;
    const auto name = [](std::size_t i) { return "plant/m" + std::to_string(i) + "/sensors:a"; };
    while (taken < 200 && !world_->pipeline->refusal_of({.action = Action::reset, .group = name(taken)}, {})) {
        ASSERT_EQ(command(Action::reset, {}, name(taken)), std::nullopt);
        ++taken;
    }
    EXPECT_GT(taken, 4U);
    ASSERT_LT(taken, 200U);
    EXPECT_EQ(world_->pipeline->refusal_of({.action = Action::reset, .group = name(taken)}, {}), ModelRefusal::busy);
    EXPECT_EQ(command(Action::reset, {}, name(taken)), ModelRefusal::busy);
    EXPECT_FALSE(world_->saved().contains("too much"));
    world_->pipeline->copies_saved(world_->position);
    EXPECT_EQ(command(Action::reset, {}, name(taken)), std::nullopt);
}

TEST_F(ModelCommands, a_record_that_is_no_command_is_refused) {
    teach(50);
    const auto before = world_->saved();
    world_->record(RecordKind::model, {});
    EXPECT_EQ(world_->pipeline->last_refusal(), ModelRefusal::malformed);
    auto body = body_of({.action = Action::reset, .group = channel});
    body[0] = std::byte{5};
    world_->record(RecordKind::model, body);
    EXPECT_EQ(world_->pipeline->last_refusal(), ModelRefusal::malformed);
    EXPECT_EQ(world_->models(), [&] {
        World again(plant_settings());
        again.restore(before);
        return again.models();
    }());
}

}  // namespace
}  // namespace redshank
