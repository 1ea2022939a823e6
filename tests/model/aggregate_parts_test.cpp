#include "model/aggregate_parts.hpp"

#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "model/decimal.hpp"
#include "tests/model/numbers_random.hpp"

namespace redshank {
namespace {

struct Sample {
    std::int64_t raw = 0;
    std::int64_t event_ns = 0;
};

AggregateParts parts_of(const std::vector<Sample>& samples, std::int64_t pivot, std::uint8_t exponent = 0) {
    AggregateParts parts = AggregateParts::empty(pivot, exponent);
    for (const Sample& sample : samples) parts.add(sample.raw, sample.event_ns);
    return parts;
}

TEST(AggregateParts, hold_the_sums_and_ends_of_what_was_added) {
    const AggregateParts parts = parts_of({{215, 20}, {210, 10}, {225, 30}, {190, 30}, {999, 10}}, 200, 1);
    EXPECT_EQ(parts.count, 5U);
    EXPECT_EQ(parts.sum, Int128::of(15 + 10 + 25 - 10 + 799));
    EXPECT_EQ(parts.squares, (UInt128{225 + 100 + 625 + 100 + 799 * 799, 0}));
    EXPECT_EQ(parts.min, 190);
    EXPECT_EQ(parts.max, 999);
    EXPECT_EQ(parts.first, 210);  // of equal times the earlier added
    EXPECT_EQ(parts.first_ns, 10);
    EXPECT_EQ(parts.last, 190);  // of equal times the later added
    EXPECT_EQ(parts.last_ns, 30);
    EXPECT_EQ(parts.mean(), 36.78);
    EXPECT_EQ(AggregateParts::empty(7, 3).mean(), 0.0);
    EXPECT_EQ(AggregateParts::empty(7, 3).variance(), 0.0);
}

TEST(AggregateParts, merge_to_the_same_bytes_in_any_order_and_grouping) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        NumbersRandom random(seed);
        const std::int64_t pivot = random.any_width_signed(52);
        const auto times = random.below(2) == 0 ? 5 : 1'000'000;  // many equal times, or few
        std::vector<AggregateParts> pieces;
        const auto count = 2 + random.below(30);
        for (std::uint64_t i = 0; i < count; ++i) {
            AggregateParts piece = AggregateParts::empty(pivot, 3);
            for (std::uint64_t j = random.below(5); j > 0; --j) {
                piece.add(random.any_width_signed(53), random.between(-times, times));
            }
            pieces.push_back(piece);
        }
        AggregateParts expected = AggregateParts::empty(pivot, 3);
        for (const AggregateParts& piece : pieces) expected.merge(piece);
        while (pieces.size() > 1) {  // any two become one, either into the other
            const auto a = random.below(pieces.size());
            AggregateParts taken = pieces[static_cast<std::size_t>(a)];
            pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(a));
            pieces[static_cast<std::size_t>(random.below(pieces.size()))].merge(taken);
        }
        ASSERT_EQ(pieces[0], expected) << seed;
    }
}

TEST(AggregateParts, a_split_adds_up_to_the_whole) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        NumbersRandom random(seed);
        std::array<AggregateParts, 4> pieces;
        pieces.fill(AggregateParts::empty(1000, 2));
        AggregateParts whole = pieces[0];
        for (int i = 0; i < 50; ++i) {
            const std::int64_t raw = random.any_width_signed(53);
            const std::int64_t event_ns = static_cast<std::int64_t>(random.below(1000)) * 64 + i;  // all different
            whole.add(raw, event_ns);
            pieces[static_cast<std::size_t>(random.below(4))].add(raw, event_ns);
        }
        for (int i = 1; i < 4; ++i) pieces[0].merge(pieces[static_cast<std::size_t>(i)]);
        ASSERT_EQ(pieces[0], whole) << seed;
    }
}

