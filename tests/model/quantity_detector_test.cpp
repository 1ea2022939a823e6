#include "model/quantity_detector.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "tests/model/long_stream.hpp"
#include "tests/model/random.hpp"

// Streams of one quantity and faults as the score sees them.

namespace redshank {
namespace {

constexpr std::uint64_t seed = 19360923;
constexpr std::uint32_t warmup = 200;

class Stream {
public:
    explicit Stream(std::int64_t day = 288) : day_(day) {}  // readings

    float score(float value) const { return detector_.score(observation(value)).score; }
    // Scored, then learned, as a reading that raises no alert.
    float take(float value) {
        const Observation seen = observation(value);
        const float score = detector_.score(seen).score;
        detector_.learn(seen);
        ++readings_;
        return score;
    }
    void pass(float value) {
        detector_.pass(observation(value));
        ++readings_;
    }
    std::int64_t readings() const { return readings_; }
    const QuantityDetector& detector() const { return detector_; }

private:
    Observation observation(const float& value) const {
        return {.values = {&value, 1},
                .standardised = {&value, 1},
                .half_hour =
                    day_ == 0 ? Observation::no_half_hour : static_cast<std::int16_t>(readings_ % day_ * 48 / day_)};
    }
    QuantityDetector detector_{warmup};
    std::int64_t day_;
    std::int64_t readings_ = 0;
};

double share_of_strange(int count, std::int64_t day, const std::function<float(int)>& next) {
    Stream stream(day);
    int strange = 0;
    for (int i = 0; i < count; ++i) strange += stream.take(next(i)) >= 0.8F ? 1 : 0;
    return static_cast<double>(strange) / (count - static_cast<int>(warmup));
}

// Young and old, the default rule's mark keeps its meaning.
void expect_few_strange(const char* what, const std::function<float(int)>& next) {
    for (const int count : {2000, 20'000}) {
        for (const std::int64_t day : {0, 288}) {
            EXPECT_LT(share_of_strange(count, day, next), count < 10'000 ? 0.02 : 0.005)
                << what << ", " << count << ", day of " << day;
        }
    }
}

TEST(QuantityDetector, the_mark_carries_over_white_noise_of_any_unit) {
    WITHOUT_SANITIZER();
    for (const float unit : {1e-9F, 1.0F, 1e9F}) {
        Random random(seed);
        expect_few_strange("white noise", [&](int) { return unit * random.normal(); });
    }
}

TEST(QuantityDetector, the_mark_carries_over_autoregressive_streams) {
    WITHOUT_SANITIZER();
    Random random(seed);
    for (const float memory : {0.5F, 0.9F, 0.99F}) {
        float value = random.normal();
        const float fresh = std::sqrt(1.0F - memory * memory);
        expect_few_strange("AR(1)", [&](int) { return value = memory * value + fresh * random.normal(); });
    }
}

TEST(QuantityDetector, the_mark_carries_over_periodic_streams) {
    WITHOUT_SANITIZER();
    Random random(seed);
    for (const double period : {7.0, 288.0}) {
        expect_few_strange("sine", [&](int i) {
            return static_cast<float>(1.4 * std::sin(2.0 * 3.14159265358979 * i / period)) + 0.1F * random.normal();
        });
    }
    expect_few_strange("square wave", [](int i) { return i / 50 % 2 == 0 ? 1.0F : -1.0F; });
}

TEST(QuantityDetector, the_mark_carries_over_heavy_tails) {
    WITHOUT_SANITIZER();
    Random random(seed);
    expect_few_strange("cubed noise", [&](int) {
        const float value = random.normal();
        return value * value * value / 4.0F;
    });
}

class Learned : public testing::Test {
protected:
    Learned() {
        for (int i = 0; i < 3000; ++i) stream_.take(ordinary());
    }
    float ordinary() {  // a day's round with noise
        const auto phase = static_cast<double>(stream_.readings() % 288) / 288.0;
        return static_cast<float>(10.0 * std::sin(2.0 * 3.14159265358979 * phase)) + random_.normal();
    }
    Random random_{seed};
    Stream stream_;
};

TEST_F(Learned, a_spike_beyond_all_range_is_strange) {
    EXPECT_GE(stream_.score(40.0F), 0.8F);
    EXPECT_LT(stream_.score(ordinary()), 0.5F);
}

TEST_F(Learned, a_value_of_the_wrong_time_of_day_within_the_range_is_found) {
    while (stream_.readings() % 288 != 72) stream_.take(ordinary());  // noon: about 10
    float most = 0;
    for (int i = 0; i < 6; ++i) most = std::max(most, stream_.take(-9.0F + random_.normal()));
    EXPECT_GE(most, 0.8F);
}

TEST_F(Learned, a_stuck_sensor_is_found) {
    float most = 0;
    const float stuck = ordinary();
    for (int i = 0; i < 48; ++i) most = std::max(most, stream_.take(stuck));
    EXPECT_GE(most, 0.8F);
}

TEST_F(Learned, what_is_passed_is_found_again_and_the_first_of_it_is_learned) {
    const std::uint32_t learned = stream_.detector().learned();
    for (int round = 0; round < 2; ++round) {
        EXPECT_GE(stream_.score(60.0F), 0.8F) << round;
        for (int i = 0; i < 50; ++i) stream_.pass(60.0F);
        for (int i = 0; i < 100; ++i) stream_.take(ordinary());
    }
    EXPECT_EQ(stream_.detector().learned(), learned + 2 + 200);
}

TEST_F(Learned, what_comes_again_and_again_becomes_known) {
    int found = 0;
    for (int round = 0; round < 40; ++round) {
        const bool strange = stream_.score(60.0F) >= 0.8F;
        found += strange ? 1 : 0;
        for (int i = 0; i < 3; ++i) {
            if (strange) {
                stream_.pass(60.0F);
            } else {
                stream_.take(60.0F);
            }
        }
        for (int i = 0; i < 97; ++i) stream_.take(ordinary());
    }
    EXPECT_GE(found, 2);
    EXPECT_LE(found, 20);
}

}  // namespace
}  // namespace redshank
