#include "model/perceptron.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "model/autoencoder.hpp"
#include "tests/model/generated_streams.hpp"
#include "tests/model/random.hpp"

namespace redshank {
namespace {

static_assert(sizeof(PerceptronClassifier<8, 2>) <= 1536);

TEST(Network, descends_along_the_slope_of_its_loss) {
    using Net = Network<4, 4, 2>;
    const Net::Input x{0.3F, -0.7F, 1.1F, 0.0F};
    const Net::Output wanted{0.4F, -0.2F};
    Net network(3, 4, 2);
    const auto loss_of = [&](const Net& net, Net::Pass& pass) {
        net.forward(x, pass);
        float loss = 0;
        for (std::size_t k = 0; k < 2; ++k)
            loss += 0.5F * (pass.outputs[k] - wanted[k]) * (pass.outputs[k] - wanted[k]);
        return loss;
    };
    // A small step lowers the loss by the sum of the squared slopes it moved along; here by finite differences.
    Net::Pass pass;
    const float before = loss_of(network, pass);
    Net::Output errors{};
    for (std::size_t k = 0; k < 2; ++k) errors[k] = pass.outputs[k] - wanted[k];
    std::vector<std::byte> room(network.written_bytes());
    ByteWriter out(room);
    network.write(out);
    constexpr float square = 0.3F * 0.3F + 0.7F * 0.7F + 1.1F * 1.1F;
    constexpr float inner = 1.0F / (1.0F + square / 3.0F);  // the first layer's rate
    double expected = 0;
    constexpr std::size_t first_layer = 3 * 4 + 4;
    for (std::size_t w = 0; w < room.size() / 4; ++w) {
        std::array<float, 2> losses{};
        for (const int side : {0, 1}) {
            auto moved = room;
            ByteReader of_weight{std::span(moved).subspan(4 * w, 4)};
            const float value = of_weight.get<float>() + (side == 0 ? -0.01F : 0.01F);
            ByteWriter over{std::span(moved).subspan(4 * w, 4)};
            over.put(value);
            Net other(3, 4, 2);
            ByteReader in(moved);
            ASSERT_TRUE(other.read(in));
            Net::Pass unused;
            losses[static_cast<std::size_t>(side)] = loss_of(other, unused);
        }
        const double slope = static_cast<double>(losses[1] - losses[0]) / 0.02;
        expected += slope * slope * (w < first_layer ? static_cast<double>(inner) : 1.0);
    }
    constexpr float rate = 0.001F;
    network.descend(x, pass, errors, rate);
    const float after = loss_of(network, pass);
    EXPECT_NEAR(static_cast<double>(before - after) / static_cast<double>(rate), expected, 0.02 * expected);
}

TEST(Perceptron, learns_what_no_line_divides) {
    PerceptronClassifier<8, 2> learner(streams::inputs, 2);
    double right = 0;
    const auto rows = streams::radial(200'000);
    for (const streams::Row& row : rows) {
        const Features features{row.x};
        right += learner.classify(features) == row.label ? 1 : 0;
        learner.learn(features, row.label);
    }
    const double share = right / static_cast<double>(rows.size());
    RecordProperty("share_right", std::to_string(share));
    EXPECT_GE(share, 0.80);
}

TEST(Perceptron, learns_a_function_that_no_line_follows) {
    PerceptronRegressor<8> learner(2);
    Random random(6);
    double squares = 0;
    constexpr int last = 5000;
    for (int i = 0; i < 40'000; ++i) {
        const std::array x{random.normal(), random.normal()};
        const float target = x[0] > 0.0F ? x[1] : -x[1];
        const Features features{x};
        const auto error = static_cast<double>(learner.predict(features) - target);
        if (i >= 40'000 - last) squares += error * error;
        learner.learn(features, target);
    }
    EXPECT_LT(squares / last, 0.25);  // of a variance of 1, all of which any line leaves
}

TEST(Autoencoder, is_near_to_what_hangs_together_as_before_and_far_from_what_does_not) {
    Autoencoder learner(4);
    Random random(7);
    double ordinary = 0;
    for (int i = 0; i < 12'000; ++i) {
        const float a = random.normal();
        const float b = random.normal();
        const std::array x{a, b, a + 0.1F * random.normal(), 0.1F * random.normal() - b};
        if (i >= 11'000) ordinary += static_cast<double>(learner.distance(x)) / 1000;
        learner.learn(x);
    }
    EXPECT_LT(ordinary, 0.3);
    // Each value is ordinary, together they are not.
    EXPECT_GT(learner.distance(std::array{1.5F, 0.0F, -1.5F, 0.0F}), 3.0F);
}

}  // namespace
}  // namespace redshank
