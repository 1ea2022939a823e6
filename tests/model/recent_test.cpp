#include "model/recent.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <vector>

#include "tests/model/numbers_random.hpp"

namespace redshank {
namespace {

TEST(Recent, median_is_that_of_the_last_values_sorted) {
    NumbersRandom random(5);
    for (const std::uint8_t length : std::array<std::uint8_t, 3>{3, 5, 15}) {
        Recent recent(length);
        std::deque<std::int64_t> kept;
        for (int i = 0; i < 300; ++i) {
            const std::int64_t raw = random.between(-1000, 1000);
            recent.add(raw);
            kept.push_back(raw);
            if (kept.size() > length) kept.pop_front();
            std::vector<std::int64_t> sorted(kept.begin(), kept.end());
            std::sort(sorted.begin(), sorted.end());
            ASSERT_EQ(recent.median(), sorted[(sorted.size() - 1) / 2]);
            std::vector<std::int64_t> distances;
            for (const std::int64_t value : kept) distances.push_back(std::abs(value - 7));
            std::sort(distances.begin(), distances.end());
            ASSERT_EQ(recent.median_distance(7), distances[(distances.size() - 1) / 2]);
        }
    }
}

TEST(Recent, goes_on_from_what_was_written) {
    Recent recent(5);
    for (const std::int64_t raw : {9, 1, 8, 2, 7, 3}) recent.add(raw);
    std::array<std::byte, 256> room{};
    ByteWriter out(room);
    recent.write(out);
    Recent again(5);
    ByteReader in(out.written());
    again.read(in);
    EXPECT_TRUE(in.ok());
    EXPECT_EQ(again.median(), recent.median());
    EXPECT_EQ(again.count(), 5);
    Recent shorter(3);  // the configuration changed
    ByteReader once_more(out.written());
    shorter.read(once_more);
    EXPECT_TRUE(once_more.ok());
    EXPECT_EQ(shorter.count(), 3);
    EXPECT_EQ(shorter.median(), 3);
    room[0] = std::byte{200};
    ByteReader damaged(out.written());
    again.read(damaged);
    EXPECT_FALSE(damaged.ok());
}

}  // namespace
}  // namespace redshank
