#include "agent/predictor.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/agent/pipeline_world.hpp"

// Groups that predict, through the pipeline.

namespace redshank {
namespace {

using test::Collected;
using test::noon_ns;
using test::plant_settings;
using test::rule_on;
using test::s;
using test::World;

using Values = std::vector<std::optional<double>>;

Settings with_group(Task task, std::vector<std::string> channels, std::string target = "") {
    Settings settings = plant_settings();
    GroupSettings group{.name = "pump-{machine}", .channels = std::move(channels)};
    group.task = task;
    group.target = std::move(target);
    group.warmup_readings = 40;
    settings.groups.push_back(group);
    return settings;
}

Values predicted(const Collected& out) {
    Values all;
    for (const auto& each : out.predictions) all.push_back(each.predicted);
    return all;
}

Values actual(const Collected& out) {
    Values all;
    for (const auto& each : out.predictions) all.push_back(each.actual);
    return all;
}

std::string number(double value) {
    return std::to_string(value);
}

// Goes up and down by a tenth of a wave of 20 readings.
double wave(int i) {
    constexpr double quarter[] = {0, 3.1, 5.9, 8.1, 9.5, 10};
    const int at = i % 20;
    const double size = quarter[at % 10 <= 5 ? at % 10 : 10 - at % 10];
    return 20 + (at < 10 ? size : -size);
}

TEST(Forecast, nothing_is_said_of_the_first_row_and_then_that_it_stays_until_something_is_learned) {
    World world(with_group(Task::forecast, {"a"}));
    world.begin();
    for (const char* value : {"10", "12.5", "11", "-3"}) world.sensors(R"({"a": )" + std::string(value) + "}");
    EXPECT_EQ(predicted(world.out), (Values{std::nullopt, 10, 12.5, 11}));
    EXPECT_EQ(actual(world.out), (Values{10, 12.5, 11, -3}));
    EXPECT_EQ(world.out.predictions[0].group, "pump-m1");
    EXPECT_EQ(world.out.predictions[0].target, "a");
}

TEST(Forecast, every_member_is_a_target_unless_one_is_named) {
    World all(with_group(Task::forecast, {"a", "b"}));
    World one(with_group(Task::forecast, {"a", "b"}, "b"));
    for (World* world : {&all, &one}) {
        world->begin();
        world->sensors(R"({"a": 1, "b": 2})");
        world->sensors(R"({"a": 3, "b": 4})");
    }
    EXPECT_EQ(predicted(all.out), (Values{std::nullopt, std::nullopt, 1, 2}));
    EXPECT_EQ(predicted(one.out), (Values{std::nullopt, 2}));
}

TEST(Forecast, the_row_it_is_about_is_not_seen_before_it_is_said) {
    World ordinary(with_group(Task::forecast, {"a", "b"}));
    World strange(with_group(Task::forecast, {"a", "b"}));
    for (World* world : {&ordinary, &strange}) {
        world->begin();
        for (int i = 0; i < 100; ++i)
            world->sensors(R"({"a": )" + number(wave(i)) + R"(, "b": )" + number(wave(i + 5)) + "}");
    }
    ASSERT_EQ(predicted(ordinary.out), predicted(strange.out));
    ordinary.sensors(R"({"a": 20, "b": 30})");
    strange.sensors(R"({"a": 9000, "b": -77})");
    EXPECT_EQ(predicted(ordinary.out), predicted(strange.out));
    ordinary.sensors(R"({"a": 20, "b": 30})");
    strange.sensors(R"({"a": 20, "b": 30})");
    EXPECT_NE(predicted(ordinary.out), predicted(strange.out));
}

TEST(Forecast, a_wave_is_learned_better_than_that_it_stays) {
    World world(with_group(Task::forecast, {"a"}));
    world.begin();
    double error = 0;
    double error_of_staying = 0;
    for (int i = 0; i < 3000; ++i) {
        world.sensors(R"({"a": )" + number(wave(i)) + "}");
        if (i < 2000) continue;
        error += std::abs(*world.out.predictions.back().predicted - wave(i));
        error_of_staying += std::abs(wave(i - 1) - wave(i));
    }
    EXPECT_LT(error, error_of_staying / 3);
}

TEST(Forecast, a_member_without_a_value_is_predicted_and_not_learned) {
    World world(with_group(Task::forecast, {"a", "b"}));
    world.begin();
    world.sensors(R"({"a": 1, "b": 5})");
    world.sensors(R"({"a": 2})");
    world.sensors(R"({"a": 3, "b": 6})");  // "a" again: the row before it has no "b"
    ASSERT_EQ(world.out.predictions.size(), 6U);
    EXPECT_EQ(predicted(world.out), (Values{std::nullopt, std::nullopt, 1, 5, 2, 5}));
    EXPECT_EQ(actual(world.out), (Values{1, 5, 2, std::nullopt, 3, 6}));
}

TEST(Forecast, its_score_is_how_unusual_the_error_is_and_the_default_rule_watches_it) {
    World world(with_group(Task::forecast, {"a", "b"}, "a"));
    world.begin();
    test::Random random(3);
    const auto row = [&](int i, double more) {
        world.now_ns += s;
        const double noise = static_cast<double>(random.between(-20, 20)) / 100;
        world.sensors(R"({"a": )" + number(wave(i) + noise + more) + R"(, "b": 7})");
    };
    for (int i = 0; i < 1500; ++i) row(i, 0);
    EXPECT_TRUE(world.out.alerts.empty());
    row(1500, 25);  // no larger than the wave is high
    ASSERT_EQ(world.out.alerts.size(), 1U);
    EXPECT_EQ(world.out.alerts[0].rule.view(), "anomaly");
    EXPECT_EQ(world.out.alerts[0].channel.view(), "pump-m1");
    EXPECT_GE(world.out.scores.back().score, 0.8F);
    EXPECT_EQ(world.out.scores.size(), 1501U);
}

// Three kinds of rows, apart in x and y.
std::string kind_row(test::Random& random, std::uint64_t kind, const std::string& label) {
    const double x = static_cast<double>(kind) * 3 + static_cast<double>(random.between(-80, 80)) / 100;
    const double y = static_cast<double>(kind % 2) * 4 + static_cast<double>(random.between(-80, 80)) / 100;
    return R"({"x": )" + number(x) + R"(, "y": )" + number(y) + (label.empty() ? "}" : R"(, "kind": )" + label + "}");
}

TEST(Classify, a_row_is_tested_and_then_learned) {
    World first(with_group(Task::classify, {"x", "y", "kind"}, "kind"));
    World second(with_group(Task::classify, {"x", "y", "kind"}, "kind"));
    first.begin();
    second.begin();
    test::Random random(1);
    std::size_t right = 0;
    for (std::uint64_t i = 0; i < 600; ++i) {
        const std::string row = kind_row(random, i % 3, std::to_string(i % 3));
        first.sensors(row);
        second.sensors(row);
        if (i >= 300 && first.out.predictions.back().predicted == static_cast<double>(i % 3)) ++right;
    }
    EXPECT_GT(right, 270U);
    test::Random same(2);
    first.sensors(kind_row(same, 1, "1"));
    test::Random again(2);
    second.sensors(kind_row(again, 1, "2"));
    EXPECT_EQ(predicted(first.out), predicted(second.out));
    EXPECT_EQ(first.out.predictions.back().actual, 1);
    EXPECT_EQ(second.out.predictions.back().actual, 2);
    EXPECT_NE(first.models(), second.models());
    EXPECT_TRUE(first.out.alerts.empty());
}

TEST(Classify, a_row_without_a_label_is_predicted_when_its_message_ends_and_not_learned) {
    World world(with_group(Task::classify, {"x", "y", "kind"}, "kind"));
    world.begin();
    test::Random random(1);
    for (std::uint64_t i = 0; i < 100; ++i) world.sensors(kind_row(random, i % 3, std::to_string(i % 3)));
    const auto models = world.models();
    world.sensors(kind_row(random, 2, ""));
    ASSERT_EQ(world.out.predictions.size(), 101U);
    EXPECT_EQ(world.out.predictions.back().predicted, 2);
    EXPECT_EQ(world.out.predictions.back().actual, std::nullopt);
    EXPECT_EQ(world.models(), models);
}

TEST(Classify, a_label_from_another_topic_is_waited_for) {
    Settings settings = with_group(Task::classify, {"x", "y", "kind"}, "kind");
    World world(settings);
    world.begin();
    settings.groups[0].channels = {"x", "y", "plant/lab/sensors:kind"};
    settings.groups[0].target = "plant/lab/sensors:kind";
    settings.groups[0].name = "g";
    World apart(settings);
    apart.begin();
    test::Random random(1);
    for (std::uint64_t i = 0; i < 3; ++i) {
        apart.publish("plant/lab/sensors", R"({"kind": )" + std::to_string(i) + "}");
        apart.sensors(kind_row(random, i, ""));
    }
    EXPECT_EQ(actual(apart.out), (Values{0, 1, 2}));
    EXPECT_EQ(apart.out.predictions[0].target, "plant/lab/sensors:kind");
}

TEST(Classify, a_label_that_is_no_class_is_counted_and_not_learned) {
    Settings settings = with_group(Task::classify, {"x", "kind"}, "kind");
    settings.groups[0].classes = 3;
    World world(settings);
    world.begin();
    for (const char* label : {"0", "2", "3", "1.5", "-1", "true"})
        world.sensors(R"({"x": 1, "kind": )" + std::string(label) + "}");
    EXPECT_EQ(actual(world.out), (Values{0, 2, std::nullopt, std::nullopt, std::nullopt, 1}));
    std::vector<PredictionFigures> figures;
    world.pipeline->each_figures([&](const PredictionFigures& each) { figures.push_back(each); });
    ASSERT_EQ(figures.size(), 1U);
    EXPECT_EQ(figures[0].labels_refused, 3U);
    EXPECT_EQ(figures[0].rows, 3U);
    EXPECT_TRUE(figures[0].is_class);
    EXPECT_EQ(figures[0].target.view(), "kind");
}

Settings with_late_labels(LabelJoin by) {
    Settings settings = with_group(Task::classify, {"x", "y", "kind"}, "kind");
    settings.groups[0].label_by = by;
    settings.groups[0].label_within_ns = 60 * s;
    settings.groups[0].label_rows = 4;
    settings.sources[0].id = "part";
    return settings;
}

PredictionFigures figures_of(const World& world) {
    PredictionFigures figures;
    world.pipeline->each_figures([&](const PredictionFigures& each) { figures = each; });
    return figures;
}

std::string part_row(test::Random& random, std::uint64_t part) {
    std::string row = kind_row(random, part % 3, "");
    row.pop_back();
    return row + R"(, "part": "P-)" + std::to_string(part) + "\"}";
}

std::string label_of(std::uint64_t part) {
    return R"({"part": "P-)" + std::to_string(part) + R"(", "kind": )" + std::to_string(part % 3) + "}";
}

TEST(Classify, labels_that_come_later_find_their_rows_by_id_in_any_order) {
    World world(with_late_labels(LabelJoin::id));
    world.begin();
    test::Random random(1);
    for (std::uint64_t part = 0; part < 600; part += 2) {
        world.sensors(part_row(random, part));
        world.sensors(part_row(random, part + 1));
        EXPECT_EQ(world.out.predictions.back().actual, std::nullopt);
        world.sensors(label_of(part + 1));
        world.sensors(label_of(part));
        if (part >= 8) {
            EXPECT_EQ(world.out.predictions.back().actual, static_cast<double>(part % 3));
        }
    }
    const PredictionFigures figures = figures_of(world);
    EXPECT_EQ(figures.rows, 592U) << "the first eight settle";
    EXPECT_EQ(figures.learned, 592U);
    EXPECT_GT(figures.right, 0.8);
    EXPECT_EQ(figures.labels.rows_waiting, 0U);
    EXPECT_EQ(figures.labels.labels_unmatched, 8U);
}

TEST(Classify, a_label_joined_by_time_is_of_the_newest_row_that_is_not_newer) {
    World world(with_late_labels(LabelJoin::time));
    world.begin();
    const auto at = [&](std::int64_t after_s) { return R"({"ts": )" + std::to_string((noon_ns / s) + after_s); };
    for (int i = 0; i < 8; ++i) world.sensors(at(0) + R"(, "x": 1, "y": 2})");
    for (const int second : {10, 20, 30}) {
        world.now_ns = noon_ns + second * s;
        world.sensors(at(second) + R"(, "x": )" + std::to_string(second) + R"(, "y": 2})");
    }
    world.now_ns = noon_ns + 50 * s;
    const std::size_t before = world.out.predictions.size();
    world.sensors(at(25) + R"(, "kind": 1})");  // late, and of a row that was
    world.sensors(at(25) + R"(, "kind": 2})");  // the newest one that still waits
    world.sensors(at(9) + R"(, "kind": 2})");   // before any of them
    ASSERT_EQ(world.out.predictions.size(), before + 2);
    EXPECT_EQ(world.out.predictions[before].actual, 1);
    EXPECT_EQ(world.out.predictions[before + 1].actual, 2);
    const PredictionFigures figures = figures_of(world);
    EXPECT_EQ(figures.labels.rows_waiting, 1U);
    EXPECT_EQ(figures.labels.labels_unmatched, 1U);
    EXPECT_EQ(figures.learned, 2U);
}

TEST(Classify, a_label_in_the_message_of_its_row_is_of_that_row) {
    World world(with_late_labels(LabelJoin::id));
    world.begin();
    for (int part = 0; part < 20; ++part) {
        world.sensors(R"({"kind": 1, "x": 1, "y": 2, "part": )" + std::to_string(part) + "}");
    }
    const PredictionFigures figures = figures_of(world);
    EXPECT_EQ(figures.learned, 12U);
    EXPECT_EQ(figures.labels.rows_waiting, 0U);
}

TEST(Classify, rows_that_no_label_comes_for_are_counted) {
    World world(with_late_labels(LabelJoin::id));
    world.begin();
    test::Random random(1);
    for (std::uint64_t part = 0; part < 8; ++part) world.sensors(part_row(random, part));
    for (std::uint64_t part = 8; part < 14; ++part) world.sensors(part_row(random, part));  // four may wait
    EXPECT_EQ(figures_of(world).labels.rows_unlabelled, 2U);
    world.sensors(kind_row(random, 1, ""));  // of no part
    EXPECT_EQ(figures_of(world).labels.rows_unlabelled, 3U);
    world.now_ns += 61 * s;
    world.sensors(label_of(13));
    EXPECT_EQ(figures_of(world).labels.rows_unlabelled, 7U) << "too late";
    EXPECT_EQ(figures_of(world).labels.labels_unmatched, 1U);
    EXPECT_EQ(figures_of(world).labels.rows_waiting, 0U);
}

TEST(Cluster, rows_are_told_apart_without_labels_and_a_strange_one_scores_high) {
    Settings settings = with_group(Task::cluster, {"x", "y"});
    settings.groups[0].stages = {"standardise", "kmeans:3"};
    World world(settings);
    world.begin();
    test::Random random(1);
    for (std::uint64_t i = 0; i < 900; ++i) world.sensors(kind_row(random, i % 3, ""));
    std::array<std::array<int, 3>, 3> counts{};
    for (std::size_t i = 300; i < 900; ++i) {
        ASSERT_TRUE(world.out.predictions[i].predicted.has_value());
        ++counts[i % 3][static_cast<std::size_t>(*world.out.predictions[i].predicted)];
    }
    for (const auto& of : counts) EXPECT_EQ(*std::max_element(of.begin(), of.end()), 200) << "one cluster for a kind";
    EXPECT_EQ(world.out.predictions.front().target, "cluster");
    EXPECT_EQ(world.out.predictions.front().predicted, std::nullopt) << "before there are clusters";
    EXPECT_LT(world.out.scores.back().score, 0.8F);
    world.sensors(R"({"x": 3, "y": -9})");
    EXPECT_GT(world.out.scores.back().score, 0.8F);
    EXPECT_GT(figures_of(world).rows, 700U);
    EXPECT_TRUE(figures_of(world).is_cluster);
}

TEST(Cluster, the_whole_chain_standardise_components_clusters) {
    Settings settings = with_group(Task::cluster, {"x", "y", "z", "u"});
    settings.groups[0].stages = {"standardise", "pca:2", "kmeans:3"};
    World world(settings);
    world.begin();
    test::Random random(1);
    const auto row = [&](std::uint64_t kind) {
        const double x = static_cast<double>(kind) * 4 + static_cast<double>(random.between(-50, 50)) / 100;
        const double y = kind == 1 ? 5 : 0;
        return R"({"x": )" + number(x) + R"(, "y": )" + number(y + static_cast<double>(random.between(-50, 50)) / 100) +
               R"(, "z": )" + number(x + y) + R"(, "u": )" + number(2 * x - y) + "}";
    };
    for (std::uint64_t i = 0; i < 1200; ++i) world.sensors(row(i % 3));
    std::array<std::array<int, 3>, 3> counts{};
    for (std::size_t i = 600; i < 1200; ++i)
        ++counts[i % 3][static_cast<std::size_t>(*world.out.predictions[i].predicted)];
    for (const auto& of : counts) EXPECT_EQ(*std::max_element(of.begin(), of.end()), 200);
}

TEST(Stages, selected_values_are_those_that_go_with_the_target) {
    // What is said of a row of x = 0.4 and that noise, after the same stream.
    const auto said_of = [](int noise, bool selecting) {
        Settings settings = with_group(Task::classify, {"x", "noise", "kind"}, "kind");
        settings.groups[0].classes = 2;
        if (selecting) settings.groups[0].stages = {"standardise", "select:1"};
        World world(settings);
        world.begin();
        test::Random random(4);
        for (std::uint64_t i = 0; i < 400; ++i) {
            const double x = static_cast<double>(i % 2) + static_cast<double>(random.between(-30, 30)) / 100;
            world.sensors(R"({"x": )" + number(x) + R"(, "noise": )" + std::to_string(random.between(-50, 50)) +
                          R"(, "kind": )" + std::to_string(i % 2) + "}");
        }
        world.sensors(R"({"x": 0.4, "noise": )" + std::to_string(noise) + "}");
        const auto said = std::find_if(world.out.all.rbegin(), world.out.all.rend(),
                                       [](const std::string& each) { return each.starts_with("prediction"); });
        return *said;
    };
    EXPECT_EQ(said_of(-50, true), said_of(50, true));
    EXPECT_NE(said_of(-50, false), said_of(50, false));
}

TEST(Stages, what_no_line_divides_random_features_tell_apart) {
    const auto right_with = [](std::vector<std::string> stages) {
        Settings settings = with_group(Task::classify, {"x", "y", "kind"}, "kind");
        settings.groups[0].classes = 2;
        settings.groups[0].stages = std::move(stages);
        World world(settings);
        world.begin();
        test::Random random(9);
        for (int i = 0; i < 3000; ++i) {
            const std::int64_t x = random.between(-100, 100);
            const std::int64_t y = random.between(-100, 100);
            world.sensors(R"({"x": )" + std::to_string(x) + R"(, "y": )" + std::to_string(y) + R"(, "kind": )" +
                          ((x > 0) == (y > 0) ? "1" : "0") + "}");
        }
        return figures_of(world).right;
    };
    EXPECT_LT(right_with({"standardise"}), 0.6);
    EXPECT_GT(right_with({"standardise", "fourier:64"}), 0.75);
    EXPECT_GT(right_with({"standardise", "kmeans:8"}), 0.6);
}

TEST(Candidates, the_one_that_is_best_on_this_stream_answers_and_its_loss_is_told) {
    Settings settings = with_group(Task::classify, {"x", "y", "kind"}, "kind");
    settings.groups[0].classes = 2;
    settings.groups[0].candidates = {"logistic", "kernel-svm", "knn"};
    World world(settings);
    world.begin();
    test::Random random(9);
    for (int i = 0; i < 3000; ++i) {
        const std::int64_t x = random.between(-100, 100);
        const std::int64_t y = random.between(-100, 100);
        world.sensors(R"({"x": )" + std::to_string(x) + R"(, "y": )" + std::to_string(y) + R"(, "kind": )" +
                      ((x > 0) == (y > 0) ? "1" : "0") + "}");
    }
    const PredictionFigures figures = figures_of(world);
    EXPECT_EQ(figures.model, "knn");
    ASSERT_EQ(figures.candidate_count, 3U);
    EXPECT_EQ(figures.candidates[0].name, "logistic");
    EXPECT_LT(figures.candidates[2].loss, 0.15F);
    EXPECT_GT(figures.candidates[0].loss, 0.3F);
}

TEST(Candidates, of_forecasts_too) {
    for (const bool turned : {false, true}) {
        Settings settings = with_group(Task::forecast, {"a"});
        settings.groups[0].candidates = {"ridge", "rls"};
        if (turned) std::swap(settings.groups[0].candidates[0], settings.groups[0].candidates[1]);
        World world(settings);
        world.begin();
        for (int i = 0; i < 2000; ++i) world.sensors(R"({"a": )" + number(wave(i)) + "}");
        const PredictionFigures figures = figures_of(world);
        EXPECT_EQ(figures.model, "ridge");
        EXPECT_LT(figures.candidates[turned ? 1 : 0].loss, 0.5F * figures.candidates[turned ? 0 : 1].loss);
    }
}

TEST(Predictions, are_readings_of_a_channel_of_their_own_upstream_and_for_rules) {
    Settings settings = with_group(Task::forecast, {"a"});
    settings.rules.push_back(rule_on("soon-hot", "pump-{machine}:predicted/a"));
    settings.rules[0].above = Decimal{60, 0, false};
    World world(settings);
    world.begin();
    for (const char* value : {"10.25", "70", "20"}) world.sensors(R"({"a": )" + std::string(value) + "}");
    EXPECT_EQ(world.pipeline->ledger().readings, 5U);  // two are predictions
    ASSERT_EQ(world.out.alerts_of("soon-hot").size(), 1U);
    EXPECT_EQ(world.out.alerts_of("soon-hot")[0]->value, 70);
    EXPECT_EQ(world.out.alerts_of("soon-hot")[0]->channel.view(), "pump-m1:predicted/a");
    world.finish();
    ASSERT_EQ(world.out.aggregates.size(), 2U);
    const AggregateRow& row = world.out.aggregates[1];
    EXPECT_EQ(row.channel.view(), "pump-m1:predicted/a");
    EXPECT_EQ(row.parts.count, 2U);
    EXPECT_EQ(to_double(row.parts.min, row.parts.exponent), 10.25);
    EXPECT_EQ(to_double(row.parts.max, row.parts.exponent), 70);
    EXPECT_EQ(world.imbalance(), "");
}

TEST(Predictions, their_windows_become_results_when_the_group_is_gone) {
    World before(with_group(Task::forecast, {"a"}));
    before.begin();
    for (const char* value : {"10", "70", "20"}) before.sensors(R"({"a": )" + std::string(value) + "}");
    Settings without = plant_settings();
    World after(without);
    ASSERT_TRUE(after.restore(before.saved()));
    after.begin(true);
    ASSERT_EQ(after.out.aggregates.size(), 1U);
    EXPECT_EQ(after.out.aggregates[0].channel.view(), "pump-m1:predicted/a");
    EXPECT_EQ(after.out.aggregates[0].parts.count, 2U);
    EXPECT_EQ(after.pipeline->channels(), 1U);
}

TEST(Predictions, a_group_of_another_task_begins_anew) {
    Settings settings = with_group(Task::forecast, {"x", "kind"});
    World before(settings);
    before.begin();
    for (int i = 0; i < 60; ++i) before.sensors(R"({"x": 1, "kind": 1})");
    settings.groups[0].task = Task::classify;
    settings.groups[0].target = "kind";
    World after(settings);
    ASSERT_TRUE(after.restore(before.saved()));
    EXPECT_GT(before.pipeline->learned(), 0U);
    EXPECT_EQ(after.pipeline->learned(), 0U);
}

TEST(Predictions, what_a_damaged_state_says_is_refused) {
    Settings settings = with_group(Task::forecast, {"a"});
    World before(settings);
    before.begin();
    for (int i = 0; i < 60; ++i) before.sensors(R"({"a": )" + number(wave(i)) + "}");
    test::Saved saved = before.saved();
    std::vector<std::byte>& group = saved.at("group/00000");
    std::fill(group.end() - 40, group.end() - 24, std::byte{0xff});  // NaN as what was predicted
    World after(settings);
    EXPECT_FALSE(after.restore(saved));
}

TEST(Figures, of_classes_against_a_table_by_hand) {
    ClassFigures figures;
    EXPECT_EQ(figures.right(), 0);
    EXPECT_EQ(figures.kappa(), 0);
    const auto add = [&](std::uint8_t predicted, std::uint8_t actual, int times) {
        for (int i = 0; i < times; ++i) figures.add(predicted, actual);
    };
    add(0, 0, 20);
    add(1, 0, 5);
    add(0, 1, 10);
    add(1, 1, 15);
    EXPECT_EQ(figures.rows(), 50U);
    EXPECT_DOUBLE_EQ(figures.right(), 0.7);
    EXPECT_DOUBLE_EQ(figures.balanced_accuracy(), (0.8 + 0.6) / 2);
    EXPECT_DOUBLE_EQ(figures.kappa(), 0.4);  // 0.7 against 0.5 by chance
}

TEST(Figures, of_one_class_alone_have_no_kappa) {
    ClassFigures figures;
    figures.add(3, 3);
    EXPECT_EQ(figures.right(), 1);
    EXPECT_EQ(figures.balanced_accuracy(), 1);
    EXPECT_EQ(figures.kappa(), 0);
}

TEST(Figures, of_numbers_are_means_of_errors) {
    NumberFigures figures;
    figures.add(1, 3);
    figures.add(5, 4);
    EXPECT_DOUBLE_EQ(figures.mean_squared_error(), 2.5);
    EXPECT_DOUBLE_EQ(figures.mean_absolute_error(), 1.5);
}

}  // namespace
}  // namespace redshank