TEST(AggregateParts, another_exponent_and_pivot_merge_exactly_where_they_fit) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        NumbersRandom random(seed);
        const std::int64_t pivot = random.any_width_signed(40);
        const std::int64_t other_pivot = random.any_width_signed(50);
        AggregateParts coarse = AggregateParts::empty(pivot, 1);
        AggregateParts fine = AggregateParts::empty(other_pivot, 4);
        AggregateParts expected_fine = AggregateParts::empty(pivot * 1000, 4);
        AggregateParts other_way = AggregateParts::empty(other_pivot, 4);
        for (int i = 0; i < 20; ++i) {
            const std::int64_t raw = random.any_width_signed(40);
            if (random.below(2) == 0) {
                coarse.add(raw, i);
                expected_fine.add(raw * 1000, i);
                other_way.add(raw * 1000, i);
            } else {
                fine.add(raw, i);
                expected_fine.add(raw, i);
                other_way.add(raw, i);
            }
        }
        const AggregateParts coarse_before = coarse;
        coarse.merge(fine);
        fine.merge(coarse_before);
        // Rebasing an empty side is no change; a merge of nothing leaves even the exponent alone.
        if (fine.count == coarse_before.count) continue;
        if (coarse_before.count == coarse.count) continue;
        ASSERT_EQ(coarse, expected_fine) << seed;
        ASSERT_EQ(fine, other_way) << seed;
        ASSERT_EQ(coarse.mean(), fine.mean()) << seed;
        ASSERT_EQ(coarse.variance(), fine.variance()) << seed;
    }
}

TEST(AggregateParts, what_does_not_fit_the_finer_exponent_is_rounded_to_the_coarser_and_told) {
    const std::int64_t large = std::int64_t{1} << 52;
    AggregateParts coarse = parts_of({{large, 1}, {large + 2, 2}}, large, 0);
    AggregateParts fine = parts_of({{15'000'000, 3}, {25'000'000, 4}, {26'000'000, 0}}, 17'000'000, 7);
    AggregateParts fine_first = fine;
    const AggregateParts coarse_before = coarse;
    coarse.merge(fine);
    EXPECT_TRUE(coarse.rounded);
    EXPECT_EQ(coarse.exponent, 0);
    EXPECT_EQ(coarse.count, 5U);
    EXPECT_EQ(coarse.pivot, large);
    EXPECT_EQ(coarse.min, 2);  // 1.5, half to even
    EXPECT_EQ(coarse.first, 3);
    EXPECT_EQ(coarse.last, 2);  // 2.5, half to even
    EXPECT_EQ(coarse.max, large + 2);
    EXPECT_NEAR(coarse.mean(), (2.0 * 4503599627370496.0 + 2 + 6.6) / 5, 1.0);
    fine_first.merge(coarse_before);
    EXPECT_TRUE(fine_first.rounded);
    EXPECT_EQ(fine_first.exponent, 0);
    EXPECT_EQ(fine_first.pivot, 2);  // 1.7
    EXPECT_EQ(fine_first.mean(), coarse.mean());
    EXPECT_EQ(fine_first.count, 5U);
}

TEST(AggregateParts, rounding_keeps_mean_and_variance_within_half_a_coarse_unit) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        NumbersRandom random(seed);
        AggregateParts fine = AggregateParts::empty(random.between(0, 40'000'000), 6);
        for (int i = 0; i < 100; ++i) fine.add(random.between(10'000'000, 30'000'000), i);
        AggregateParts huge = parts_of({{(std::int64_t{1} << 53) - 1, 7}}, 0, 0);
        const double mean = fine.mean();
        const double variance = fine.variance();
        AggregateParts merged =
            AggregateParts::empty((std::int64_t{1} << 53) - 1, 0);  // a pivot that cannot be refined
        merged.merge(fine);
        ASSERT_TRUE(merged.rounded);
        ASSERT_NEAR(merged.mean(), mean, 0.5 / 100 + 1e-9) << seed;
        ASSERT_NEAR(merged.variance(), variance, 1.0) << seed;
        ASSERT_EQ(merged.count, 100U);
        merged.merge(huge);
        ASSERT_EQ(merged.count, 101U);
    }
}

TEST(AggregateParts, squares_saturate_and_say_so) {
    const std::int64_t edge = (std::int64_t{1} << 53) - 1;
    AggregateParts parts = parts_of({{edge, 0}, {-edge, 1}}, 0);
    for (int i = 0; i < 22; ++i) parts.merge(AggregateParts(parts));
    EXPECT_TRUE(parts.squares_clamped);
    EXPECT_EQ(parts.squares, uint128_max);
    EXPECT_EQ(parts.count, std::uint64_t{2} << 22);
    EXPECT_EQ(parts.mean(), 0.0);
    EXPECT_GT(parts.variance(), 0.0);
    EXPECT_LT(parts.variance(), 81129638414606663681390495662081.0);  // a lower bound of edge^2
    AggregateParts moved = AggregateParts::empty(-edge, 0);
    moved.merge(parts);
    EXPECT_TRUE(moved.squares_clamped);
    EXPECT_GE(moved.variance(), 0.0);
    EXPECT_EQ(moved.mean(), 0.0);
}

