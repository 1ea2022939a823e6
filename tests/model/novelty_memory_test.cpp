#include "model/novelty_memory.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace redshank {
namespace {

using Memory = NoveltyMemory<4>;

TEST(NoveltyMemory, what_was_shown_is_near_and_what_was_not_is_far) {
    Memory memory;
    EXPECT_TRUE(memory.empty());
    EXPECT_EQ(memory.distance({5, 5, 5, 5}, 10), 0.0F);
    memory.learn({0, 1, 2, 3}, 10);
    EXPECT_EQ(memory.distance({0, 1, 2, 3}, 10), 0.0F);
    EXPECT_NEAR(memory.distance({10, 11, 12, 13}, 10), 1.0F, 1e-6F);  // the same shape one range higher
    // Upside down: the values differ by 2 of 10, the shapes by 2/3.
    EXPECT_NEAR(memory.distance({3, 2, 1, 0}, 10), 0.2F + 0.3F * 2 / 3, 1e-6F);
}

TEST(NoveltyMemory, one_value_has_no_shape) {
    NoveltyMemory<1> memory;
    memory.learn({3}, 10);
    EXPECT_NEAR(memory.distance({8}, 10), 0.5F, 1e-6F);
    EXPECT_NEAR(memory.distance({8}, 20), 0.25F, 1e-6F);
}

TEST(NoveltyMemory, what_is_near_one_takes_no_place) {
    NoveltyMemory<1> memory;
    memory.learn({0}, 100);
    memory.learn({9}, 100);
    EXPECT_NEAR(memory.distance({9}, 100), 0.09F, 1e-6F);
    memory.learn({11}, 100);
    EXPECT_EQ(memory.distance({11}, 100), 0.0F);
}

TEST(NoveltyMemory, when_full_the_one_met_longest_ago_makes_room) {
    NoveltyMemory<1> memory;
    for (int i = 0; i < 64; ++i) memory.learn({static_cast<float>(i)}, 1);
    memory.learn({0}, 1);  // met again
    memory.learn({100}, 1);
    EXPECT_EQ(memory.distance({0}, 1), 0.0F);
    EXPECT_EQ(memory.distance({1}, 1), 1.0F) << "the oldest but the one that was met again";
    EXPECT_EQ(memory.distance({2}, 1), 0.0F);
}

TEST(NoveltyMemory, saved_it_goes_on_and_what_no_stream_can_lead_to_is_refused) {
    Memory memory;
    for (int i = 0; i < 100; ++i) memory.learn({static_cast<float>(i % 70), 1, 2, static_cast<float>(i)}, 5);
    std::vector<std::byte> room(Memory::written_bytes);
    ByteWriter out(room);
    memory.write(out);
    ASSERT_TRUE(out.ok());
    ASSERT_EQ(out.used(), room.size());

    const auto reads = [](std::span<const std::byte> bytes, Memory& into) {
        ByteReader in(bytes);
        return into.read(in);
    };
    Memory copy;
    ASSERT_TRUE(reads(room, copy));
    EXPECT_EQ(copy.distance({3, 1, 2, 50}, 5), memory.distance({3, 1, 2, 50}, 5));
    EXPECT_FALSE(reads(std::span(room).first(room.size() - 1), copy));
    for (const auto& [at, value] : {std::pair<std::size_t, int>{0, 65}, {0, 3}, {1, 64}, {1, -1}}) {
        auto bad = room;
        bad[at] = static_cast<std::byte>(value);
        EXPECT_FALSE(reads(bad, copy)) << at << " " << value;
    }
    auto twice = room;
    twice[1] = twice[2];
    EXPECT_FALSE(reads(twice, copy)) << "no permutation";
    auto not_a_number = room;
    for (std::size_t i = 65; i < 69; ++i) not_a_number[i] = std::byte{0xff};
    EXPECT_FALSE(reads(not_a_number, copy));
}

}  // namespace
}  // namespace redshank
