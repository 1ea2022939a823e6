#include "model/rolling_window.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <deque>
#include <vector>

#include "model/aggregate_parts.hpp"
#include "model/derived_feature.hpp"
#include "tests/model/numbers_random.hpp"

namespace redshank {
namespace {

using Kind = DerivedFeature::Kind;
constexpr std::int64_t s = 1'000'000'000;

double value_of(const Decimal& decimal) {
    return to_double(decimal.mantissa, decimal.scale);
}

// The same in long doubles, from the definitions.
struct Reference {
    std::deque<std::pair<double, double>> readings;  // value, seconds

    void add(double value, double time_s) {
        readings.emplace_back(value, time_s);
        if (readings.size() > RollingWindow::most) readings.pop_front();
    }
    double of(const DerivedFeature& feature) const {
        const std::size_t count = std::min<std::size_t>(feature.readings, readings.size());
        std::vector<std::pair<double, double>> last(readings.end() - static_cast<std::ptrdiff_t>(count),
                                                    readings.end());
        const auto& [now, now_s] = last[count - 1];
        const auto& [before, before_s] = last[count - 2];
        long double sum = 0;
        long double times = 0;
        long double squares = 0;
        double least = now;
        double greatest = now;
        for (const auto& [value, time] : last) {
            sum += value;
            times += time;
            squares += static_cast<long double>(value) * value;
            least = std::min(least, value);
            greatest = std::max(greatest, value);
        }
        const long double mean = sum / static_cast<long double>(count);
        const long double mean_time = times / static_cast<long double>(count);
        long double spread = 0;
        long double together = 0;
        long double time_spread = 0;
        for (const auto& [value, time] : last) {
            spread += (value - mean) * (value - mean);
            together += (value - mean) * (time - mean_time);
            time_spread += (time - mean_time) * (time - mean_time);
        }
        const double change = now - before;
        const double increase = change >= 0 ? change : now;
        switch (feature.kind) {
            case Kind::difference:
                return change;
            case Kind::rate:
                return change / (now_s - before_s);
            case Kind::increase:
                return increase;
            case Kind::counter_rate:
                return increase / (now_s - before_s);
            case Kind::mean:
                return static_cast<double>(mean);
            case Kind::rms:
                return static_cast<double>(std::sqrt(squares / static_cast<long double>(count)));
            case Kind::variance:
                return static_cast<double>(spread / static_cast<long double>(count));
            case Kind::min:
                return least;
            case Kind::max:
                return greatest;
            case Kind::slope:
                return static_cast<double>(together / time_spread);
        }
        return 0;
    }
};

class Rolling : public testing::TestWithParam<const char*> {};

TEST_P(Rolling, is_within_a_step_of_the_last_place_of_the_definition_in_long_doubles) {
    const DerivedFeature feature = parse_feature(GetParam()).value();
    NumbersRandom random(11);
    for (const std::uint8_t exponent : std::array<std::uint8_t, 3>{0, 1, 3}) {
        RollingWindow window;
        Reference reference;
        std::int64_t time_ns = 1'700'000'000 * s;
        const double unit = std::pow(10.0, -exponent);
        for (int i = 0; i < 500; ++i) {
            const std::int64_t raw = i % 100 == 99 ? random.between(-1'000'000, 1'000'000) : random.between(200, 900);
            time_ns += random.between(1, 5000) * 1'000'000;
            window.add(raw, time_ns);
            reference.add(static_cast<double>(raw) * unit,
                          static_cast<double>(time_ns / 1'000'000 - 1'700'000'000'000) / 1000);
            const std::optional<Decimal> value = window.derive(feature, exponent);
            if (i == 0) {
                ASSERT_FALSE(value);
                continue;
            }
            ASSERT_TRUE(value);
            const double expected = reference.of(feature);
            const double step = std::pow(10.0, -value->scale);
            ASSERT_NEAR(value_of(*value), expected, step + std::fabs(expected) * 1e-9) << "reading " << i;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Features, Rolling,
                         testing::Values("difference", "rate", "increase", "counter_rate", "mean:2", "mean:20", "rms:7",
                                         "rms:64", "variance:5", "variance:64", "min:10", "max:64", "slope:2",
                                         "slope:30", "slope:64"),
                         [](const auto& one) {
                             std::string name(one.param);
                             std::replace(name.begin(), name.end(), ':', '_');
                             return name;
                         });

TEST(RollingWindow, readings_of_one_time_have_no_rate_and_no_slope) {
    RollingWindow window;
    window.add(1, 5 * s);
    window.add(2, 5 * s);
    EXPECT_FALSE(window.derive({Kind::rate, 2}, 0));
    EXPECT_FALSE(window.derive({Kind::slope, 10}, 0));
    EXPECT_TRUE(window.derive({Kind::mean, 10}, 0));
}

TEST(RollingWindow, the_largest_values_and_spans_do_not_overflow) {
    constexpr std::int64_t largest = (std::int64_t{1} << 53) - 1;
    RollingWindow window;
    for (int i = 0; i < 64; ++i) {
        window.add(i % 2 == 0 ? largest : -largest, i * 90LL * 24 * 3600 * s);
    }
    for (const char* text : {"difference", "rate", "mean:64", "rms:64", "variance:64", "slope:64", "min:64"}) {
        const auto value = window.derive(parse_feature(text).value(), 15);
        ASSERT_TRUE(value) << text;
        EXPECT_LT(std::fabs(value_of(*value)), 1e3) << text;
    }
    EXPECT_NEAR(value_of(*window.derive({Kind::rms, 64}, 15)), 9.007199254740991, 1e-9);
}

TEST(RollingWindow, follows_the_channels_exponent_and_goes_on_from_what_was_written) {
    RollingWindow window;
    for (int i = 0; i < 70; ++i) window.add(20 + i % 3, i * s);
    window.exponent_changed(2);
    EXPECT_EQ(value_of(*window.derive({Kind::max, 10}, 2)), 22);
    std::vector<std::byte> room(RollingWindow::written_bytes_max);
    ByteWriter out(room);
    window.write(out);
    ASSERT_TRUE(out.ok());
    RollingWindow again;
    ByteReader in(out.written());
    again.read(in);
    ASSERT_TRUE(in.ok());
    for (const char* text : {"slope:64", "variance:64", "rate"}) {
        const DerivedFeature feature = parse_feature(text).value();
        EXPECT_EQ(window.derive(feature, 2)->mantissa, again.derive(feature, 2)->mantissa) << text;
    }
    room[1 + 7] = std::byte{0x7f};  // beyond 2^53
    ByteReader damaged(out.written());
    again.read(damaged);
    EXPECT_FALSE(damaged.ok());
}

TEST(RollingWindow, a_counter_that_begins_anew_has_risen_by_what_it_shows) {
    RollingWindow window;
    window.add(990, 0);
    window.add(7, 2 * s);
    EXPECT_EQ(window.derive({Kind::increase, 2}, 0)->mantissa, 7);
    EXPECT_EQ(value_of(*window.derive({Kind::counter_rate, 2}, 0)), 3.5);
    EXPECT_EQ(window.derive({Kind::difference, 2}, 0)->mantissa, -983);
}

TEST(DerivedFeature, is_a_name_and_where_it_needs_them_a_number_of_readings) {
    EXPECT_EQ(parse_feature("mean:20")->readings, 20);
    EXPECT_EQ(parse_feature("counter_rate")->kind, Kind::counter_rate);
    for (const char* text : {"", "mean", "mean:", "mean:1", "mean:65", "mean:300", "mean:x", "rate:5", "median:5",
                             "slope:-3", "mean:20 "}) {
        EXPECT_FALSE(parse_feature(text)) << text;
    }
}

}  // namespace
}  // namespace redshank
