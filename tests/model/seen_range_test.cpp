#include "model/seen_range.hpp"

#include <gtest/gtest.h>

namespace redshank {
namespace {

SeenRange seen(float low, float high) {
    SeenRange range;
    range.learn(low);
    range.learn(high);
    return range;
}

TEST(SeenRange, a_value_within_is_no_record_and_one_beyond_is_graded_by_the_excess) {
    const SeenRange range = seen(0, 100);
    EXPECT_EQ(range.record(50), 0.0F);
    EXPECT_EQ(range.record(99), 0.0F);
    EXPECT_NEAR(range.record(105), 1.0F, 1e-3F);   // 5 % of the range
    EXPECT_NEAR(range.record(-10), 1.25F, 1e-3F);  // an octave more
    EXPECT_NEAR(range.record(100.625F), 0.25F, 1e-2F);
    EXPECT_EQ(range.record(1e15F), 1.5F);
    EXPECT_EQ(range.record(100.001F), 0.0F);
}

TEST(SeenRange, nothing_is_a_record_before_the_first_value_and_all_else_is_after_a_constant) {
    SeenRange range;
    EXPECT_EQ(range.record(7), 0.0F);
    range.learn(7);
    EXPECT_EQ(range.record(7), 0.0F);
    EXPECT_EQ(range.record(7.5F), 1.5F);
}

TEST(SeenRange, a_wild_value_at_one_end_no_more_than_doubles_it) {
    SeenRange range = seen(0, 1);
    range.learn(1e15F);
    EXPECT_NEAR(range.width(), 2.0F, 1e-3F);
    range.learn(-1e15F);
    EXPECT_NEAR(range.width(), 4.0F, 1e-3F);
}

TEST(SeenRange, what_was_long_ago_fades) {
    SeenRange range = seen(0, 100);
    for (int i = 0; i < 115'000; ++i) range.learn(50);
    EXPECT_NEAR(range.width(), 50.0F, 1.0F);
}

}  // namespace
}  // namespace redshank
