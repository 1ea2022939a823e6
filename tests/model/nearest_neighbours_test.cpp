#include "model/nearest_neighbours.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "tests/model/generated_streams.hpp"
#include "tests/model/learner_contract.hpp"
#include "tests/model/long_stream.hpp"

namespace redshank::contract {
namespace {

INSTANTIATE_TEST_SUITE_P(NearestNeighboursAtFullWidth, LearnerContract,
                         testing::Values(classifier_case("knn_full_width", features_max, 131'072,
                                                         [](std::size_t inputs) {
                                                             return inputs <= features_max
                                                                        ? std::make_unique<NearestNeighbours<64>>(
                                                                              inputs, classes_max)
                                                                        : nullptr;
                                                         })),
                         name_of);

void learn_at(NearestNeighbours<8>& learner, float x, std::uint8_t label, std::size_t times) {
    const std::array values{x};
    for (std::size_t i = 0; i < times; ++i) learner.learn(Features{values}, label);
}

float share_of_one_at(const NearestNeighbours<8>& learner, float x) {
    const std::array values{x};
    std::array<float, 2> shares{};
    learner.shares(Features{values}, shares);
    return shares[1];
}

TEST(NearestNeighbours, only_the_ten_nearest_vote) {
    NearestNeighbours<8> learner(1, 2);
    EXPECT_EQ(share_of_one_at(learner, 0.0F), 0.5F);
    learn_at(learner, 1.0F, 1, 7);
    learn_at(learner, 1.5F, 0, 3);
    learn_at(learner, 3.0F, 0, 500);
    EXPECT_FLOAT_EQ(share_of_one_at(learner, 1.0F), 8.0F / 12.0F);
    EXPECT_FLOAT_EQ(share_of_one_at(learner, 3.0F), 1.0F / 12.0F);
}

TEST(NearestNeighbours, an_event_is_forgotten_after_a_thousand_others) {
    NearestNeighbours<8> learner(1, 2);
    learn_at(learner, 1.0F, 1, 1);
    learn_at(learner, -1.0F, 0, NearestNeighbours<8>::window - 1);
    EXPECT_FLOAT_EQ(share_of_one_at(learner, 1.0F), 2.0F / 12.0F);
    learn_at(learner, -1.0F, 0, 1);
    EXPECT_FLOAT_EQ(share_of_one_at(learner, 1.0F), 1.0F / 12.0F);
}

TEST(NearestNeighbours, tells_apart_what_no_line_divides) {
    WITHOUT_SANITIZER();
    NearestNeighbours<8> learner(streams::inputs, 2);
    double right = 0;
    const auto rows = streams::radial(20'000);
    for (const streams::Row& row : rows) {
        const Features features{row.x};
        right += learner.classify(features) == row.label ? 1 : 0;
        learner.learn(features, row.label);
    }
    const double share = right / static_cast<double>(rows.size());
    RecordProperty("share_right", std::to_string(share));
    EXPECT_GT(share, 0.87);
}

}  // namespace
}  // namespace redshank::contract
