#include <gtest/gtest.h>

#include "tests/agent/pipeline_world.hpp"

// Scale, unit and resolution; despiking; channels that are derived from others; what stands for missing values.

namespace redshank {
namespace {

using test::plant_settings;
using test::rule_on;
using test::s;
using test::World;

ChannelSettings channels(std::string pattern, ChannelKind kind = ChannelKind::gauge) {
    ChannelSettings settings;
    settings.channel = std::move(pattern);
    settings.kind = kind;
    return settings;
}

class Derived : public testing::Test {
protected:
    void with(const Settings& settings) {
        world_ = std::make_unique<World>(settings);
        world_->begin();
    }
    void at(std::int64_t after_ns, std::string_view payload) {
        world_->now_ns += after_ns;
        world_->sensors(payload);
    }
    // The parts of a channel's windows, added up.
    std::optional<AggregateParts> of(std::string_view channel) {
        std::optional<AggregateParts> sum;
        for (const AggregateRow& row : world_->out.aggregates) {
            if (row.channel.view() != channel) continue;
            sum ? sum->merge(row.parts) : static_cast<void>(sum = row.parts);
        }
        return sum;
    }
    double last_of(std::string_view channel) {
        const auto parts = of(channel);
        return parts ? to_double(parts->last, parts->exponent) : -1e9;
    }
    std::unique_ptr<World> world_;
};

TEST_F(Derived, a_feature_is_a_channel_of_its_own_that_rules_and_aggregates_know) {
    Settings settings = plant_settings();
    settings.sources[0].derive = {"mean:4", "difference", "slope:10"};
    settings.rules.push_back(rule_on("rising", "plant/+/sensors:t/slope"));
    settings.rules[0].above = Decimal{15, 1, false};
    with(settings);
    for (const int value : {20, 21, 22, 23}) at(s, "{\"t\": " + std::to_string(value) + "}");
    EXPECT_TRUE(world_->out.alerts.empty());
    at(s, R"({"t": 31})");
    ASSERT_EQ(world_->out.alerts.size(), 1U);
    EXPECT_EQ(world_->out.alerts[0].channel.view(), "plant/m1/sensors:t/slope");
    EXPECT_NEAR(world_->out.alerts[0].value, 2.4, 1e-9);
    world_->finish();
    EXPECT_EQ(last_of("plant/m1/sensors:t/mean"), 24.3);  // 24.25 with a place more than the channel has
    EXPECT_EQ(last_of("plant/m1/sensors:t/difference"), 8);
    EXPECT_EQ(of("plant/m1/sensors:t/mean")->count, 4U);
    EXPECT_EQ(world_->imbalance(), "");
}

TEST_F(Derived, a_group_takes_derived_channels_as_members) {
    Settings settings = plant_settings();
    settings.sources[0].derive = {"rms:8"};
    settings.groups.push_back({.name = "pump-{machine}", .channels = {"v", "v/rms"}, .warmup_readings = 20});
    with(settings);
    for (int i = 0; i < 100; ++i) at(s, "{\"v\": " + std::to_string(5 + i % 3) + "}");
    ASSERT_FALSE(world_->out.scores.empty());
    EXPECT_EQ(world_->out.scores.back().group, "pump-m1");
    EXPECT_GE(world_->out.scores.size(), 98U);
}

TEST_F(Derived, a_counter_has_its_increase_which_adds_up) {
    Settings settings = plant_settings();
    settings.channels.push_back(channels("plant/+/sensors:energy", ChannelKind::counter));
    settings.channels[0].unit = "kWh";
    with(settings);
    for (const char* value : {"100.5", "101.0", "103.25", "0.5", "1.5"}) {
        at(2 * s, "{\"energy\": " + std::string(value) + "}");
    }
    world_->finish();
    const auto increase = of("plant/m1/sensors:energy/increase");
    ASSERT_TRUE(increase);
    EXPECT_EQ(increase->count, 4U);
    EXPECT_DOUBLE_EQ(increase->mean() * 4, 0.5 + 2.25 + 0.5 + 1);
    EXPECT_DOUBLE_EQ(last_of("plant/m1/sensors:energy/counter_rate"), 0.5);
    for (const AggregateRow& row : world_->out.aggregates) {
        const bool energy = row.channel.view() == "plant/m1/sensors:energy";
        EXPECT_EQ(row.unit.view(), energy ? "kWh" : "");
    }
}

TEST_F(Derived, a_state_has_the_time_it_was_in_each) {
    Settings settings = plant_settings();
    settings.channels.push_back(channels("plant/#", ChannelKind::state));
    with(settings);
    at(0, R"({"pump": "OFF"})");
    at(5 * s, R"({"pump": "ON"})");
    at(12 * s, R"({"pump": "ON"})");
    at(500 * test::ms, R"({"pump": "OFF"})");
    at(3 * s, R"({"pump": "ON"})");
    world_->finish();
    const auto off = of("plant/m1/sensors:pump/seconds_in/0");
    const auto on = of("plant/m1/sensors:pump/seconds_in/1");
    ASSERT_TRUE(off && on);
    EXPECT_DOUBLE_EQ(off->mean() * static_cast<double>(off->count), 8);
    EXPECT_DOUBLE_EQ(on->mean() * static_cast<double>(on->count), 12.5);
    EXPECT_EQ(world_->imbalance(), "");
}

TEST_F(Derived, scale_and_offset_are_exact_and_rules_see_what_comes_of_them) {
    Settings settings = plant_settings();
    settings.channels.push_back(channels("plant/#"));
    settings.channels[0].scale = Decimal{1, 1, false};
    settings.channels[0].offset = Decimal{-40, 0, false};
    settings.rules.push_back(rule_on("hot", "plant/#"));
    settings.rules[0].above = Decimal{30, 0, false};
    with(settings);
    at(0, R"({"t": 700})");
    EXPECT_TRUE(world_->out.alerts.empty());
    at(s, R"({"t": 701})");
    ASSERT_EQ(world_->out.alerts.size(), 1U);
    EXPECT_EQ(world_->out.alerts[0].value, 30.1);
}

TEST_F(Derived, a_resolution_rounds_finer_digits_away) {
    Settings settings = plant_settings();
    settings.channels.push_back(channels("plant/#"));
    settings.channels[0].resolution = Decimal{1, 1, false};
    with(settings);
    at(0, R"({"t": 20.26})");
    at(s, R"({"t": 21})");
    world_->finish();
    const auto parts = of("plant/m1/sensors:t");
    EXPECT_EQ(parts->exponent, 1);
    EXPECT_EQ(to_double(parts->first, 1), 20.3);
    EXPECT_EQ(to_double(parts->last, 1), 21);
}

TEST_F(Derived, a_spike_is_replaced_before_anything_sees_it_and_is_marked) {
    Settings settings = plant_settings();
    settings.sources[0].preprocess.despike_readings = 5;
    settings.rules.push_back(rule_on("hot", "plant/#"));
    settings.rules[0].above = Decimal{80, 0, false};
    with(settings);
    for (int i = 0; i < 10; ++i) at(s / 2, "{\"t\": " + std::to_string(20 + i % 2) + "}");
    at(s / 2, R"({"t": 900})");
    EXPECT_TRUE(world_->out.alerts.empty());
    for (int i = 0; i < 4; ++i) at(s / 2, R"({"t": 20})");
    world_->finish();
    EXPECT_EQ(of("plant/m1/sensors:t")->count, 15U);
    EXPECT_EQ(of("plant/m1/sensors:t")->max, 21);
    std::uint32_t flags = 0;
    for (const AggregateRow& row : world_->out.aggregates) flags |= row.quality;
    EXPECT_NE(flags & quality::despiked, 0U);
}

class Filled : public Derived {
protected:
    // Rows of two members at once; then one member alone, four times.
    std::vector<float> scores(Fill fill) {
        Settings settings = plant_settings();
        settings.sources[0].preprocess.fill = fill;
        settings.groups.push_back({.name = "pump-{machine}", .channels = {"a", "b"}, .warmup_readings = 20});
        with(settings);
        for (int i = 0; i < 200; ++i) {
            at(s, "{\"a\": " + std::to_string(i % 10) + ", \"b\": " + std::to_string(2 * (i % 10)) + "}");
        }
        world_->out.scores.clear();
        for (int i = 0; i < 5; ++i) at(s, "{\"a\": " + std::to_string(i) + "}");
        std::vector<float> scores;
        for (const auto& one : world_->out.scores) scores.push_back(one.score);
        return scores;
    }
};

TEST_F(Filled, hold_scores_a_row_with_the_last_value) {
    const std::vector<float> held = scores(Fill::hold);
    ASSERT_EQ(held.size(), 4U);
    EXPECT_GT(*std::max_element(held.begin(), held.end()), 0.4F);  // a goes on and b stands still
}

TEST_F(Filled, none_scores_no_row_that_is_not_whole) {
    EXPECT_EQ(scores(Fill::none), (std::vector<float>{0, 0, 0, 0}));
}

TEST_F(Filled, linear_goes_on_for_three_rows) {
    const std::vector<float> held = scores(Fill::hold);
    const std::vector<float> linear = scores(Fill::linear);
    ASSERT_EQ(linear.size(), 4U);
    EXPECT_NE(held, linear);
}

}  // namespace
}  // namespace redshank
