#include <gtest/gtest.h>

#include "agent/heap.hpp"
#include "tests/agent/pipeline_world.hpp"

// A message of several rows is as if each had come by itself.

namespace redshank {
namespace {

using test::noon_ns;
using test::plant_settings;
using test::rule_on;
using test::s;
using test::World;

Settings csv_settings() {
    Settings settings = plant_settings();
    settings.sources[0].format = PayloadFormat::csv;
    settings.sources[0].time = "time";
    settings.sources[0].columns = {"time", "t", "p"};
    return settings;
}

Settings readings_settings() {
    Settings settings = plant_settings();
    settings.sources[0].readings = "/samples";
    return settings;
}

std::string seconds(std::int64_t time_ns) {
    return std::to_string(time_ns / s);
}

TEST(PipelineRows, every_row_of_a_message_is_counted_once_in_the_window_of_its_time) {
    World world(csv_settings());
    world.begin();
    std::string payload;
    for (int row = 0; row < 40; ++row)
        payload += seconds(noon_ns - (39 - row) * s) + "," + std::to_string(row) + ",5\n";
    world.sensors(payload);
    EXPECT_EQ(world.pipeline->ledger().messages, 1U);
    EXPECT_EQ(world.pipeline->ledger().decoded, 1U);
    EXPECT_EQ(world.pipeline->ledger().readings, 80U);
    EXPECT_EQ(world.pipeline->ledger().counted, 80U);
    world.finish();
    EXPECT_EQ(world.imbalance(), "");
    std::uint64_t in_their_windows = 0;
    for (const AggregateRow& row : world.out.aggregates) {
        EXPECT_EQ(row.clock, ClockKind::device);
        EXPECT_TRUE(row.channel.view() == "plant/m1/sensors:t" || row.channel.view() == "plant/m1/sensors:p");
        in_their_windows += row.parts.count;
    }
    EXPECT_EQ(in_their_windows, 80U);
    EXPECT_GE(world.out.aggregates.size(), 8U);
}

TEST(PipelineRows, rows_in_one_message_give_what_the_same_rows_give_as_messages) {
    Settings settings = readings_settings();
    settings.groups.push_back({.name = "g-{machine}", .channels = {"t", "p"}, .warmup_readings = 20});
    RuleSettings hot = rule_on("hot", "plant/{machine}/sensors:t");
    hot.above = Decimal{30, 0, false};
    settings.rules.push_back(hot);
    World together(settings);
    World apart(settings);
    together.begin();
    apart.begin();
    test::Random random(3);
    for (int message = 0; message < 60; ++message) {
        std::string payload;
        for (std::uint64_t row = random.below(5); row > 0; --row) {
            // Late ones, rows without one of the members, and readings that are refused are among them.
            std::string element = "{\"ts\":" + seconds(together.now_ns - random.between(0, 8) * s);
            if (!random.one_in(5)) element += ",\"t\":" + std::to_string(random.between(0, 32));
            if (!random.one_in(5))
                element += ",\"p\":" + (random.one_in(9) ? "1e300" : std::to_string(random.below(9)));
            element += "}";
            payload += (payload.empty() ? "" : ",") + element;
            apart.sensors("{\"samples\":[" + element + "]}");
        }
        together.sensors("{\"samples\":[" + payload + "]}");
        together.tick_after(s);
        apart.tick_after(s);
    }
    together.finish();
    apart.finish();
    EXPECT_EQ(together.imbalance(), "");
    EXPECT_EQ(together.pipeline->ledger().readings, apart.pipeline->ledger().readings);
    EXPECT_EQ(together.pipeline->ledger().counted, apart.pipeline->ledger().counted);
    EXPECT_GT(together.pipeline->ledger().counted, 100U);
    EXPECT_GT(together.out.alerts_of("hot").size(), 0U);
    ASSERT_EQ(together.out.scores.size(), apart.out.scores.size());
    for (std::size_t i = 0; i < together.out.scores.size(); ++i) {
        EXPECT_EQ(together.out.scores[i].score, apart.out.scores[i].score) << i;
    }
    ASSERT_EQ(together.out.aggregates.size(), apart.out.aggregates.size());
    for (std::size_t i = 0; i < together.out.aggregates.size(); ++i) {
        EXPECT_EQ(test::text_of(together.out.aggregates[i]), test::text_of(apart.out.aggregates[i]));
    }
    ASSERT_EQ(together.out.alerts.size(), apart.out.alerts.size());
    for (std::size_t i = 0; i < together.out.alerts.size(); ++i) {
        EXPECT_EQ(together.out.alerts[i].value, apart.out.alerts[i].value);
        EXPECT_EQ(together.out.alerts[i].state, apart.out.alerts[i].state);
    }
}

TEST(PipelineRows, late_rows_are_counted_and_not_judged) {
    Settings settings = readings_settings();
    RuleSettings hot = rule_on("hot", "plant/{machine}/sensors:t");
    hot.above = Decimal{30, 0, false};
    settings.rules.push_back(hot);
    World world(settings);
    world.begin();
    const std::string late = seconds(noon_ns - 3600 * s);
    const std::string now = seconds(noon_ns);
    world.sensors("{\"samples\":[{\"ts\":" + late + ",\"t\":99},{\"ts\":" + now + ",\"t\":20},{\"ts\":" + late +
                  ",\"t\":98}]}");
    for (const AlertRow* alert : world.out.alerts_of("hot")) EXPECT_NE(alert->state, AlertState::firing);
    EXPECT_EQ(world.out.scores.size(), 3U);  // each row has its own
    world.sensors("{\"samples\":[{\"ts\":" + now + ",\"t\":31}]}");
    ASSERT_FALSE(world.out.alerts_of("hot").empty());
    EXPECT_EQ(world.out.alerts_of("hot").back()->state, AlertState::firing);
    EXPECT_EQ(world.pipeline->ledger().counted, 4U);
    world.finish();
    EXPECT_EQ(world.imbalance(), "");
}

TEST(PipelineRows, a_malformed_line_refuses_the_message_with_all_its_rows) {
    World world(csv_settings());
    world.begin();
    world.sensors(seconds(noon_ns) + ",1,2\n" + seconds(noon_ns) + ",warm,2\n");
    world.sensors("");
    world.sensors(seconds(noon_ns) + ",1,2,3\n");
    EXPECT_EQ(world.rejected(Error::not_a_number), 3U);
    EXPECT_EQ(world.pipeline->ledger().readings, 0U);
    std::string many;
    for (std::size_t row = 0; row < 129; ++row) many += seconds(noon_ns) + ",1,2\n";
    world.sensors(many);
    EXPECT_EQ(world.rejected(Error::too_many_fields), 1U);
    world.sensors("soon,1,2\n,3,4\n");  // no time: replaced; none: that of arrival
    world.finish();
    EXPECT_EQ(world.pipeline->ledger().counted, 4U);
    EXPECT_EQ(world.imbalance(), "");
}

TEST(PipelineRows, rows_take_nothing_from_the_heap) {
    World csv(csv_settings());
    World readings(readings_settings());
    csv.begin();
    readings.begin();
    csv.sensors(seconds(noon_ns) + ",1,2\n");
    readings.sensors(R"({"samples":[{"t":1},{"t":2}]})");
    const auto body = test::encoded({.topic = "plant/m1/sensors",
                                     .payload = test::bytes_of("1700000000,\"1\",2\n1700000001,3,\"4\"\n"),
                                     .qos = 1,
                                     .packet_id = 9});
    const auto more = test::encoded({.topic = "plant/m1/sensors",
                                     .payload = test::bytes_of(R"({"samples":[{"t":1},{"t":2},{"t":3}]})"),
                                     .qos = 1,
                                     .packet_id = 9});
    struct Silent final : Outputs {
        void alert(const AlertRow&) noexcept override {}
        void aggregate(const AggregateRow&, std::uint32_t) noexcept override {}
    } silent;
    heap::seal();
    const std::uint64_t before = heap::allocations_after_start();
    const heap::Sealed sealed;
    for (std::uint64_t i = 1; i <= 50; ++i) {
        csv.pipeline->on_record(
            {.position = csv.position + i, .stamp_ns = noon_ns, .kind = RecordKind::message, .body = body}, silent);
        readings.pipeline->on_record(
            {.position = readings.position + i, .stamp_ns = noon_ns, .kind = RecordKind::message, .body = more},
            silent);
    }
    EXPECT_EQ(heap::allocations_after_start(), before);
    EXPECT_EQ(csv.pipeline->ledger().counted, 2U + 50U * 4U);
    EXPECT_EQ(readings.pipeline->ledger().counted, 2U + 50U * 3U);
}

}  // namespace
}  // namespace redshank
