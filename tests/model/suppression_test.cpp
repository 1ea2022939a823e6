#include "model/suppression.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>

#include "tests/model/numbers_random.hpp"

namespace redshank {
namespace {

TEST(Suppression, only_a_higher_score_passes_within_a_hundred) {
    Suppression suppression;
    EXPECT_EQ(suppression.pass(0.5F), 0.5F);
    EXPECT_EQ(suppression.pass(0.5F), 0.0F);
    EXPECT_EQ(suppression.pass(0.4F), 0.0F);
    EXPECT_EQ(suppression.pass(0.6F), 0.6F);
    for (int i = 0; i < 100; ++i) ASSERT_EQ(suppression.pass(0.6F), 0.0F) << i;
    EXPECT_EQ(suppression.pass(0.1F), 0.1F);
}

TEST(Suppression, agrees_with_a_window_that_keeps_every_score) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        NumbersRandom random(seed);
        Suppression suppression;
        std::deque<float> passed(100, 0.0F);  // what became of the last 100
        for (int i = 0; i < 2000; ++i) {
            const float score = static_cast<float>(random.any_width(8)) / 256.0F;
            const float expected = score > *std::max_element(passed.begin(), passed.end()) ? score : 0.0F;
            ASSERT_EQ(suppression.pass(score), expected) << seed << " at " << i;
            passed.pop_front();
            passed.push_back(expected);
        }
    }
}

TEST(Suppression, continues_where_it_was_written) {
    Suppression suppression;
    suppression.pass(0.75F);
    for (int i = 0; i < 40; ++i) suppression.pass(0.25F);
    std::array<std::byte, 16> room{};
    ByteWriter out(room);
    suppression.write(out);
    ASSERT_TRUE(out.ok());
    Suppression copy;
    ByteReader in(out.written());
    copy.read(in);
    EXPECT_TRUE(in.ok());
    EXPECT_EQ(in.left(), 0U);
    for (int i = 0; i < 60; ++i) ASSERT_EQ(copy.pass(0.5F), 0.0F) << i;
    EXPECT_EQ(copy.pass(0.5F), 0.5F);
    room[4] = std::byte{101};
    ByteReader broken(out.written());
    copy.read(broken);
    EXPECT_FALSE(broken.ok());
    EXPECT_EQ(copy.pass(0.1F), 0.1F);
}

}  // namespace
}  // namespace redshank
