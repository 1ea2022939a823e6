#include "model/group_detector.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "model/model.hpp"
#include "tests/model/random.hpp"

namespace redshank {
namespace {

// A group of autoregressive channels with a common part, in a unit of its own.
class Stream {
public:
    Stream(std::size_t members, float persistence) : members_(members), persistence_(persistence) {}
    Observation next() {
        const float common = random_.normal();
        for (std::size_t i = 0; i < members_; ++i) {
            state_[i] = persistence_ * state_[i] + 0.8F * common + 0.6F * random_.normal();
            values_[i] = 40.0F * (state_[i] + (i < shifted ? shift : 0.0F));
        }
        return {.values = std::span<const float>(values_).first(members_),
                .standardised = std::span<const float>(state_).first(members_)};
    }
    float shift = 0;  // of the first `shifted` channels
    std::size_t shifted = 2;

private:
    std::size_t members_;
    float persistence_;
    Random random_{20240229};
    std::array<float, group_members_most> state_{};
    std::array<float, group_members_most> values_{};
};

// As the agent does while no hold is over.
float follow(Model& model, const Observation& observation) {
    const float score = model.score(observation).score;
    if (score >= 0.8F) {
        model.pass(observation);
    } else {
        model.learn(observation);
    }
    return score;
}

class OfEverySize : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(GroupDetector, OfEverySize, testing::Values(2, 3, 8, 16, 17, 52, 64));

TEST_P(OfEverySize, ordinary_rows_seldom_alarm) {
    for (const float persistence : {0.0F, 0.5F}) {
        const auto model = make_model("auto", GetParam(), 400);
        Stream stream(GetParam(), persistence);
        int strange = 0;
        int above_half = 0;
        for (int i = 0; i < 4000; ++i) {
            const float score = follow(*model, stream.next());
            strange += score >= 0.8F ? 1 : 0;
            above_half += score >= 0.5F ? 1 : 0;
        }
        EXPECT_LE(strange, 4) << persistence;
        EXPECT_LE(above_half, 400) << persistence;
    }
}

TEST_P(OfEverySize, a_shift_alarms_and_the_alarm_ends_with_it) {
    const auto model = make_model("auto", GetParam(), 400);
    Stream stream(GetParam(), 0.0F);
    for (int i = 0; i < 1000; ++i) follow(*model, stream.next());
    stream.shift = 12;
    float score = 0;
    for (int i = 0; i < 20; ++i) score = follow(*model, stream.next());
    for (int i = 0; i < 1000; ++i) ASSERT_GE(score = follow(*model, stream.next()), 0.8F) << i;
    stream.shift = 0;
    // Once below is what clears the rule.
    for (int i = 0; i < 200; ++i) score = std::min(score, follow(*model, stream.next()));
    EXPECT_LT(score, 0.5F);
}

TEST_P(OfEverySize, a_lasting_shift_becomes_normal_once_it_is_learned) {
    const auto model = make_model("auto", GetParam(), 400);
    Stream stream(GetParam(), 0.0F);
    for (int i = 0; i < 1000; ++i) follow(*model, stream.next());
    stream.shift = 12;
    for (int i = 0; i < 100; ++i) follow(*model, stream.next());
    ASSERT_GE(follow(*model, stream.next()), 0.8F);
    for (int i = 0; i < 4000; ++i) model->learn(stream.next());
    EXPECT_LT(model->score(stream.next()).score, 0.5F);
}

TEST(GroupDetector, the_alarm_stays_until_the_channels_that_raised_it_are_back_and_then_all_start_anew) {
    const auto model = make_model("auto", 8, 400);
    Stream stream(8, 0.0F);
    for (int i = 0; i < 1000; ++i) follow(*model, stream.next());
    stream.shift = 12;
    for (int i = 0; i < 50; ++i) follow(*model, stream.next());
    stream.shifted = 1;  // one of the two is back: the mean of two farthest is less, the alarm is the same
    for (int i = 0; i < 200; ++i) ASSERT_GE(follow(*model, stream.next()), 0.8F);
    stream.shift = 0.5F;  // not quite where it was
    for (int i = 0; i < 200; ++i) follow(*model, stream.next());
    EXPECT_LT(follow(*model, stream.next()), 0.5F);
}

TEST(GroupDetector, with_many_channels_a_broken_relation_is_strange_although_each_value_is_ordinary) {
    constexpr std::size_t members = 52;
    const auto model = make_model("auto", members, 600);
    Random random(7);
    std::array<float, members> values{};
    const auto row = [&](float sign) {
        const float common = random.normal();
        for (std::size_t i = 0; i < members; ++i) values[i] = common + 0.05F * random.normal();
        values[0] *= sign;
        return Observation{.values = values, .standardised = values};
    };
    for (int i = 0; i < 1000; ++i) follow(*model, row(1));
    ASSERT_LT(model->score(row(1)).score, 0.8F);
    float most = 0;
    for (int i = 0; i < 50; ++i) most = std::max(most, follow(*model, row(-1)));
    EXPECT_GE(most, 0.8F);
}

}  // namespace
}  // namespace redshank
