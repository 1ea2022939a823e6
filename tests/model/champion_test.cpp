#include "model/champion.hpp"

#include <gtest/gtest.h>

#include <array>

namespace redshank {
namespace {

int changes(Champion<4>& champion, float first, float second, int events) {
    int count = 0;
    const std::array losses{first, second};
    for (int i = 0; i < events; ++i) count += champion.add(losses) ? 1 : 0;
    return count;
}

TEST(Champion, a_better_challenger_wins_after_its_patience_and_stays) {
    Champion<4> champion(2);
    EXPECT_EQ(changes(champion, 1.0F, 0.5F, Champion<4>::patience - 1), 0);
    EXPECT_EQ(champion.champion(), 0U);
    EXPECT_EQ(changes(champion, 1.0F, 0.5F, 1000), 1);
    EXPECT_EQ(champion.champion(), 1U);
    EXPECT_EQ(changes(champion, 0.5F, 1.0F, 1000), 1);
    EXPECT_EQ(champion.champion(), 0U);
}

TEST(Champion, a_challenger_within_the_margin_changes_nothing) {
    Champion<4> champion(2);
    EXPECT_EQ(changes(champion, 1.0F, 0.96F, 5000), 0);
    EXPECT_EQ(changes(champion, 0.0F, 0.0F, 5000), 0);
}

TEST(Champion, goes_on_as_written_and_refuses_what_no_stream_leads_to) {
    Champion<4> champion(2);
    changes(champion, 1.0F, 0.5F, 30);
    std::array<std::byte, 15> room{};
    ByteWriter out(room);
    champion.write(out);
    ASSERT_EQ(out.used(), champion.written_bytes());
    Champion<4> copy(2);
    ByteReader in(room);
    ASSERT_TRUE(copy.read(in));
    EXPECT_EQ(changes(copy, 1.0F, 0.5F, 19), 0);
    EXPECT_EQ(changes(copy, 1.0F, 0.5F, 1), 1);

    room[0] = std::byte{2};
    ByteReader no_such_member(room);
    EXPECT_FALSE(copy.read(no_such_member));
}

}  // namespace
}  // namespace redshank