TEST(AggregateParts, clamped_squares_never_make_a_negative_variance) {
    const std::int64_t edge = (std::int64_t{1} << 53) - 1;
    AggregateParts parts = parts_of({{edge, 0}, {edge, 1}}, -edge);
    for (int i = 0; i < 25; ++i) parts.merge(AggregateParts(parts));
    ASSERT_TRUE(parts.squares_clamped);
    EXPECT_EQ(parts.variance(), 0.0);
    EXPECT_EQ(parts.mean(), 9007199254740991.0);
}

TEST(AggregateParts, sums_are_rounded_half_to_even_too) {
    const std::int64_t pivot = (std::int64_t{1} << 53) - 1;  // cannot be refined by 10
    for (const auto& [raw, sum] : {std::pair{25, 2}, {35, 4}, {-25, -2}, {26, 3}, {24, 2}, {250001, 25000}}) {
        AggregateParts coarse = AggregateParts::empty(pivot * 256, 0);
        coarse.merge(parts_of({{raw, 0}}, 0, 1));
        ASSERT_TRUE(coarse.rounded);
        EXPECT_EQ(coarse.sum + Int128::of(pivot * 256), Int128::of(sum)) << raw;
        EXPECT_EQ(coarse.min, sum) << raw;
    }
}

TEST(AggregateParts, refine_is_exact_or_changes_nothing) {
    AggregateParts parts = parts_of({{215, 1}, {-40, 2}, {300, 3}}, 100, 1);
    const AggregateParts before = parts;
    ASSERT_TRUE(parts.refine(3));
    EXPECT_EQ(parts, parts_of({{215000, 1}, {-40000, 2}, {300000, 3}}, 100000, 4));
    EXPECT_EQ(parts.mean(), before.mean());
    EXPECT_EQ(parts.variance(), before.variance());
    const AggregateParts refined = parts;
    EXPECT_FALSE(parts.refine(17));
    EXPECT_FALSE(parts.refine(37));  // the exponent itself
    EXPECT_EQ(parts, refined);
    AggregateParts zeros = parts_of({{0, 1}, {0, 2}}, 0, 1);
    EXPECT_TRUE(zeros.refine(39));
    EXPECT_EQ(zeros.exponent, 40);
    // 62 bits each, but squares that do not fit.
    AggregateParts wide = parts_of({{std::int64_t{1} << 52, 1}, {-(std::int64_t{1} << 52), 2}}, 0, 0);
    for (int i = 0; i < 20; ++i) wide.merge(AggregateParts(wide));
    const AggregateParts wide_before = wide;
    EXPECT_FALSE(wide.refine(2));
    EXPECT_EQ(wide, wide_before);
}

#ifdef __SIZEOF_INT128__
__extension__ using Wide = __int128;

// Within half the gap to the next double; the long double quotient that it is held against is itself off by 2^-63.
void expect_nearest(double value, Wide numerator, Wide denominator, std::uint64_t seed) {
    const long double exact = static_cast<long double>(numerator) / static_cast<long double>(denominator);
    const double up = std::nextafter(value, INFINITY);
    const long double gap = static_cast<long double>(up) - value;
    ASSERT_LE(std::fabs(static_cast<long double>(value) - exact), gap * (0.5L + 0x1p-9L)) << seed << " " << value;
}

TEST(AggregateParts, mean_and_variance_are_the_nearest_doubles_to_exact_arithmetic) {
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        NumbersRandom random(seed);
        const auto exponent = static_cast<std::uint8_t>(random.below(9));
        Wide power = 1;
        for (int i = 0; i < exponent; ++i) power *= 10;
        const auto width = static_cast<unsigned>(2 + random.below(30));
        const std::int64_t base = random.any_width_signed(50);
        const auto count = 1 + random.below(100);
        AggregateParts parts = AggregateParts::empty(base + random.any_width_signed(width), exponent);
        Wide sum = 0;
        Wide local = 0;
        Wide squares = 0;
        for (std::uint64_t i = 0; i < count; ++i) {
            const std::int64_t step = random.any_width_signed(width);
            parts.add(base + step, 0);
            sum += base + step;
            local += step;
            squares += static_cast<Wide>(step) * step;
        }
        const auto n = static_cast<Wide>(count);
        const Wide size = sum < 0 ? -sum : sum;
        if (size != 0) expect_nearest(sum < 0 ? -parts.mean() : parts.mean(), size, n * power, seed);
        const Wide spread = n * squares - local * local;
        if (spread == 0) {
            ASSERT_EQ(parts.variance(), 0.0) << seed;
        } else {
            expect_nearest(parts.variance(), spread, n * n * power * power, seed);
        }
    }
}
#endif

