#include "agent/predictor.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/agent/predicting.hpp"

// Groups that predict, through the pipeline.

namespace redshank::test {
namespace {

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
    Random random(3);
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

TEST(Classify, a_row_is_tested_and_then_learned) {
    World first(with_group(Task::classify, {"x", "y", "kind"}, "kind"));
    World second(with_group(Task::classify, {"x", "y", "kind"}, "kind"));
    first.begin();
    second.begin();
    Random random(1);
    std::size_t right = 0;
    for (std::uint64_t i = 0; i < 600; ++i) {
        const std::string row = kind_row(random, i % 3, std::to_string(i % 3));
        first.sensors(row);
        second.sensors(row);
        if (i >= 300 && first.out.predictions.back().predicted == static_cast<double>(i % 3)) ++right;
    }
    EXPECT_GT(right, 270U);
    Random same(2);
    first.sensors(kind_row(same, 1, "1"));
    Random again(2);
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
    Random random(1);
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
    Random random(1);
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

TEST(Predictions, have_residuals_as_a_channel_where_a_rule_names_it) {
    Settings settings = with_group(Task::forecast, {"a"});
    settings.rules.push_back(rule_on("off", "pump-{machine}:residual/a"));
    settings.rules[0].above = Decimal{30, 0, false};
    settings.rules.push_back(rule_on("silent", "#"));  // names no residual
    settings.rules[1].absent_for_ns = 60 * test::s;
    World world(settings);
    world.begin();
    for (const char* value : {"10", "10", "60"}) world.sensors(R"({"a": )" + std::string(value) + "}");
    ASSERT_EQ(world.out.alerts_of("off").size(), 1U);
    EXPECT_EQ(world.out.alerts_of("off")[0]->channel.view(), "pump-m1:residual/a");
    EXPECT_NEAR(world.out.alerts_of("off")[0]->value, 50, 1);
    EXPECT_EQ(world.imbalance(), "");
    Settings without = with_group(Task::forecast, {"a"});
    without.rules.push_back(settings.rules[1]);
    World other(without);
    other.begin();
    for (const char* value : {"10", "10", "60"}) other.sensors(R"({"a": )" + std::string(value) + "}");
    EXPECT_EQ(other.pipeline->channels(), 2U);  // a, and what is predicted of it
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
}  // namespace redshank::test
