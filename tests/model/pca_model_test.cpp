#include "model/pca_model.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>

#include "tests/model/long_stream.hpp"
#include "tests/model/random.hpp"

// Streams and faults as the PCA's score sees them.

namespace redshank {
namespace {

constexpr std::uint64_t seed = 19011933;  // Pearson, Hotelling

class Faults : public testing::Test {
protected:
    static constexpr int learned = 5000;
    static constexpr std::size_t inputs = 8;

    // Eight inputs driven by two factors, each input of variance 1.
    std::array<float, inputs> draw() {
        std::array<float, 2> factors{random_.normal(), random_.normal()};
        std::array<float, inputs> x{};
        for (std::size_t k = 0; k < inputs; ++k) {
            const float share = static_cast<float>(k + 1) / static_cast<float>(inputs + 1);
            x[k] = std::sqrt(1.0F - share) * factors[0] + std::sqrt(share) * factors[1] + 0.05F * random_.normal();
        }
        return x;
    }

    // Learned unseen; how many of the second half were called strange.
    int learn_ordinary() {
        int strange = 0;
        for (int i = 0; i < learned; ++i) {
            const auto x = draw();
            const Score score = model_->score(observed(x));
            if (i >= learned / 2 && score.score >= 0.8F) ++strange;
            model_->learn(observed(x));
            for (const float value : x) largest_ = std::max(largest_, std::fabs(value));
        }
        return strange;
    }

    static Observation observed(const std::array<float, inputs>& x) { return {.values = x, .standardised = x}; }

    std::unique_ptr<Model> model_ = make_model("pca", inputs, 300);
    Random random_{seed};
    float largest_ = 0;
};

TEST_F(Faults, a_break_of_correlation_within_every_range_is_found) {
    EXPECT_LT(learn_ordinary(), learned / 2 / 200);
    int found = 0;
    for (int i = 0; i < 20; ++i) {
        auto x = draw();
        x[3] = random_.normal();  // the same distribution, but its own
        ASSERT_LE(std::fabs(x[3]), largest_);
        if (model_->score(observed(x)).score >= 0.8F) ++found;
    }
    EXPECT_GE(found, 5);
}

TEST_F(Faults, a_stuck_sensor_within_its_range_is_found) {
    learn_ordinary();
    int found = 0;
    for (int i = 0; i < 20; ++i) {
        auto x = draw();
        x[5] = 0.5F;
        if (model_->score(observed(x)).score >= 0.8F) ++found;
    }
    EXPECT_GE(found, 5);
}

TEST_F(Faults, a_shift_along_the_main_axis_is_found_and_stays_found_while_nothing_is_learned) {
    EXPECT_LT(learn_ordinary(), learned / 2 / 200);
    float first = 0;
    for (int i = 0; i < 2000; ++i) {
        auto x = draw();
        for (float& value : x) value += 16.0F;
        const float score = model_->score(observed(x)).score;
        ASSERT_GE(score, 0.8F) << i;
        if (i == 0) first = score;
    }
    const auto before = draw();
    EXPECT_LT(model_->score(observed(before)).score, 0.5F);
    EXPECT_GT(first, 0.8F);
}

TEST_F(Faults, a_shift_along_the_main_axis_shows_in_t2) {
    Pca pca(inputs);
    for (int i = 0; i < learned; ++i) pca.learn(draw());
    auto x = draw();
    const Pca::Distances ordinary = pca.measure(x);
    for (float& value : x) value += 16.0F;
    const Pca::Distances shifted = pca.measure(x);
    EXPECT_GT(shifted.t2, 100.0F);
    EXPECT_GT(shifted.t2, 20.0F * ordinary.t2);
}

double share_of_strange(int count, const std::function<float(int)>& next) {
    constexpr int warmup = 300;
    const auto model = make_model("pca", 1, warmup);
    int strange = 0;
    for (int i = -8; i < count; ++i) {
        const float value = next(i);
        const Observation x{.values = {&value, 1}, .standardised = {&value, 1}};
        if (i < 0) {
            model->pass(x);
            continue;
        }
        if (model->score(x).score >= 0.8F) ++strange;
        model->learn(x);
    }
    return static_cast<double>(strange) / (count - warmup);
}

// Young and old, the default rule's mark keeps its meaning.
void expect_few_strange(const char* what, const std::function<float(int)>& next) {
    for (const int count : {2000, 50'000}) EXPECT_LT(share_of_strange(count, next), 0.005) << what << ", " << count;
}

TEST(Threshold, carries_over_white_noise) {
    WITHOUT_SANITIZER();
    Random random(seed);
    expect_few_strange("white noise", [&](int) { return random.normal(); });
}

TEST(Threshold, carries_over_autoregressive_streams) {
    WITHOUT_SANITIZER();
    Random random(seed);
    for (const float memory : {0.5F, 0.9F, 0.99F}) {
        float value = random.normal();
        const float fresh = std::sqrt(1.0F - memory * memory);
        expect_few_strange("AR(1)", [&](int) { return value = memory * value + fresh * random.normal(); });
    }
}

TEST(Threshold, carries_over_periodic_streams) {
    WITHOUT_SANITIZER();
    Random random(seed);
    for (const double period : {7.0, 288.0}) {
        expect_few_strange("sine", [&](int i) {
            return static_cast<float>(1.4 * std::sin(2.0 * 3.14159265358979 * i / period)) + 0.1F * random.normal();
        });
    }
    expect_few_strange("square wave", [](int i) { return (i + 1000) / 50 % 2 == 0 ? 1.0F : -1.0F; });
}

TEST(Threshold, carries_over_heavy_tails) {
    WITHOUT_SANITIZER();
    Random random(seed);
    expect_few_strange("cubed noise", [&](int) {
        const float value = random.normal();
        return value * value * value / 4.0F;
    });
}

}  // namespace
}  // namespace redshank
