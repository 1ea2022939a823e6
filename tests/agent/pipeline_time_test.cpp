#include <gtest/gtest.h>

#include <algorithm>

#include "tests/agent/pipeline_world.hpp"

// Event times, windows and timers.

namespace redshank {
namespace {

using test::ms;
using test::noon_ns;
using test::plant_settings;
using test::rule_on;
using test::s;
using test::World;

std::string stamped(std::int64_t time_ns, std::string_view fields = "\"a\": 1") {
    // Epoch in nanoseconds is what 19 digits mean; tests stay with seconds.
    return "{\"ts\": " + std::to_string(time_ns / s) + ", " + std::string(fields) + "}";
}

class Stamps : public testing::Test {
protected:
    Stamps() : world_(plant_settings()) { world_.begin(); }
    World world_;
};

TEST_F(Stamps, readings_fall_into_the_window_of_their_own_time) {
    world_.now_ns = noon_ns + 11 * s;
    world_.sensors(stamped(noon_ns + 9 * s));
    world_.sensors(stamped(noon_ns + 10 * s));
    world_.sensors(stamped(noon_ns + 8 * s));
    world_.finish();
    ASSERT_EQ(world_.out.aggregates.size(), 2U);
    EXPECT_EQ(world_.out.aggregates[0].start_ns, noon_ns);
    EXPECT_EQ(world_.out.aggregates[0].parts.count, 2U);
    EXPECT_EQ(world_.out.aggregates[0].clock, ClockKind::device);
    EXPECT_EQ(world_.out.aggregates[0].length_ns, 10 * s);
    EXPECT_EQ(world_.out.aggregates[1].start_ns, noon_ns + 10 * s);
    EXPECT_EQ(world_.out.aggregates[1].quality, 0U);
}

TEST_F(Stamps, a_window_closes_at_its_end_and_lateness_without_a_message) {
    world_.sensors(stamped(noon_ns));
    world_.tick_after(15 * s - 1);
    EXPECT_TRUE(world_.out.aggregates.empty());
    EXPECT_EQ(world_.pipeline->next_deadline_ns(), noon_ns + 15 * s);
    world_.tick_after(1);
    EXPECT_EQ(world_.out.aggregates.size(), 1U);
    EXPECT_EQ(world_.pipeline->next_deadline_ns(), std::nullopt);
    EXPECT_EQ(world_.imbalance(), "");
}

TEST_F(Stamps, a_late_reading_makes_a_new_part_of_the_same_window) {
    world_.sensors(stamped(noon_ns));
    world_.tick_after(20 * s);
    world_.sensors(stamped(noon_ns + s));
    world_.tick_after(20 * s);
    ASSERT_EQ(world_.out.aggregates.size(), 2U);
    EXPECT_EQ(world_.out.aggregates[0].start_ns, world_.out.aggregates[1].start_ns);
    EXPECT_EQ(world_.out.aggregates[0].quality, 0U);
    EXPECT_EQ(world_.out.aggregates[1].quality, quality::late);
}

TEST_F(Stamps, one_ahead_closes_by_arrival) {
    world_.sensors(stamped(noon_ns + 200 * s));
    world_.tick_after(15 * s - 1);
    EXPECT_TRUE(world_.out.aggregates.empty());
    world_.tick_after(1);
    ASSERT_EQ(world_.out.aggregates.size(), 1U);
    EXPECT_EQ(world_.out.aggregates[0].start_ns, noon_ns + 200 * s);
}

TEST_F(Stamps, backfill_has_its_own_window_beside_the_live_one) {
    world_.sensors(stamped(noon_ns));
    world_.tick_after(6 * s);
    world_.sensors(stamped(noon_ns));  // 6 s old: late, though its window is open
    world_.finish();
    ASSERT_EQ(world_.out.aggregates.size(), 2U);
    EXPECT_EQ(world_.out.aggregates[0].quality, 0U);
    EXPECT_EQ(world_.out.aggregates[1].quality, quality::late);
}

TEST_F(Stamps, one_too_old_or_too_far_ahead_is_replaced_and_flagged) {
    const std::int64_t week = 7 * 24 * 3600 * s;
    world_.now_ns = noon_ns + 5 * s;
    world_.sensors(stamped(world_.now_ns - week - s));
    world_.sensors(stamped(world_.now_ns + 301 * s));
    world_.finish();
    ASSERT_EQ(world_.out.aggregates.size(), 1U);
    EXPECT_EQ(world_.out.aggregates[0].start_ns, noon_ns);
    EXPECT_EQ(world_.out.aggregates[0].clock, ClockKind::gateway);
    EXPECT_EQ(world_.out.aggregates[0].quality, quality::stamp_replaced);
    EXPECT_EQ(world_.out.aggregates[0].parts.count, 2U);
    world_.sensors(stamped(world_.now_ns - week));
    world_.sensors(stamped(world_.now_ns + 300 * s));
    world_.finish();
    ASSERT_EQ(world_.out.aggregates.size(), 3U);
    EXPECT_EQ(world_.out.aggregates[1].quality, quality::late);
    EXPECT_EQ(world_.out.aggregates[2].quality, 0U);
}

TEST_F(Stamps, a_stamp_that_is_no_time_is_replaced_and_flagged) {
    world_.sensors(R"({"ts": "yesterday", "a": 1})");
    world_.sensors(R"({"b": 1})");
    world_.finish();
    ASSERT_EQ(world_.out.aggregates.size(), 2U);
    EXPECT_EQ(world_.out.aggregates[0].quality, quality::stamp_replaced);
    EXPECT_EQ(world_.out.aggregates[1].quality, 0U);
}

TEST(StampsUntrusted, the_device_is_believed_while_the_wall_clock_is_not) {
    World world(plant_settings());
    world.now_ns = 1000 * s;  // 1970
    world.begin(false, false);
    world.sensors(stamped(noon_ns));
    world.finish();
    ASSERT_EQ(world.out.aggregates.size(), 1U);
    EXPECT_EQ(world.out.aggregates[0].start_ns, noon_ns);
    EXPECT_EQ(world.out.aggregates[0].quality, 0U);
}

TEST(StampsUntrusted, times_at_the_ends_of_64_bits_are_replaced) {
    for (const bool trusted : {true, false}) {
        for (const char* stamp : {"9223372036854775807", "-9223372036854775807", "\"1677-09-21T00:12:44Z\"",
                                  "\"2262-04-11T23:47:16Z\"", "9223372036", "-9223372036"}) {
            World world(plant_settings());
            world.begin(false, trusted);
            world.sensors("{\"ts\": " + std::string(stamp) + ", \"a\": 1}");
            world.finish();
            ASSERT_EQ(world.out.aggregates.size(), 1U) << stamp;
            EXPECT_EQ(world.out.aggregates[0].start_ns, noon_ns) << stamp;
            EXPECT_EQ(world.out.aggregates[0].quality, quality::stamp_replaced) << stamp;
        }
    }
}

TEST(StampsReplayed, windows_are_aligned_before_1970) {
    World world(plant_settings());
    world.now_ns = -13 * s;
    world.begin();
    world.sensors(R"({"a": 1})");
    world.now_ns = -1;
    world.sensors(R"({"a": 2})");
    world.tick_after(20 * s);
    ASSERT_EQ(world.out.aggregates.size(), 2U);
    EXPECT_EQ(world.out.aggregates[0].start_ns, -20 * s);
    EXPECT_EQ(world.out.aggregates[1].start_ns, -10 * s);
}

TEST_F(Stamps, more_windows_than_slots_close_early_and_the_counts_stay_exact) {
    for (int i = 0; i < 12; ++i) world_.sensors(stamped(noon_ns + (i % 6) * 20 * s));
    EXPECT_EQ(world_.imbalance(), "");
    world_.finish();
    EXPECT_EQ(world_.imbalance(), "");
    EXPECT_EQ(world_.out.readings(), 12U);
    const auto split = std::count_if(world_.out.aggregates.begin(), world_.out.aggregates.end(),
                                     [](const AggregateRow& row) { return row.quality == quality::split; });
    EXPECT_GE(split, 2);
    EXPECT_EQ(static_cast<std::size_t>(split) + Windows::windows_max, world_.out.aggregates.size());
}

TEST_F(Stamps, of_too_many_windows_the_one_that_would_close_first_closes_early) {
    world_.sensors(stamped(noon_ns));
    world_.now_ns += 4 * s;
    world_.sensors(stamped(noon_ns + 200 * s));
    world_.tick_after(12 * s);
    ASSERT_EQ(world_.out.aggregates.size(), 1U);
    for (const int ahead : {300, 40, 60, 80}) world_.sensors(stamped(noon_ns + ahead * s));
    ASSERT_EQ(world_.out.aggregates.size(), 2U);
    EXPECT_EQ(world_.out.aggregates[1].start_ns, noon_ns + 200 * s);
    EXPECT_EQ(world_.out.aggregates[1].quality, quality::split);
}

TEST_F(Stamps, a_flush_closes_what_is_open_and_says_so) {
    world_.sensors(stamped(noon_ns));
    world_.event(RecordKind::flush);
    ASSERT_EQ(world_.out.aggregates.size(), 1U);
    EXPECT_EQ(world_.out.aggregates[0].quality, quality::split);
    EXPECT_EQ(world_.pipeline->open_readings(), 0U);
    world_.sensors(stamped(noon_ns + s));
    world_.tick_after(15 * s);
    EXPECT_EQ(world_.out.aggregates.size(), 2U);
}

TEST_F(Stamps, the_end_of_a_file_closes_windows_and_fires_no_timer) {
    Settings settings = plant_settings();
    settings.rules.push_back(rule_on("silent", "#"));
    settings.rules[0].absent_for_ns = s;
    World world(settings);
    world.begin();
    world.sensors(R"({"a": 1})");
    world.finish();
    EXPECT_EQ(world.out.aggregates.size(), 1U);
    EXPECT_EQ(world.out.aggregates[0].quality, 0U);
    EXPECT_TRUE(world.out.alerts.empty());
}

TEST_F(Stamps, a_finer_exponent_keeps_sums_right_within_a_window) {
    for (const char* value : {"20", "21.5", "-3.25", "0.0625", "19"}) {
        world_.sensors("{\"a\": " + std::string(value) + "}");
    }
    world_.finish();
    ASSERT_EQ(world_.out.aggregates.size(), 1U);
    const AggregateParts& parts = world_.out.aggregates[0].parts;
    EXPECT_EQ(parts.count, 5U);
    EXPECT_EQ(parts.mean(), (20 + 21.5 - 3.25 + 0.0625 + 19) / 5);
    EXPECT_EQ(to_double(parts.min, parts.exponent), -3.25);
    EXPECT_EQ(to_double(parts.max, parts.exponent), 21.5);
    EXPECT_EQ(to_double(parts.first, parts.exponent), 20);
}

TEST_F(Stamps, a_coarser_exponent_closes_the_window_and_loses_nothing) {
    world_.sensors(R"({"a": 0.00000001})");
    world_.sensors(R"({"a": 1000000000000})");
    world_.sensors(R"({"a": 1000000000002})");
    EXPECT_EQ(world_.imbalance(), "");
    world_.finish();
    ASSERT_EQ(world_.out.aggregates.size(), 2U);
    EXPECT_EQ(world_.out.aggregates[0].quality, quality::split);
    EXPECT_EQ(world_.out.aggregates[0].parts.mean(), 0.00000001);
    EXPECT_EQ(world_.out.aggregates[1].parts.mean(), 1000000000001.0);
    EXPECT_EQ(world_.imbalance(), "");
}

TEST(Timeline, timers_fire_by_deadline_and_then_by_channel) {
    Settings settings = plant_settings();
    settings.rules.push_back(rule_on("silent", "#"));
    settings.rules[0].absent_for_ns = 15 * s;
    World world(settings);
    world.begin();
    world.sensors(R"({"b": 1})");
    world.sensors(R"({"a": 1})");
    world.now_ns += s;
    world.sensors(R"({"c": 1})");
    world.tick_after(100 * s);
    std::vector<std::string> order;
    for (const std::string& text : world.out.all) {
        if (text.starts_with("score")) continue;
        order.push_back(text.substr(0, 5) + text.substr(text.find("sensors:") + 7, 2));
    }
    EXPECT_EQ(order, (std::vector<std::string>{"aggre:b", "aggre:a", "aggre:c", "alert:b", "alert:a", "alert:c"}));
    EXPECT_EQ(world.out.alerts[0].since_ns, noon_ns);
    EXPECT_EQ(world.out.alerts[2].since_ns, noon_ns + s);
}

// The same records with ticks between them: what comes out differs in positions within ids alone.
TEST(Timeline, results_do_not_depend_on_tick_density) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Settings settings = plant_settings();
        settings.rules = {rule_on("hot", "#"), rule_on("silent", "#")};
        settings.rules[0].above = Decimal{60, 0, false};
        settings.rules[0].for_ns = 3 * s;
        settings.rules[1].absent_for_ns = 4 * s;
        settings.anomaly.for_ns = 2 * s;
        World sparse(settings);
        World dense(settings);
        test::Random random(seed);
        for (World* world : {&sparse, &dense}) world->begin();
        for (int i = 0; i < 600; ++i) {
            const std::int64_t wait = random.between(0, 3 * s);
            const std::int64_t age = random.between(-20, 20);
            const std::string payload = "{\"a\": " + std::to_string(random.below(random.one_in(20) ? 1000 : 80)) +
                                        ", \"ts\": " + std::to_string((sparse.now_ns + wait) / s - age) + "}";
            const std::string topic = "plant/m" + std::to_string(random.below(3)) + "/sensors";
            const bool away = random.one_in(60);
            for (World* world : {&sparse, &dense}) {
                const std::int64_t until = world->now_ns + wait;
                while (world == &dense && world->now_ns + 200 * ms < until) world->tick_after(200 * ms);
                world->now_ns = until;
                if (away) world->event(RecordKind::disconnected);
                world->publish(topic, payload);
                if (away) world->connect(true);
            }
        }
        for (World* world : {&sparse, &dense}) world->finish();
        ASSERT_EQ(sparse.out.alerts.size(), dense.out.alerts.size());
        ASSERT_EQ(sparse.out.aggregates.size(), dense.out.aggregates.size());
        EXPECT_GT(sparse.out.alerts.size(), 20U);
        for (std::size_t i = 0; i < sparse.out.alerts.size(); ++i) {
            EXPECT_EQ(test::text_of(sparse.out.alerts[i], false), test::text_of(dense.out.alerts[i], false));
            EXPECT_EQ(sparse.out.alerts[i].number, dense.out.alerts[i].number);
        }
        for (std::size_t i = 0; i < sparse.out.aggregates.size(); ++i) {
            EXPECT_EQ(test::text_of(sparse.out.aggregates[i]), test::text_of(dense.out.aggregates[i]));
        }
    }
}

