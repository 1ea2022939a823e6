#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <vector>

#include "model/preprocess.hpp"
#include "tests/model/numbers_random.hpp"

namespace redshank {
namespace {

PreprocessSettings despiking(std::uint8_t readings) {
    PreprocessSettings settings;
    settings.despike_readings = readings;
    return settings;
}

// Hampel's filter from its definition, in doubles.
double hampel(const std::deque<double>& last) {
    const auto middle = [](std::vector<double> values) {
        std::sort(values.begin(), values.end());
        return values[(values.size() - 1) / 2];
    };
    const std::vector<double> values(last.begin(), last.end());
    const double median = middle(values);
    std::vector<double> distances;
    for (const double value : values) distances.push_back(std::fabs(value - median));
    const double deviation = std::max(middle(distances), 1.0);
    return std::fabs(values.back() - median) > 3 * 1.4826 * deviation ? median : values.back();
}

TEST(Despike, is_hampels_filter_over_the_last_readings) {
    NumbersRandom random(9);
    for (const std::uint8_t readings : std::array<std::uint8_t, 3>{3, 7, 15}) {
        Preprocess preprocess(despiking(readings));
        std::deque<double> last;
        int replaced = 0;
        for (int i = 0; i < 2000; ++i) {
            std::int64_t raw = random.between(1000, 1040);
            if (random.between(0, 30) == 0) raw += random.between(-5000, 5000);
            last.push_back(static_cast<double>(raw));
            if (last.size() > readings) last.pop_front();
            const std::int64_t given = preprocess.despike(raw);
            const double expected = last.size() < 3 ? last.back() : hampel(last);
            ASSERT_EQ(static_cast<double>(given), expected) << i;
            replaced += given != raw ? 1 : 0;
        }
        EXPECT_GT(replaced, 20);
    }
}

TEST(Despike, lets_a_step_through_once_it_is_the_majority) {
    Preprocess preprocess(despiking(5));
    for (int i = 0; i < 10; ++i) EXPECT_EQ(preprocess.despike(20), 20);
    EXPECT_EQ(preprocess.despike(90), 20);
    EXPECT_EQ(preprocess.despike(90), 20);
    EXPECT_EQ(preprocess.despike(90), 90);
}

TEST(Despike, a_change_of_the_last_place_is_no_spike) {
    Preprocess preprocess(despiking(5));
    for (int i = 0; i < 10; ++i) preprocess.despike(20);
    EXPECT_EQ(preprocess.despike(24), 24);
    EXPECT_EQ(preprocess.despike(25), 20);
}

TEST(Despike, without_it_and_with_the_largest_values_a_reading_is_itself) {
    Preprocess none{PreprocessSettings{}};
    EXPECT_EQ(none.despike(1), 1);
    EXPECT_EQ(none.despike(1'000'000), 1'000'000);
    constexpr std::int64_t largest = (std::int64_t{1} << 53) - 1;
    Preprocess preprocess(despiking(3));
    preprocess.despike(-largest);
    preprocess.despike(-largest);
    EXPECT_EQ(preprocess.despike(largest), -largest);
}

TEST(Deadband, holds_until_the_change_is_as_large_as_it) {
    PreprocessSettings settings;
    settings.deadband = Decimal{5, 1, false};
    Preprocess preprocess(settings);
    EXPECT_EQ(preprocess.hold_within_deadband(200, 1), 200);
    EXPECT_EQ(preprocess.hold_within_deadband(204, 1), 200);
    EXPECT_EQ(preprocess.hold_within_deadband(196, 1), 200);
    EXPECT_EQ(preprocess.hold_within_deadband(205, 1), 205);
    EXPECT_EQ(preprocess.hold_within_deadband(201, 1), 205);
    preprocess.exponent_changed(1);
    EXPECT_EQ(preprocess.hold_within_deadband(2001, 2), 2050);
    EXPECT_EQ(preprocess.hold_within_deadband(2000, 2), 2000);
}

TEST(MedianSmoothing, gives_the_middle_of_the_last_readings) {
    PreprocessSettings settings;
    settings.smooth_readings = 5;
    Preprocess preprocess(settings);
    std::vector<std::int64_t> given;
    for (const std::int64_t raw : {10, 90, 12, 11, 13, -50, 12}) given.push_back(preprocess.smooth_q8(raw));
    EXPECT_EQ(given, (std::vector<std::int64_t>{10 * 256, 10 * 256, 12 * 256, 11 * 256, 12 * 256, 12 * 256, 12 * 256}));
}

TEST(Preprocess, goes_on_from_what_was_written_with_all_its_filters) {
    PreprocessSettings settings = despiking(7);
    settings.deadband = Decimal{3, 0, false};
    settings.smooth_readings = 3;
    Preprocess preprocess(settings);
    NumbersRandom random(2);
    const auto next = [](Preprocess& one, std::int64_t raw) {
        const std::int64_t q8 = one.smooth_q8(one.hold_within_deadband(one.despike(raw), 0));
        const StandardisedQ16 standardised = one.standardise(q8);
        one.learn(q8);
        return std::pair(q8, standardised);
    };
    for (int i = 0; i < 100; ++i) next(preprocess, random.between(0, 50));
    std::array<std::byte, 1024> room{};
    ByteWriter out(room);
    preprocess.write(out);
    Preprocess again(settings);
    ByteReader in(out.written());
    again.read(in);
    ASSERT_TRUE(in.ok());
    EXPECT_EQ(in.left(), 0U);
    for (int i = 0; i < 100; ++i) {
        const std::int64_t raw = random.between(0, 50) + (i % 20 == 0 ? 4000 : 0);
        ASSERT_EQ(next(preprocess, raw), next(again, raw));
    }
}

}  // namespace
}  // namespace redshank
