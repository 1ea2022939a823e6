#include "model/adaptive_forest.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "model/poisson.hpp"
#include "tests/model/generated_streams.hpp"
#include "tests/model/long_stream.hpp"
#include "tests/model/random.hpp"
#include "tests/model/resigned_snapshots.hpp"

namespace redshank {
namespace {

using Forest = AdaptiveForest<8, 2, 4, 45>;
using SmallForest = AdaptiveForest<8, 2, 4, 4, 1>;

double accuracy_over(Classifier& forest, std::span<const streams::Row> rows) {
    double right = 0;
    for (const streams::Row& row : rows) {
        const Features features{row.x};
        right += forest.classify(features) == row.label ? 1 : 0;
        forest.learn(features, row.label);
    }
    return right / static_cast<double>(rows.size());
}

TEST(AdaptiveForest, learns_radial_streams_to_their_scores) {
    WITHOUT_SANITIZER();
    // The first is the one of tests/bench, which is harder than most: ten unlimited batch trees (scikit-learn) that
    // have seen all of the first 100,000 rows are right in 0.901 of the next ones.
    struct Case {
        std::uint64_t seed;
        double at_30k;
        double at_100k;
    };
    for (const Case& each : {Case{1, 0.89, 0.9}, Case{5, 0.92, 0.928}}) {
        const auto rows = streams::radial(100'000, each.seed);
        const auto forest = std::make_unique<Forest>(streams::inputs, 2);
        const double first = accuracy_over(*forest, std::span(rows).first(30'000));
        const double rest = accuracy_over(*forest, std::span(rows).subspan(30'000));
        EXPECT_GE(first, each.at_30k) << each.seed;
        EXPECT_GE(0.3 * first + 0.7 * rest, each.at_100k) << each.seed;
        EXPECT_EQ(forest->drifts(), 0U) << each.seed;
    }
}

TEST(AdaptiveForest, a_drift_replaces_trees_and_the_accuracy_comes_back) {
    WITHOUT_SANITIZER();
    const auto before = streams::radial(20'000, 5);
    const auto after = streams::radial(20'000, 9);
    const auto forest = std::make_unique<Forest>(streams::inputs, 2);
    accuracy_over(*forest, std::span(before).first(15'000));
    const double settled = accuracy_over(*forest, std::span(before).subspan(15'000));
    EXPECT_EQ(forest->drifts(), 0U);
    const double broken = accuracy_over(*forest, std::span(after).first(300));
    accuracy_over(*forest, std::span(after).subspan(300, 14'700));
    const double again = accuracy_over(*forest, std::span(after).subspan(15'000));
    EXPECT_LT(broken, settled - 0.2);
    EXPECT_GE(forest->drifts(), 5U);
    EXPECT_GT(again, settled - 0.02);
}

TEST(AdaptiveForest, noise_is_no_drift) {
    WITHOUT_SANITIZER();
    const auto forest = std::make_unique<Forest>(streams::inputs, 2);
    accuracy_over(*forest, streams::hyperplane(20'000));
    EXPECT_EQ(forest->drifts(), 0U);
}

TEST(AdaptiveForest, a_corrupt_snapshot_is_refused_or_gives_a_forest_that_works_on) {
    const auto make = [] { return std::make_unique<SmallForest>(streams::inputs, 2); };
    const auto forest = make();
    accuracy_over(*forest, streams::radial(1'500, 5));
    accuracy_over(*forest, streams::radial(700, 9));  // some trees are being replaced
    const auto outcome = resigned::flip_each_byte(*forest, make, streams::inputs, 199);
    EXPECT_GT(outcome.refused, 0);
    EXPECT_GT(outcome.worked_on, 0);
}

TEST(AdaptiveForest, a_slot_with_two_owners_is_refused) {
    const SmallForest forest(streams::inputs, 2);
    std::vector<std::byte> bytes = resigned::snapshot_of(forest);
    const std::size_t first_slot = SnapshotFrame::head_bytes + 1 + 8 + 4 + 4 + 12 * streams::inputs;
    ASSERT_EQ(bytes[first_slot], std::byte{0});
    for (const unsigned slot : {1U, 11U, 254U, 255U}) {
        bytes[first_slot] = static_cast<std::byte>(slot);
        resigned::sign(bytes);
        SmallForest other(streams::inputs, 2);
        EXPECT_FALSE(resigned::restored(other, bytes)) << slot;
        EXPECT_TRUE(resigned::works_on(other, streams::inputs, 16)) << slot;
    }
}

TEST(AdaptiveForest, the_weights_of_events_are_from_a_poisson_distribution) {
    EXPECT_EQ(poisson_of_six(0.0F), 0U);
    EXPECT_LE(poisson_of_six(0x0.ffffffp0F), 23U);
    Random random(1);
    constexpr int draws = 200'000;
    std::array<int, 24> counts{};
    for (int i = 0; i < draws; ++i) ++counts[poisson_of_six(random.uniform())];
    double share = std::exp(-6.0);
    for (std::size_t k = 0; k < 14; ++k) {
        const double expected = share * draws;
        EXPECT_NEAR(counts[k], expected, 5 * std::sqrt(expected)) << k;
        share *= 6.0 / static_cast<double>(k + 1);
    }
}

}  // namespace
}  // namespace redshank
