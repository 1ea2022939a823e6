#include "agent/timers.hpp"

#include <gtest/gtest.h>

#include <map>

#include "tests/agent/pipeline_world.hpp"

namespace redshank {
namespace {

TEST(Timers, the_earliest_deadline_is_next) {
    Timers timers(4);
    timers.set(0, 30);
    timers.set(1, 10);
    timers.set(2, 20);
    ASSERT_TRUE(timers.next());
    EXPECT_EQ(timers.next()->id, 1U);
    EXPECT_EQ(timers.next()->deadline_ns, 10);
}

TEST(Timers, equal_deadlines_are_ordered_by_id) {
    Timers timers(8);
    for (const std::uint32_t id : {5U, 2U, 7U, 0U}) timers.set(id, -4);
    for (const std::uint32_t id : {0U, 2U, 5U, 7U}) {
        ASSERT_TRUE(timers.next());
        EXPECT_EQ(timers.next()->id, id);
        timers.cancel(id);
    }
    EXPECT_FALSE(timers.next());
}

TEST(Timers, setting_again_moves_the_deadline_both_ways) {
    Timers timers(3);
    timers.set(0, 10);
    timers.set(1, 20);
    timers.set(0, 30);
    EXPECT_EQ(timers.next()->id, 1U);
    timers.set(0, 5);
    EXPECT_EQ(timers.next()->id, 0U);
}

TEST(Timers, cancelling_what_is_not_set_changes_nothing) {
    Timers timers(2);
    timers.cancel(1);
    timers.set(0, 1);
    timers.cancel(1);
    EXPECT_EQ(timers.next()->id, 0U);
}

TEST(Timers, any_sequence_gives_the_order_of_a_sorted_map) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        test::Random random(seed);
        Timers timers(40);
        std::map<std::uint32_t, std::int64_t> expected;
        for (int step = 0; step < 2000; ++step) {
            const auto id = static_cast<std::uint32_t>(random.below(40));
            if (random.one_in(3)) {
                timers.cancel(id);
                expected.erase(id);
            } else {
                const std::int64_t deadline = random.between(-20, 20);
                timers.set(id, deadline);
                expected[id] = deadline;
            }
            const auto next = timers.next();
            ASSERT_EQ(next.has_value(), !expected.empty());
            if (!next) continue;
            auto first = expected.begin();
            for (auto it = expected.begin(); it != expected.end(); ++it) {
                if (it->second < first->second) first = it;
            }
            ASSERT_EQ(next->id, first->first);
            ASSERT_EQ(next->deadline_ns, first->second);
        }
    }
}

}  // namespace
}  // namespace redshank