TEST(AggregateParts, fixed_means_and_variances_agree_on_every_board) {
    const AggregateParts parts = parts_of({{1, 0}, {2, 0}, {4, 0}}, 0, 1);
    EXPECT_EQ(parts.mean(), 7.0 / 30.0);
    EXPECT_EQ(parts.variance(), 14.0 / 900.0);
    const AggregateParts tiny = parts_of({{1, 0}, {2, 0}}, 0, 40);
    EXPECT_EQ(tiny.mean(), 1.5e-40);
    EXPECT_EQ(tiny.variance(), 2.5e-81);
    const AggregateParts far = parts_of({{9007199254740991, 0}, {9007199254740990, 0}}, 9007199254740991, 0);
    EXPECT_EQ(far.variance(), 0.25);
    EXPECT_EQ(far.mean(), 9007199254740990.0);  // ...990.5, a tie, to even
    EXPECT_EQ(parts_of({{-3, 0}, {-4, 0}}, 0, 0).mean(), -3.5);
}

TEST(AggregateParts, come_back_from_their_bytes) {
    AggregateParts parts = parts_of({{-5, -100}, {9007199254740991, 7}, {3, 9}}, -77, 12);
    parts.rounded = true;
    std::array<std::byte, AggregateParts::encoded_bytes> room{};
    ByteWriter out(room);
    parts.write(out);
    ASSERT_TRUE(out.ok());
    EXPECT_EQ(out.used(), AggregateParts::encoded_bytes);
    EXPECT_EQ(room[0], std::byte{0xb3});  // -77, little-endian
    EXPECT_EQ(room[8], std::byte{12});
    EXPECT_EQ(room[11], std::byte{3});
    ByteReader in(out.written());
    parts.sketch = {};  // which is written apart
    EXPECT_EQ(AggregateParts::read(in), parts);
    EXPECT_TRUE(in.ok());
    EXPECT_EQ(in.left(), 0U);
    room[8] = std::byte{41};
    ByteReader broken(room);
    EXPECT_EQ(AggregateParts::read(broken), AggregateParts{});
    EXPECT_FALSE(broken.ok());
    ByteReader cut(std::span<const std::byte>(room).first(98));
    AggregateParts::read(cut);
    EXPECT_FALSE(cut.ok());
}

TEST(ToDouble, shortest_text_is_the_decimal_again_to_fifteen_digits) {
    NumbersRandom random(6);
    for (int i = 0; i < 100'000; ++i) {
        const auto raw = static_cast<std::int64_t>(random.any_width() % 1'000'000'000'000'000U) * (i % 2 == 0 ? 1 : -1);
        const auto exponent = static_cast<std::uint8_t>(random.below(23));
        std::array<char, 64> text{};
        const auto end = std::to_chars(text.data(), text.data() + text.size(), to_double(raw, exponent)).ptr;
        const auto parsed = parse_decimal({text.data(), end}, DecimalGrammar::json);
        ASSERT_TRUE(parsed.has_value());
        ASSERT_TRUE(compare_decimal(parsed->mantissa, parsed->scale, raw, exponent) == 0)
            << raw << "e-" << int{exponent} << " as " << text.data();
    }
}

TEST(ToDouble, is_what_the_libraries_correct_parser_gives_for_every_raw_and_exponent) {
    NumbersRandom random(7);
    for (int i = 0; i < 200'000; ++i) {
        const std::int64_t raw = random.any_width_signed(63);
        const auto exponent = static_cast<std::uint8_t>(random.below(41));
        const std::string text = std::to_string(raw) + "e-" + std::to_string(int{exponent});
        double expected = 0;
        ASSERT_EQ(std::from_chars(text.data(), text.data() + text.size(), expected).ec, std::errc());
        ASSERT_EQ(to_double(raw, exponent), expected) << text;
    }
    EXPECT_EQ(to_double(INT64_MIN, 40), -9223372036854775808e-40);
    EXPECT_EQ(to_double(2150, 2), 21.5);
    EXPECT_EQ(to_double(0, 40), 0.0);
}

}  // namespace
}  // namespace redshank
