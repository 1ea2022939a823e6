#include "model/preprocess.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "tests/model/numbers_random.hpp"

namespace redshank {
namespace {

Decimal decimal(std::string_view text) {
    return parse_decimal(text, DecimalGrammar::json).value();
}

PreprocessSettings smoothing(std::uint32_t alpha_q16) {
    PreprocessSettings settings;
    settings.smooth_alpha_q16 = alpha_q16;
    return settings;
}

PreprocessSettings ranged(std::string_view low, std::string_view high) {
    PreprocessSettings settings;
    settings.range = PreprocessSettings::Range{decimal(low), decimal(high)};
    return settings;
}

ChannelScale scale_of(std::string_view text) {
    ChannelScale scale;
    for (int i = 0; i < 32; ++i) EXPECT_TRUE(scale.to_raw(decimal(text)).has_value());
    return scale;
}

TEST(PreprocessRange, includes_both_ends) {
    const Preprocess preprocess(ranged("-40", "120"));
    const ChannelScale scale = scale_of("1.5");
    EXPECT_TRUE(preprocess.check(-400, scale).has_value());
    EXPECT_TRUE(preprocess.check(1200, scale).has_value());
    EXPECT_EQ(preprocess.check(-401, scale).error(), Error::range);
    EXPECT_EQ(preprocess.check(1201, scale).error(), Error::range);
}

TEST(PreprocessRange, settings_finer_than_the_channel_compare_exactly) {
    const Preprocess preprocess(ranged("1.15", "1.25"));
    const ChannelScale scale = scale_of("1.5");
    EXPECT_FALSE(preprocess.check(11, scale).has_value());
    EXPECT_TRUE(preprocess.check(12, scale).has_value());
    EXPECT_FALSE(preprocess.check(13, scale).has_value());
    const Preprocess huge(ranged("-1e-40", "999999999999999999"));
    EXPECT_TRUE(huge.check((std::int64_t{1} << 53) - 1, scale_of("7")).has_value());
    EXPECT_FALSE(huge.check(-1, scale_of("0.000000000001")).has_value());
    EXPECT_TRUE(huge.check(0, scale).has_value());
}

TEST(PreprocessRange, without_a_range_everything_passes) {
    const Preprocess preprocess(smoothing(65536));
    EXPECT_TRUE(preprocess.check(-(std::int64_t{1} << 53) + 1, scale_of("1")).has_value());
}

TEST(PreprocessSmoothing, none_gives_the_reading_itself) {
    Preprocess preprocess(smoothing(65536));
    for (const std::int64_t raw : {5LL, -9007199254740991LL, 9007199254740991LL, 0LL, -1LL}) {
        EXPECT_EQ(preprocess.smooth_q8(raw), raw * 256) << raw;
    }
}

TEST(PreprocessSmoothing, stays_within_one_unit_of_a_double_over_a_long_walk) {
    for (const std::uint32_t alpha : {1U, 7U, 66U, 655U, 6554U, 13107U, 40000U, 65535U}) {
        NumbersRandom random(alpha);
        Preprocess preprocess(smoothing(alpha));
        std::int64_t raw = 1'000'000;
        auto reference = static_cast<double>(raw);
        preprocess.smooth_q8(raw);
        double bias = 0;
        for (int i = 0; i < 100'000; ++i) {
            raw += random.between(-50, 50);
            reference += static_cast<double>(alpha) / 65536.0 * (static_cast<double>(raw) - reference);
            const double error = static_cast<double>(preprocess.smooth_q8(raw)) - reference * 256;
            ASSERT_LE(std::fabs(error), 0.51) << alpha << " step " << i;
            bias += error;
        }
        EXPECT_LE(std::fabs(bias / 100'000), 0.02) << alpha;
    }
}

TEST(PreprocessSmoothing, reaches_a_constant_input_exactly) {
    for (const std::uint32_t alpha : {1U, 655U, 13107U, 65535U}) {
        for (const std::int64_t raw : {1LL, -3LL, 123456789012345LL, -9007199254740991LL}) {
            Preprocess preprocess(smoothing(alpha));
            preprocess.smooth_q8(-raw);
            std::int64_t smoothed = 0;
            const int steps = static_cast<int>(65536 / alpha) * 50;
            for (int i = 0; i < steps; ++i) smoothed = preprocess.smooth_q8(raw);
            EXPECT_EQ(smoothed, raw * 256) << alpha;
        }
    }
}

// Welford's mean and variance, exponentially weighted from the 1024th value on, about an offset that keeps doubles
// exact.
class Reference {
public:
    explicit Reference(double offset) : offset_(offset) {}
    double deviation() const { return std::sqrt(variance_); }
    double standardise(double value) const { return (value - offset_ - mean_) / deviation(); }
    void learn(double value) {
        if (learned_ < 1024) ++learned_;
        const double share = 1.0 / learned_;
        const double distance = value - offset_ - mean_;
        mean_ += distance * share;
        variance_ = (1 - share) * (variance_ + distance * distance * share);
    }

private:
    double offset_;
    int learned_ = 0;
    double mean_ = 0;
    double variance_ = 0;
};

// Bound: one unit of the sixteenth fraction bit, and as much for the doubles of the reference, which lose digits as
// standardised values grow.
void expect_close(StandardisedQ16 value, double reference, std::uint64_t at) {
    const double expected = std::clamp(reference, -1024.0, 1024.0) * 65536;
    ASSERT_NEAR(static_cast<double>(value), expected, 1.0 + std::fabs(expected) * 1e-9) << at;
}

struct Hostile {
    const char* name;
    std::int64_t base;
    std::int64_t step;
};

TEST(PreprocessStandardising, stays_within_one_unit_of_a_double_at_any_scale) {
    const std::int64_t two52 = std::int64_t{1} << 52;
    for (const Hostile& h : {Hostile{"1 to 10", 5, 2}, Hostile{"one unit", 0, 1}, Hostile{"far away", two52, 3},
                             Hostile{"far and wide", 0, two52 / 4}, Hostile{"counter", 123456789012345, 1000},
                             Hostile{"ordinary", 2150, 40}}) {
        NumbersRandom random(8);
        Preprocess preprocess(smoothing(65536));
        Reference reference(static_cast<double>(h.base) * 256);
        for (std::uint64_t i = 0; i < 20'000; ++i) {
            const std::int64_t x = preprocess.smooth_q8(h.base + random.bell(h.step));
            if (reference.deviation() > 0) {
                ASSERT_NO_FATAL_FAILURE(
                    expect_close(preprocess.standardise(x), reference.standardise(static_cast<double>(x)), i))
                    << h.name;
            }
            preprocess.learn(x);
            reference.learn(static_cast<double>(x));
        }
    }
}

TEST(PreprocessStandardising, follows_a_huge_step_and_forgets_it_as_a_double_does) {
    NumbersRandom random(9);
    Preprocess preprocess(smoothing(65536));
    Reference reference(0);
    for (std::uint64_t i = 0; i < 30'000; ++i) {
        const std::int64_t base = i == 3000 ? std::int64_t{1} << 50 : (i < 6000 ? 100 : 1'000'000'000);
        const std::int64_t x = preprocess.smooth_q8(base + random.bell(20));
        if (i > 2) {
            // 2^50 leaves 2^40 in the mean: the reference's own rounding shows until it has been forgotten.
            const double slack = i > 3000 && i < 20'000 ? 1e-3 : 1e-9;
            const double expected = std::clamp(reference.standardise(static_cast<double>(x)), -1024.0, 1024.0) * 65536;
            ASSERT_NEAR(static_cast<double>(preprocess.standardise(x)), expected, 1.0 + std::fabs(expected) * slack)
                << i;
        }
        preprocess.learn(x);
        reference.learn(static_cast<double>(x));
    }
}

TEST(PreprocessStandardising, gives_nothing_before_two_values) {
    Preprocess preprocess(smoothing(65536));
    EXPECT_EQ(preprocess.standardise(12345), 0);
    preprocess.learn(0);
    EXPECT_EQ(preprocess.standardise(12345), 0);
    preprocess.learn(256);
    EXPECT_NE(preprocess.standardise(12345), 0);
}

TEST(PreprocessStandardising, a_channel_that_never_varied_gives_zero_or_the_clamp) {
    for (const std::int64_t raw : {0LL, 7LL, -123456789012345LL, 9007199254740991LL}) {
        Preprocess preprocess(smoothing(6554));
        for (int i = 0; i < 3000; ++i) {
            const std::int64_t x = preprocess.smooth_q8(raw);
            ASSERT_EQ(preprocess.standardise(x), 0);
            preprocess.learn(x);
        }
        EXPECT_EQ(preprocess.standardise(raw * 256 + 1), 1024 * 65536);
        EXPECT_EQ(preprocess.standardise(raw * 256 - 1), -1024 * 65536);
    }
}

TEST(PreprocessStandardising, a_channel_that_varied_once_calms_down_and_never_divides_by_nothing) {
    Preprocess preprocess(smoothing(65536));
    preprocess.learn(256);
    preprocess.learn(512);
    for (int i = 0; i < 100'000; ++i) preprocess.learn(256);
    EXPECT_EQ(preprocess.standardise(256), 0);
    EXPECT_EQ(preprocess.standardise(512), 1024 * 65536);  // one raw unit is the clamp, not more
    EXPECT_EQ(preprocess.standardise(256 + 64), 256 * 65536);
    EXPECT_EQ(preprocess.standardise(INT64_MAX), 1024 * 65536);
    EXPECT_EQ(preprocess.standardise(INT64_MIN), -1024 * 65536);
}

TEST(PreprocessStandardising, learning_nothing_leaves_the_answer) {
    Preprocess preprocess(smoothing(65536));
    for (int i = 0; i < 100; ++i) preprocess.learn(i * 256);
    const auto before = preprocess.standardise(20'000);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(preprocess.standardise(20'000), before);
}

TEST(PreprocessExponent, a_new_exponent_leaves_standardised_values_as_they_are) {
    for (const int change : {1, 3, 5, -1, -3, -5}) {
        for (std::uint64_t seed = 0; seed < 50; ++seed) {
            NumbersRandom random(seed);
            Preprocess preprocess(smoothing(13107));
            for (int i = 0; i < 1500; ++i)
                preprocess.learn(preprocess.smooth_q8(40'000'000'000 + random.bell(900'000'000)));
            Preprocess changed = preprocess;
            changed.exponent_changed(change);
            std::int64_t power = 1;
            for (int i = 0; i < std::abs(change); ++i) power *= 10;
            for (int i = 0; i < 20; ++i) {
                const std::int64_t raw =
                    (400'000 + random.bell(9000)) * 100'000;  // whole at every one of the exponents
                const auto x = preprocess.smooth_q8(raw);
                const auto y = changed.smooth_q8(change > 0 ? raw * power : raw / power);
                // A unit of the coarser value is 1/256 of a deviation of at least 9000 * 256.
                ASSERT_NEAR(preprocess.standardise(x), changed.standardise(y), 3) << change << " seed " << seed;
                preprocess.learn(x);
                changed.learn(y);
            }
        }
    }
}

TEST(PreprocessExponent, a_constant_whose_digits_were_cut_is_no_fault) {
    Preprocess preprocess(smoothing(65536));
    for (int i = 0; i < 10; ++i) preprocess.learn(preprocess.smooth_q8(123456));
    preprocess.exponent_changed(-2);  // 1234.56 in the new units, and readings say 1235
    const auto value = preprocess.standardise(preprocess.smooth_q8(1235));
    EXPECT_LE(std::abs(value), 65536);
    EXPECT_GT(preprocess.standardise(preprocess.smooth_q8(1335)), 100 * 65536);
}

TEST(PreprocessExponent, extremes_saturate) {
    Preprocess preprocess(smoothing(655));
    for (const std::int64_t raw : {9007199254740991LL, -9007199254740991LL, 5LL})
        preprocess.learn(preprocess.smooth_q8(raw));
    preprocess.exponent_changed(40);
    preprocess.exponent_changed(40);
    preprocess.learn(preprocess.smooth_q8(9007199254740991));
    EXPECT_LE(std::abs(preprocess.standardise(1)), 1024 * 65536);
    preprocess.exponent_changed(-40);
    preprocess.exponent_changed(-40);
    preprocess.learn(preprocess.smooth_q8(-9007199254740991));
    EXPECT_LE(std::abs(preprocess.standardise(1)), 1024 * 65536);
    std::array<std::byte, 128> room{};
    ByteWriter out(room);
    preprocess.write(out);
    ByteReader in(out.written());
    preprocess.read(in);
    EXPECT_TRUE(in.ok());
}

TEST(PreprocessState, continues_exactly_where_it_was_written) {
    NumbersRandom random(10);
    Preprocess preprocess(smoothing(6554));
    Preprocess copy(smoothing(6554));
    for (int i = 0; i < 3000; ++i) {
        const std::int64_t x = preprocess.smooth_q8(random.bell(5000));
        preprocess.learn(x);
        if (i % 500 != 0) continue;
        std::array<std::byte, 128> room{};
        ByteWriter out(room);
        preprocess.write(out);
        ASSERT_TRUE(out.ok());
        ByteReader in(out.written());
        copy.read(in);
        ASSERT_TRUE(in.ok());
        ASSERT_EQ(in.left(), 0U);
        Preprocess original = preprocess;
        for (int j = 0; j < 50; ++j) {
            const std::int64_t raw = random.bell(5000);
            const std::int64_t a = original.smooth_q8(raw);
            ASSERT_EQ(copy.smooth_q8(raw), a);
            ASSERT_EQ(copy.standardise(a), original.standardise(a));
            original.learn(a);
            copy.learn(a);
        }
    }
}

TEST(PreprocessState, bytes_that_no_writer_wrote_are_refused) {
    Preprocess preprocess(smoothing(65536));
    for (int i = 0; i < 10; ++i) preprocess.learn(i * 256);
    std::array<std::byte, 128> room{};
    ByteWriter out(room);
    preprocess.write(out);
    for (std::size_t size = 0; size < out.used(); ++size) {
        Preprocess other(smoothing(65536));
        ByteReader in(out.written().first(size));
        other.read(in);
        ASSERT_FALSE(in.ok()) << size;
        EXPECT_EQ(other.standardise(999), 0);
    }
    NumbersRandom random(11);
    for (int i = 0; i < 10'000; ++i) {  // whatever the bytes: refused, or a state that works
        std::array<std::byte, 128> noise = room;
        noise[static_cast<std::size_t>(random.below(out.used()))] = static_cast<std::byte>(random.next());
        Preprocess other(smoothing(65536));
        ByteReader in(std::span<const std::byte>(noise).first(out.used()));
        other.read(in);
        other.learn(other.smooth_q8(random.any_width_signed(53)));
        ASSERT_LE(std::abs(other.standardise(random.any_width_signed(61))), 1024 * 65536);
    }
}

}  // namespace
}  // namespace redshank
