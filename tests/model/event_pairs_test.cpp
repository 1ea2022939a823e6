#include "model/event_pairs.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "model/fnv1a.hpp"
#include "tests/model/allocations.hpp"
#include "tests/model/random.hpp"

namespace redshank {
namespace {

constexpr std::int64_t window_ms = 2000;

// Ninety kinds of events; 1 is followed by 2 nine times of ten, 3 and 4 come together, always; the rest is chance.
class House {
public:
    void live(EventPairs& pairs, int events) {
        for (int i = 0; i < events; ++i) {
            now_ms_ += 300 + static_cast<std::int64_t>(random_.next() % 8000);
            switch (random_.next() % 12) {
                case 0:
                    pairs.see(1, now_ms_);
                    if (random_.next() % 10 != 0) pairs.see(2, now_ms_ + 200);
                    break;
                case 1:
                    pairs.see(3, now_ms_);
                    pairs.see(4, now_ms_ + 100);
                    break;
                default:
                    pairs.see(static_cast<EventPairs::Event>(10 + random_.next() % 90), now_ms_);
            }
            now_ms_ += 300;
        }
    }

private:
    Random random_{8};
    std::int64_t now_ms_ = 0;
};

std::vector<EventPairs::Rule> rules_of(const EventPairs& pairs, const EventPairs::Limits& limits = {}) {
    std::array<EventPairs::Rule, 2 * EventPairs::pairs_most> room{};
    return {room.begin(), room.begin() + static_cast<std::ptrdiff_t>(pairs.rules(limits, room))};
}

std::vector<std::byte> snapshot_of(const EventPairs& pairs) {
    std::vector<std::byte> room(pairs.snapshot_bytes());
    ByteWriter out(room);
    pairs.snapshot(out);
    EXPECT_TRUE(out.ok());
    EXPECT_EQ(out.used(), room.size());
    return room;
}

bool restored(EventPairs& pairs, std::span<const std::byte> bytes) {
    ByteReader in(bytes);
    return pairs.restore(in);
}

TEST(EventPairs, support_confidence_and_lift_are_those_of_the_definition) {
    EventPairs pairs(1000);
    std::int64_t now_ms = 0;
    const auto basket = [&](std::initializer_list<EventPairs::Event> events) {
        now_ms += 10'000;
        for (const auto event : events) pairs.see(event, now_ms);
    };
    for (int i = 0; i < 30; ++i) basket({1, 2, 1});  // twice in a basket is once
    for (int i = 0; i < 10; ++i) basket({1});
    for (int i = 0; i < 20; ++i) basket({2, 3});
    for (int i = 0; i < 40; ++i) basket({4});
    pairs.pass_time(now_ms + 1001);
    ASSERT_EQ(pairs.baskets(), 100U);

    const auto rules = rules_of(pairs, {.together_least = 25, .confidence_least = 0.0F, .lift_least = 0.0F});
    ASSERT_EQ(rules.size(), 2U);
    EXPECT_EQ(rules[0].antecedent, 1);
    EXPECT_EQ(rules[0].consequent, 2);
    EXPECT_EQ(rules[0].together, 30U);
    EXPECT_FLOAT_EQ(rules[0].support, 0.3F);
    EXPECT_FLOAT_EQ(rules[0].confidence, 0.75F);
    EXPECT_FLOAT_EQ(rules[0].lift, 1.5F);
    EXPECT_EQ(rules[1].antecedent, 2);
    EXPECT_FLOAT_EQ(rules[1].confidence, 0.6F);
    EXPECT_FLOAT_EQ(rules[1].lift, 1.5F);
}

TEST(EventPairs, a_basket_ends_its_window_after_its_first_event) {
    EventPairs pairs(1000);
    pairs.see(1, 5000);
    pairs.see(2, 6000);
    pairs.see(3, 6001);
    pairs.pass_time(7001);
    EXPECT_EQ(pairs.baskets(), 1U);
    pairs.pass_time(7002);
    EXPECT_EQ(pairs.baskets(), 2U);
    const auto rules = rules_of(pairs, {.together_least = 1});
    ASSERT_EQ(rules.size(), 2U);
    EXPECT_EQ(rules[0].antecedent + rules[0].consequent, 3);
}

TEST(EventPairs, planted_pairs_are_found_among_more_pairs_than_there_is_room_for_and_nothing_else) {
    EventPairs pairs(window_ms);
    House house;
    house.live(pairs, 60'000);
    const auto rules = rules_of(pairs, {.together_least = 100, .confidence_least = 0.6F, .lift_least = 3.0F});
    std::vector<std::pair<int, int>> found;
    for (const auto& rule : rules) {
        found.emplace_back(rule.antecedent, rule.consequent);
        EXPECT_GT(rule.confidence, 0.85F);
        EXPECT_TRUE(rule.antecedent != 1 || rule.confidence < 0.95F) << rule.confidence;
        EXPECT_GT(rule.lift, 5.0F);
    }
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, (std::vector<std::pair<int, int>>{{1, 2}, {2, 1}, {3, 4}, {4, 3}}));
}

TEST(EventPairs, with_little_room_the_best_rules_are_written) {
    EventPairs pairs(window_ms);
    House house;
    house.live(pairs, 20'000);
    const auto all = rules_of(pairs, {.together_least = 1, .confidence_least = 0.0F, .lift_least = 0.0F});
    ASSERT_GT(all.size(), 6U);
    std::array<EventPairs::Rule, 3> room{};
    ASSERT_EQ(pairs.rules({.together_least = 1, .confidence_least = 0.0F, .lift_least = 0.0F}, room), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(room[i].antecedent, all[i].antecedent);
        EXPECT_EQ(room[i].consequent, all[i].consequent);
    }
    EXPECT_EQ(pairs.rules({}, {}), 0U);
}

TEST(EventPairs, times_that_jump_and_baskets_that_overflow_do_no_harm) {
    EventPairs pairs(window_ms);
    Random random(9);
    const std::array times{INT64_MIN, INT64_MAX, std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 62};
    for (int i = 0; i < 2000; ++i) {
        const std::int64_t now_ms =
            i < 1000 ? i / 100 * 3000 : times[static_cast<std::size_t>(random.next() % times.size())];
        pairs.see(static_cast<EventPairs::Event>(random.next()), now_ms);
    }
    EXPECT_GT(pairs.left_out(), 500U);
    EventPairs copy(window_ms);
    EXPECT_TRUE(restored(copy, snapshot_of(pairs)));
}

TEST(EventPairs, a_snapshot_continues_exactly_and_a_damaged_one_is_refused) {
    EventPairs original(window_ms);
    House house;
    house.live(original, 3000);
    const auto good = snapshot_of(original);
    EventPairs copy(window_ms);
    ASSERT_TRUE(restored(copy, good));
    House same = house;
    house.live(original, 3000);
    same.live(copy, 3000);
    EXPECT_EQ(snapshot_of(copy), snapshot_of(original));

    EventPairs other(window_ms + 1);
    EXPECT_FALSE(restored(other, good));
    for (std::size_t bit = 0; bit < good.size() * 8; bit += 61) {
        auto flipped = good;
        flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        ASSERT_FALSE(restored(copy, flipped)) << bit;
    }
    copy.reset();
    EXPECT_EQ(snapshot_of(copy), snapshot_of(EventPairs(window_ms)));
}

TEST(EventPairs, nothing_is_allocated_and_the_bytes_are_these_on_every_board) {
    EventPairs pairs(window_ms);
    House house;
    std::array<EventPairs::Rule, 16> room{};
    const std::uint64_t before = contract::allocations.load();
    house.live(pairs, 100'000);
    const std::size_t written = pairs.rules({}, room);
    EXPECT_EQ(contract::allocations.load(), before);
    EXPECT_GT(written, 0U);
    EXPECT_EQ(fnv1a(snapshot_of(pairs)), 0xac3b1d6ffc67c95aU);
}

TEST(SpaceSaving, bounds_hold_for_every_key_and_the_frequent_ones_are_held) {
    SpaceSaving<16> counts;
    std::array<std::uint32_t, 200> exact{};
    Random random(10);
    constexpr std::uint32_t total = 20'000;
    for (std::uint32_t i = 0; i < total; ++i) {
        const float u = random.uniform();
        const auto key = static_cast<std::uint32_t>(199.0F * u * u * u * u);
        ++exact[key];
        counts.add(key);
    }
    std::uint32_t sum = 0;
    for (const auto& entry : counts.held()) {
        EXPECT_LE(exact[entry.key], entry.count);
        EXPECT_GE(exact[entry.key], entry.count - entry.error);
        sum += entry.count;
    }
    EXPECT_EQ(sum, total);
    for (std::uint32_t key = 0; key < exact.size(); ++key) {
        EXPECT_TRUE(exact[key] <= total / 16 || counts.find(key) != nullptr) << key;
    }
}

}  // namespace
}  // namespace redshank