TEST(Timeline, every_reading_is_in_a_row_or_in_an_open_window_at_any_moment) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        test::Random random(seed);
        Settings settings = plant_settings();
        settings.window.length_ns = random.between(1, 20) * s;
        settings.window.lateness_ns = random.between(0, 10) * s;
        settings.capacities.channels_max = 6;
        World world(settings);
        world.begin(false, random.one_in(2));
        for (int i = 0; i < 1500; ++i) {
            world.now_ns += random.between(0, 2 * s);
            const std::int64_t spread = random.one_in(30) ? 1'000'000'000 : 60;
            std::string value = std::to_string(random.between(-50, 50));
            for (std::uint64_t digits = random.below(5); digits > 0; --digits) {
                value += (value.find('.') == std::string::npos ? "." : "") + std::to_string(random.below(10));
            }
            if (random.one_in(40)) value += "e" + std::to_string(random.between(-12, 18));
            const std::string stamp =
                random.one_in(3) ? ""
                                 : ", \"ts\": " + std::to_string(world.now_ns / s + random.between(-spread, spread));
            const std::string field(1, static_cast<char>('a' + random.below(8)));
            world.sensors("{\"" + field + "\": " + value + stamp + "}");
            if (random.one_in(100)) world.event(RecordKind::flush);
            ASSERT_EQ(world.imbalance(), "") << "step " << i;
        }
        world.finish();
        EXPECT_EQ(world.imbalance(), "");
        EXPECT_EQ(world.out.readings(), world.pipeline->ledger().counted);
    }
}

}  // namespace
}  // namespace redshank
