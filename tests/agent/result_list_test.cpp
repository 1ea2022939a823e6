#include "agent/result_list.hpp"

#include <gtest/gtest.h>

#include "tests/agent/pipeline_world.hpp"

namespace redshank {
namespace {

using test::s;

AggregateRow row_of(std::uint64_t number, std::int64_t start_s, std::vector<std::int64_t> values,
                    std::uint64_t boot = 1) {
    AggregateRow row;
    row.number = number;
    row.boot = boot;
    row.start_ns = start_s * s;
    row.length_ns = 10 * s;
    row.parts = AggregateParts::empty(5, 0);
    for (const std::int64_t value : values) row.parts.add(value, row.start_ns);
    return row;
}

AlertRow alert_of(std::uint64_t number) {
    AlertRow row;
    row.number = number;
    return row;
}

TEST(ResultList, two_windows_of_a_channel_become_one_that_covers_both) {
    AggregateRow merged = row_of(3, 20, {1, 9});
    merge_into(merged, row_of(7, 40, {4}));
    EXPECT_EQ(merged.number, 3U);
    EXPECT_EQ(merged.start_ns, 20 * s);
    EXPECT_EQ(merged.length_ns, 30 * s);
    EXPECT_EQ(merged.quality, quality::merged);
    EXPECT_EQ(merged.parts.count, 3U);
    EXPECT_EQ(merged.parts.min, 1);
    EXPECT_EQ(merged.parts.max, 9);
    AggregateRow backwards = row_of(7, 40, {4});
    merge_into(backwards, row_of(3, 20, {1, 9}));
    EXPECT_EQ(backwards.start_ns, 20 * s);
    EXPECT_EQ(backwards.length_ns, 30 * s);
    EXPECT_EQ(backwards.parts, merged.parts);
}

TEST(ResultList, a_full_list_merges_and_loses_no_reading) {
    ResultList list(8, 4, 2);
    for (std::uint64_t i = 0; i < 100; ++i) {
        list.add(row_of(i + 1, static_cast<std::int64_t>(10 * i), {1, 2}), static_cast<std::uint32_t>(i % 2));
        ASSERT_LE(list.aggregates().size(), 8U);
    }
    EXPECT_EQ(list.readings(), 200U);
    EXPECT_EQ(list.aggregates().size() + list.merged(), 100U);
    EXPECT_EQ(list.aggregates_lost(), 0U);
    EXPECT_EQ(list.oldest_number(), 1U);
}

TEST(ResultList, clocks_boots_and_channels_are_never_merged_with_each_other) {
    ResultList list(8, 4, 2);
    list.add(row_of(1, 0, {1}), 0);
    list.add(row_of(2, 0, {1}), 1);
    AggregateRow device = row_of(3, 0, {1});
    device.clock = ClockKind::device;
    list.add(device, 0);
    list.add(row_of(4, 0, {1}, 2), 0);
    list.shrink(1);
    EXPECT_EQ(list.aggregates().size(), 4U);
    EXPECT_EQ(list.merged(), 0U);
}

TEST(ResultList, a_slot_that_was_given_to_another_channel_merges_neither_with_the_other) {
    ResultList list(8, 4, 2);
    AggregateRow former = row_of(1, 0, {1});
    former.channel.assign("a:t");
    list.add(former, 0);
    for (std::uint64_t number = 2; number <= 3; ++number) {
        AggregateRow row = row_of(number, 10, {1});
        row.channel.assign("b:t");
        list.add(row, 0);
    }
    list.shrink(1);
    ASSERT_EQ(list.aggregates().size(), 2U);
    EXPECT_EQ(list.aggregates()[0].row.parts.count, 1U);
    EXPECT_EQ(list.aggregates()[1].row.parts.count, 2U);
}

TEST(ResultList, rows_of_no_channel_are_kept_as_they_are_and_counted_when_there_is_no_room) {
    ResultList list(2, 1, 2);
    for (std::uint64_t i = 1; i <= 3; ++i) list.add(row_of(i, 0, {1}), UINT32_MAX);
    EXPECT_EQ(list.aggregates().size(), 2U);
    EXPECT_EQ(list.aggregates_lost(), 1U);
}

TEST(ResultList, alerts_have_a_bound_of_their_own) {
    ResultList list(2, 2, 1);
    for (std::uint64_t i = 1; i <= 3; ++i) list.add(alert_of(i));
    ASSERT_EQ(list.alerts().size(), 2U);
    EXPECT_EQ(list.alerts().front().number, 1U);
    EXPECT_EQ(list.alerts_lost(), 1U);
}

TEST(ResultList, absorbing_puts_the_newer_behind_and_leaves_it_empty) {
    ResultList older(8, 4, 2);
    ResultList newer(8, 4, 2);
    older.add(row_of(1, 0, {1}), 0);
    newer.add(row_of(2, 10, {1}), 0);
    newer.add(row_of(3, 10, {1}), UINT32_MAX);
    newer.add(alert_of(4));
    older.absorb(newer);
    EXPECT_TRUE(newer.empty());
    ASSERT_EQ(older.aggregates().size(), 3U);
    EXPECT_EQ(older.aggregates()[1].row.number, 2U);
    older.shrink(2);  // the row without a channel is still none
    ASSERT_EQ(older.aggregates().size(), 2U);
    EXPECT_EQ(older.aggregates()[0].row.parts.count, 2U);
    EXPECT_EQ(older.aggregates()[1].row.number, 3U);
    EXPECT_EQ(older.alerts().size(), 1U);
    EXPECT_EQ(older.oldest_number(), 1U);
}

TEST(ResultList, shrinking_stops_where_nothing_merges_any_more) {
    ResultList list(64, 1, 4);
    for (std::uint64_t i = 0; i < 64; ++i) {
        list.add(row_of(i + 1, static_cast<std::int64_t>(10 * i), {1}), static_cast<std::uint32_t>(i % 4));
    }
    list.shrink(10);
    EXPECT_EQ(list.aggregates().size(), 8U);
    list.shrink(0);
    EXPECT_EQ(list.aggregates().size(), 4U);
    EXPECT_EQ(list.readings(), 64U);
}

TEST(ResultList, random_rows_keep_every_reading_and_every_sum) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        test::Random random(seed);
        ResultList list(12, 1, 3);
        AggregateParts expected = AggregateParts::empty(5, 0);
        std::uint64_t made = 0;
        for (int i = 0; i < 500; ++i) {
            std::vector<std::int64_t> values;
            for (std::uint64_t n = 1 + random.below(4); n > 0; --n) values.push_back(random.between(-1000, 1000));
            const AggregateRow row = row_of(++made, random.between(0, 1000) * 10, values);
            expected.merge(row.parts);
            list.add(row, static_cast<std::uint32_t>(random.below(3)));
        }
        AggregateParts sum = AggregateParts::empty(5, 0);
        for (const auto& entry : list.aggregates()) sum.merge(entry.row.parts);
        EXPECT_EQ(sum, expected);
        EXPECT_EQ(list.aggregates().size() + list.merged(), made);
    }
}

}  // namespace
}  // namespace redshank
