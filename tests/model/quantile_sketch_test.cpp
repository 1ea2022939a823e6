#include "model/quantile_sketch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "model/aggregate_parts.hpp"
#include "tests/model/numbers_random.hpp"

namespace redshank {
namespace {

struct Value {
    std::int64_t raw = 0;
    std::uint8_t exponent = 0;
};

QuantileSketch sketch_of(const std::vector<Value>& values) {
    QuantileSketch sketch;
    for (const Value& value : values) sketch.add(value.raw, value.exponent);
    return sketch;
}

std::vector<Value> some_values(std::uint64_t seed, std::size_t count, int kind) {
    NumbersRandom random(seed);
    std::vector<Value> values;
    for (std::size_t i = 0; i < count; ++i) {
        const auto exponent = static_cast<std::uint8_t>(kind == 0 ? 1 : random.between(0, 5));
        std::int64_t raw = random.between(200, 260);
        if (kind == 1) raw = random.between(-300, 400);
        if (kind == 2) raw = random.between(1, 9) * static_cast<std::int64_t>(std::pow(10, random.between(0, 12)));
        values.push_back({raw, exponent});
    }
    return values;
}

TEST(QuantileSketch, quantiles_are_within_the_stated_error_of_the_values_of_that_rank) {
    for (int kind = 0; kind < 3; ++kind) {
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            const std::vector<Value> values = some_values(seed, static_cast<std::size_t>(10 + seed * 40), kind);
            const QuantileSketch sketch = sketch_of(values);
            std::vector<double> sorted;
            for (const Value& value : values) sorted.push_back(to_double(value.raw, value.exponent));
            std::sort(sorted.begin(), sorted.end());
            for (const double share : {0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 1.0}) {
                const auto rank = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
                const double expected = sorted[rank];
                ASSERT_LE(std::fabs(sketch.quantile(share) - expected),
                          sketch.relative_error() * std::fabs(expected) * (1 + 1e-12))
                    << "kind " << kind << " seed " << seed << " share " << share;
            }
        }
    }
}

TEST(QuantileSketch, readings_of_one_room_have_the_finest_error) {
    const QuantileSketch sketch = sketch_of(some_values(1, 1000, 0));  // 20.0 to 26.0
    EXPECT_EQ(sketch.level(), 0);
    EXPECT_LT(sketch.relative_error(), 0.0078);
}

TEST(QuantileSketch, merged_in_any_order_and_grouping_it_is_the_same_to_the_bit) {
    for (int kind = 0; kind < 3; ++kind) {
        NumbersRandom random(77);
        const std::vector<Value> values = some_values(5, 900, kind);
        const QuantileSketch whole = sketch_of(values);
        for (int round = 0; round < 30; ++round) {
            std::vector<QuantileSketch> pieces(static_cast<std::size_t>(random.between(1, 12)));
            for (const Value& value : values) {
                pieces[static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(pieces.size()) - 1))].add(
                    value.raw, value.exponent);
            }
            while (pieces.size() > 1) {
                const auto at =
                    static_cast<std::size_t>(random.between(1, static_cast<std::int64_t>(pieces.size()) - 1));
                pieces[at - 1].merge(pieces[at]);
                pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(at));
            }
            ASSERT_EQ(pieces[0], whole) << "kind " << kind << " round " << round;
        }
    }
}

TEST(QuantileSketch, a_value_is_the_same_at_every_exponent) {
    NumbersRandom random(8);
    for (int i = 0; i < 5000; ++i) {
        const std::int64_t raw = random.between(-1'000'000, 1'000'000);
        const auto exponent = static_cast<std::uint8_t>(random.between(0, 20));
        QuantileSketch coarse;
        coarse.add(raw, exponent);
        QuantileSketch fine;
        fine.add(raw * 1000, static_cast<std::uint8_t>(exponent + 3));
        ASSERT_EQ(coarse, fine) << raw << "e-" << int{exponent};
    }
}

TEST(QuantileSketch, the_smallest_and_largest_values_have_bins) {
    QuantileSketch sketch;
    sketch.add((std::int64_t{1} << 62) - 1, 0);
    sketch.add(1, 40);
    sketch.add(-1, 40);
    sketch.add(0, 0);
    sketch.add(-(std::int64_t{1} << 62) + 1, 17);
    EXPECT_EQ(sketch.bins().size(), 5U);
    EXPECT_NEAR(sketch.quantile(1), std::ldexp(1.0, 62), std::ldexp(1.0, 62) * 0.008);
    EXPECT_NEAR(sketch.quantile(0.75), 1e-40, 1e-42);
    EXPECT_EQ(sketch.quantile(0.5), 0);
    EXPECT_NEAR(sketch.quantile(0), -46.1168601842738790, 0.4);
}

TEST(QuantileSketch, is_empty_or_what_was_written) {
    EXPECT_EQ(QuantileSketch().quantile(0.5), 0);
    for (int kind = 0; kind < 3; ++kind) {
        const QuantileSketch sketch = sketch_of(some_values(3, 500, kind));
        std::array<std::byte, QuantileSketch::encoded_bytes_max> room{};
        ByteWriter out(room);
        sketch.write(out);
        ASSERT_TRUE(out.ok());
        QuantileSketch again;
        ASSERT_TRUE(again.read(out.written()));
        EXPECT_EQ(again, sketch);
        for (std::size_t size = 1; size < out.used(); ++size) {
            EXPECT_FALSE(again.read(out.written().first(size))) << size;
            EXPECT_TRUE(again.bins().empty());
        }
    }
    QuantileSketch again;
    EXPECT_TRUE(again.read({}));
    const std::array<std::byte, 4> zero_count{std::byte{0}, std::byte{1}, std::byte{2}, std::byte{0}};
    EXPECT_FALSE(again.read(zero_count));
    const std::array<std::byte, 6> falling{std::byte{0}, std::byte{2}, std::byte{4},
                                           std::byte{1}, std::byte{1}, std::byte{1}};
    EXPECT_FALSE(again.read(falling));
}

}  // namespace
}  // namespace redshank
