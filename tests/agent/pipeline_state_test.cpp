#include <gtest/gtest.h>

#include "tests/agent/pipeline_world.hpp"

// The same records give the same results, also when the process ended between two of them.

namespace redshank {
namespace {

using test::OwnedRecord;
using test::plant_settings;
using test::rule_on;
using test::s;
using test::Saved;
using test::World;

struct Case {
    const char* name;
    Settings (*settings)();
    bool anomalies = true;  // filters and limits leave some
};

Settings alone() {
    Settings settings = plant_settings();
    settings.rules = {rule_on("hot", "#"), rule_on("cold", "plant/+/sensors:b"), rule_on("silent", "#"),
                      rule_on("strange", "plant/#")};
    settings.rules[0].above = Decimal{60, 0, false};
    settings.rules[0].clear_below = Decimal{50, 0, false};
    settings.rules[0].for_ns = 3 * s;
    settings.rules[1].below = Decimal{20, 0, false};
    settings.rules[2].absent_for_ns = 6 * s;
    settings.rules[3].score_above = Decimal{6, 1, false};
    settings.anomaly.hold_ns = 20 * s;
    return settings;
}

// Every kind of rule that has a state of its own beside the alert's.
Settings joined() {
    Settings settings = alone();
    settings.alerts.broker_lost_after_ns = 4 * s;
    settings.alerts.limit = 4;
    settings.alerts.limit_per_ns = 30 * s;
    settings.rules.push_back(rule_on("both", "plant/{machine}/sensors:a"));
    RuleSettings& both = settings.rules.back();
    both.above = Decimal{50, 0, false};
    both.clear_below = Decimal{40, 0, false};
    both.join = RuleJoin::both;
    both.second.channel = "plant/{machine}/sensors:b";
    both.second.rate_below = Decimal{5, 0, false};
    both.cooldown_ns = 10 * s;
    settings.rules.push_back(rule_on("either", "plant/+/sensors:c"));
    RuleSettings& either = settings.rules.back();
    either.rate_above = Decimal{1, 0, false};
    either.join = RuleJoin::either;
    either.second.channel = "plant/m1/sensors:a";
    either.second.below = Decimal{30, 0, false};
    settings.rules.push_back(rule_on("device-silent", "plant/#"));
    settings.rules.back().absent_auto = true;
    settings.rules.back().per = RulePer::topic;
    settings.rules.push_back(rule_on("any-hot", "plant/#"));
    settings.rules.back().above = Decimal{55, 0, false};
    settings.rules.back().per = RulePer::source;
    settings.rules.back().for_ns = 2 * s;
    return settings;
}

// Filters and features with a memory of their own.
Settings derived() {
    Settings settings = alone();
    settings.sources[0].derive = {"rate", "slope:5", "variance:9"};
    settings.sources[0].preprocess.despike_readings = 5;
    settings.sources[0].preprocess.smooth_readings = 3;
    settings.sources[0].preprocess.deadband = Decimal{2, 0, false};
    settings.sources[0].preprocess.fill = Fill::linear;
    ChannelSettings counter;
    counter.channel = "plant/+/sensors:a";
    counter.kind = ChannelKind::counter;
    ChannelSettings state;
    state.channel = "plant/+/sensors:c";
    state.unit = "bar";
    state.scale = Decimal{1, 1, false};
    state.offset = Decimal{1, 0, false};
    state.resolution = Decimal{1, 2, false};
    state.kind = ChannelKind::state;
    settings.channels = {counter, state};
    settings.groups.push_back({.name = "pump-{machine}", .channels = {"a", "b", "b/slope"}, .warmup_readings = 20});
    settings.rules[3].channel = "";
    settings.rules[3].group = "pump-{machine}";
    settings.capacities.channels_max = 60;
    settings.capacities.rule_states_max = 400;
    return settings;
}

Settings grouped() {
    Settings settings = alone();
    settings.groups.push_back({.name = "pump-{machine}", .channels = {"a", "b"}, .warmup_readings = 20});
    settings.groups.push_back({.name = "fan", .channels = {"plant/m1/sensors:c", "a"}, .warmup_readings = 20});
    settings.rules[3].channel = "";
    settings.rules[3].group = "pump-{machine}";
    settings.anomaly.for_ns = 2 * s;
    return settings;
}

Settings small() {
    Settings settings = alone();
    settings.capacities.channels_max = 4;
    settings.capacities.rule_states_max = 9;
    settings.capacities.redeliveries_max = 2;
    settings.window.length_ns = 2 * s;
    settings.window.lateness_ns = s;
    settings.sources[0].preprocess.smooth_alpha_q16 = 9000;
    settings.sources[0].preprocess.range = PreprocessSettings::Range{{-40, 0}, {5000, 0}};
    return settings;
}

Settings overlapping() {
    Settings settings = alone();
    SourceSettings all;
    all.topic = "plant/#";
    settings.sources.push_back(all);
    return settings;
}

Settings predicting() {
    Settings settings = alone();
    GroupSettings forecast{.name = "pump-{machine}", .channels = {"a", "b"}};
    forecast.task = Task::forecast;
    forecast.warmup_readings = 20;
    forecast.stages = {"standardise", "pca:3"};
    GroupSettings classes{.name = "kind", .channels = {"plant/m1/sensors:a", "plant/m1/sensors:b", "c"}};
    classes.task = Task::classify;
    classes.target = "c";
    classes.classes = 16;
    settings.groups = {forecast, classes};
    settings.rules[3].channel = "";
    settings.rules[3].group = "pump-{machine}";
    settings.rules.push_back(rule_on("soon-hot", "pump-{machine}:predicted/a"));
    settings.rules[4].above = Decimal{60, 0, false};
    settings.capacities.channels_max = 20;
    return settings;
}

// Labels that come later, clusters, candidates.
Settings predicting_later() {
    Settings settings = predicting();
    settings.groups[0].stages = {"standardise", "fourier:8"};
    settings.groups[0].candidates = {"rls", "ridge"};
    settings.groups[1].name = "kind-{machine}";
    settings.groups[1].channels = {"a", "b", "c"};
    settings.groups[1].label_within_ns = 5 * s;
    settings.groups[1].label_rows = 6;
    settings.groups[1].candidates = {"naive-bayes", "knn"};
    GroupSettings clusters{.name = "like-{machine}", .channels = {"a", "b", "c"}};
    clusters.task = Task::cluster;
    clusters.warmup_readings = 20;
    clusters.stages = {"standardise", "pca:1", "kmeans:2"};
    settings.groups.push_back(clusters);
    settings.capacities.channels_max = 30;
    settings.associations.channels = {"plant/+/sensors:a", "plant/m1/#"};
    settings.associations.within_ns = 2 * s;
    return settings;
}

std::vector<std::byte> a_command(test::Random& random) {
    AlertCommand command{.action = static_cast<AlertCommand::Action>(random.between(1, 5))};
    if (random.one_in(2)) command.rule = "hot";
    if (random.one_in(2)) command.channel = "plant/m1/#";
    command.for_ns = random.between(1, 20) * s;
    std::array<std::byte, AlertCommand::bytes_max> room;
    ByteWriter out(room);
    encode(command, out);
    return {out.written().begin(), out.written().end()};
}

// What a broker, devices, people and time may bring.
std::vector<OwnedRecord> records_of(std::uint64_t seed, std::size_t count) {
    test::Random random(seed);
    test::Random people(seed + 77);
    std::vector<OwnedRecord> records;
    std::int64_t now_ns = test::noon_ns;
    const auto add = [&](RecordKind kind, std::vector<std::byte> body = {}) {
        records.push_back({records.size() + 1, now_ns, kind, std::move(body)});
    };
    add(RecordKind::began, {std::byte{1}});
    add(RecordKind::connected, {std::byte{0}});
    add(RecordKind::subscribed);
    while (records.size() < count) {
        now_ns += random.between(0, s);
        if (random.one_in(80)) {
            add(random.one_in(4) ? RecordKind::down : RecordKind::disconnected);
            now_ns += random.between(0, 10 * s);
            add(RecordKind::connected, {random.one_in(4) ? std::byte{0} : std::byte{1}});
            if (!random.one_in(4)) add(RecordKind::subscribed);
        }
        if (random.one_in(150)) add(RecordKind::flush);
        if (people.one_in(60)) add(RecordKind::alert, a_command(people));
        if (random.one_in(5)) add(RecordKind::tick);
        const std::string topic = "plant/m" + std::to_string(random.below(3)) + "/sensors";
        std::string payload = "{";
        for (const char* field : {"a", "b", "c"}) {
            if (random.one_in(3)) continue;
            const std::int64_t value = random.one_in(60) ? 3000 : random.between(10, 70);
            payload += "\"" + std::string(field) + "\": " + std::to_string(value);
            if (random.one_in(4)) payload += "." + std::to_string(random.below(10000));
            payload += ", ";
        }
        payload += "\"ts\": " + std::to_string(now_ns / s - (random.one_in(10) ? random.between(-500, 500) : 0));
        payload += random.one_in(40) ? "" : "}";
        const bool copies = random.one_in(3);
        const auto id = static_cast<std::uint16_t>(random.below(6));
        const bool dup = random.one_in(8);
        for (const std::uint32_t subscription : {1U, 2U}) {
            if (subscription == 2 && !copies) continue;
            add(RecordKind::message, test::encoded({.topic = topic,
                                                    .payload = test::bytes_of(payload),
                                                    .qos = 1,
                                                    .retain = random.one_in(50),
                                                    .duplicate = dup,
                                                    .packet_id = id,
                                                    .subscription_id = subscription}));
        }
    }
    return records;
}

World make(const Settings& settings, std::uint64_t boot = 1) {
    World world(settings, boot);
    for (std::uint16_t source = 0; source < settings.sources.size(); ++source) {
        world.pipeline->sources()[source].subscription_id = source + 1U;
    }
    return world;
}

// Keys of the entries that are not the same in both.
std::string differing(const Saved& a, const Saved& b) {
    std::string keys;
    for (const auto& [key, value] : a) {
        const auto other = b.find(key);
        if (other == b.end() || other->second != value) keys += key + " ";
    }
    for (const auto& [key, value] : b) {
        if (!a.contains(key)) keys += key + " ";
    }
    return keys;
}

class Restarts : public testing::TestWithParam<Case> {};

TEST_P(Restarts, the_same_records_give_the_same_bytes) {
    const Settings settings = GetParam().settings();
    const auto records = records_of(1, 1500);
    World first = make(settings);
    World second = make(settings);
    for (const OwnedRecord& record : records) {
        first.play(record);
        second.play(record);
    }
    EXPECT_EQ(first.out.all, second.out.all);
    EXPECT_EQ(differing(first.saved(), second.saved()), "");
    EXPECT_EQ(first.imbalance(), "");
    EXPECT_GT(first.out.alerts.size(), 20U);
    EXPECT_EQ(first.out.alerts_of("anomaly").size() > 0, GetParam().anomalies);
    EXPECT_GT(first.out.aggregates.size(), 50U);
    EXPECT_GT(first.pipeline->ledger().duplicate, 0U);
}

// Checkpoints of what changed, as a database merges them; then a restart at a random record, and on.
TEST_P(Restarts, what_was_saved_at_any_record_goes_on_to_the_same_bytes) {
    const Settings settings = GetParam().settings();
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const auto records = records_of(seed, 900);
        World whole = make(settings);
        for (const OwnedRecord& record : records) whole.play(record);

        test::Random random(seed + 1000);
        auto world = std::make_unique<World>(make(settings));
        std::vector<std::string> all;
        Saved database;
        std::uint64_t saved_at = 0;
        std::uint64_t models_at = 0;
        for (const OwnedRecord& record : records) {
            world->play(record);
            if (!random.one_in(40)) continue;
            const bool restart = random.one_in(4);
            const bool with_models = restart || random.one_in(3);
            world->save_to(database, saved_at, with_models ? std::optional(models_at) : std::nullopt);
            saved_at = record.position;
            if (with_models) models_at = saved_at;
            if (!restart) continue;
            ASSERT_EQ(differing(database, world->saved()), "") << "position " << record.position;
            all.insert(all.end(), world->out.all.begin(), world->out.all.end());
            auto next = std::make_unique<World>(make(settings));
            ASSERT_TRUE(next->restore(database)) << "position " << record.position;
            ASSERT_EQ(differing(next->saved(), database), "") << "position " << record.position;
            EXPECT_EQ(next->pipeline->rules().refused(), world->pipeline->rules().refused());
            EXPECT_EQ(next->pipeline->channels(), world->pipeline->channels());
            EXPECT_EQ(next->pipeline->groups(), world->pipeline->groups());
            EXPECT_EQ(next->pipeline->next_deadline_ns(), world->pipeline->next_deadline_ns());
            world = std::move(next);
            models_at = random.one_in(2) ? 0 : models_at;  // as a checkpointer begins
        }
        all.insert(all.end(), world->out.all.begin(), world->out.all.end());
        EXPECT_EQ(all, whole.out.all);
        EXPECT_EQ(differing(world->saved(), whole.saved()), "");
    }
}

TEST_P(Restarts, an_entry_fits_into_what_is_said_to_be_needed) {
    World world = make(GetParam().settings());
    for (const OwnedRecord& record : records_of(3, 600)) world.play(record);
    EXPECT_FALSE(world.saved().contains("too much"));
}

INSTANTIATE_TEST_SUITE_P(Settings, Restarts,
                         testing::Values(Case{"alone", alone}, Case{"joined", joined, false},
                                         Case{"derived", derived, false}, Case{"grouped", grouped},
                                         Case{"small", small}, Case{"overlapping", overlapping},
                                         Case{"predicting", predicting}, Case{"predicting_later", predicting_later}),
                         [](const auto& one) { return one.param.name; });

TEST(Saving, a_checkpoint_takes_only_what_changed) {
    World world(alone());
    world.begin();
    world.sensors(R"({"a": 1})");
    world.publish("plant/m2/sensors", R"({"a": 1})");
    const std::uint64_t at = world.position;
    world.publish("plant/m2/sensors", R"({"a": 1})");
    Saved changed;
    world.save_to(changed, at, std::nullopt);
    std::vector<std::string> keys;
    for (const auto& [key, value] : changed) keys.push_back(key);
    EXPECT_EQ(keys, (std::vector<std::string>{"base", "channel/00001", "group/00001", "rule/00007", "sketch/00001",
                                              "source/00000"}));
}

TEST(Saving, entries_that_no_version_wrote_are_refused) {
    World world(alone());
    world.begin();
    world.sensors(R"({"a": 1})");
    const Saved saved = world.saved();
    for (const auto& [key, value] : saved) {
        if (key.starts_with("model/")) continue;  // a damaged one begins anew
        Saved damaged = saved;
        damaged[key].resize(value.size() / 2);
        World again(alone());
        EXPECT_FALSE(again.restore(damaged)) << key;
    }
    World again(alone());
    EXPECT_FALSE(again.pipeline->restore("elsewhere/00001", {}));
}

}  // namespace
}  // namespace redshank
