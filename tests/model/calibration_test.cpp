#include "model/calibration.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace redshank {
namespace {

// Values 1/count ... count/count of an exponential distribution's quantiles, in a mixed order.
std::vector<float> exponential(int count) {
    std::vector<float> values;
    for (int i = 0; i < count; ++i) {
        const int mixed = static_cast<int>((static_cast<std::int64_t>(i) * 7919) % count);
        values.push_back(static_cast<float>(-std::log((mixed + 0.5) / count)));
    }
    return values;
}

TEST(TailHistogram, an_empty_one_finds_nothing_rare) {
    EXPECT_EQ(TailHistogram().rarity(0.0F), 0.0F);
    EXPECT_EQ(TailHistogram().rarity(1e30F), 0.0F);
}

TEST(TailHistogram, rarity_is_the_logarithm_of_the_tail_share_over_that_of_the_age) {
    TailHistogram histogram;
    constexpr int count = 9973;  // prime, so that the order above is a permutation
    for (const float value : exponential(count)) histogram.add(value);
    ASSERT_EQ(histogram.total(), static_cast<std::uint32_t>(count));
    for (const double share : {0.9, 0.5, 0.1, 0.03, 0.01}) {
        const double expected = -std::log10(share) / std::log10(static_cast<double>(count));
        EXPECT_NEAR(histogram.rarity(static_cast<float>(-std::log(share))), expected, 0.03) << share;
    }
}

TEST(TailHistogram, the_end_of_all_seen_is_one_at_any_age) {
    for (const int count : {151, 997, 9973, 99991}) {
        TailHistogram histogram;
        const auto values = exponential(count);
        for (const float value : values) histogram.add(value);
        const float largest = *std::max_element(values.begin(), values.end());
        EXPECT_LE(histogram.rarity(largest), 1.01F) << count;
        EXPECT_GE(histogram.rarity(largest), 0.75F) << count;
        EXPECT_GE(histogram.rarity(largest * 1.5F), 1.0F) << count;  // past the end of the largest's bin
        EXPECT_LT(histogram.rarity(largest * 1.5F), 1.1F) << count;
    }
}

TEST(TailHistogram, few_values_make_nothing_certain) {
    TailHistogram histogram;
    for (int i = 0; i < 10; ++i) histogram.add(1.0F);
    EXPECT_LT(score_of(histogram.rarity(2.0F)), 0.5F);
}

TEST(TailHistogram, beyond_all_seen_each_factor_e_adds_three_tenths) {
    TailHistogram histogram;
    for (const float value : exponential(997)) histogram.add(value);
    const double scale = std::log10(997.0);
    double value = 100.0;
    for (int i = 0; i < 20; ++i, value *= std::exp(1.0)) {
        const float step =
            histogram.rarity(static_cast<float>(value * std::exp(1.0))) - histogram.rarity(static_cast<float>(value));
        EXPECT_NEAR(step, 0.3 / scale, 1e-4) << value;
    }
}

TEST(TailHistogram, a_larger_value_is_never_less_rare) {
    TailHistogram histogram;
    for (const float value : exponential(9973)) histogram.add(value);
    float before = 0.0F;
    float value = 1e-8F;
    for (int i = 0; i < 4600; ++i, value *= 1.01F) {  // to 7e11
        const float now = histogram.rarity(value);
        ASSERT_GE(now, before - 1e-6F) << value;
        before = now;
    }
    EXPECT_LT(before, 40.0F);
}

TEST(TailHistogram, extreme_values_are_held_at_the_ends) {
    TailHistogram histogram;
    for (int i = 0; i < 1000; ++i) histogram.add(i % 2 == 0 ? 0.0F : 3e38F);
    EXPECT_EQ(histogram.total(), 1000U);
    EXPECT_LT(histogram.rarity(0.0F), 0.01F);
    EXPECT_LT(histogram.rarity(1.0F), 0.2F);
    EXPECT_LT(histogram.rarity(3e38F), 1.01F);
}

TEST(TailHistogram, what_is_old_fades) {
    TailHistogram histogram;
    for (int i = 0; i < 3; ++i) histogram.add(1000.0F);
    for (int i = 0; i < 1000; ++i) histogram.add(1.0F);
    const float while_known = histogram.rarity(900.0F);
    EXPECT_LT(while_known, 0.95F);
    for (int i = 0; i < 200'000; ++i) histogram.add(1.0F);
    EXPECT_LE(histogram.total(), 65'535U + 3U);
    EXPECT_GT(histogram.rarity(900.0F), 1.3F);
}

TEST(TailHistogram, written_and_read_it_is_the_same) {
    TailHistogram histogram;
    for (const float value : exponential(9973)) histogram.add(value);
    std::array<std::byte, TailHistogram::written_bytes> room{};
    ByteWriter out(room);
    histogram.write(out);
    ASSERT_TRUE(out.ok());
    EXPECT_EQ(out.used(), TailHistogram::written_bytes);

    TailHistogram copy;
    copy.add(5.0F);
    ByteReader in(room);
    copy.read(in);
    ASSERT_TRUE(in.ok());
    EXPECT_EQ(copy.total(), histogram.total());
    float value = 1e-3F;
    for (int i = 0; i < 150; ++i, value *= 1.1F) EXPECT_EQ(copy.rarity(value), histogram.rarity(value));
}

TEST(Score, the_marks_of_the_default_rule) {
    EXPECT_EQ(score_of(0.0F), 0.0F);
    EXPECT_NEAR(score_of(never_seen / 2.0F), 0.5F, 1e-6F);
    EXPECT_NEAR(score_of(never_seen), 0.8F, 1e-6F);
    EXPECT_LE(score_of(40.0F), 1.0F);
    float before = -1.0F;
    for (int i = 0; i < 4000; ++i) {
        const float rarity = static_cast<float>(i) / 100.0F;
        ASSERT_GT(score_of(rarity), before);
        before = score_of(rarity);
    }
}

}  // namespace
}  // namespace redshank
