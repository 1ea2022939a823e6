#include "model/hoeffding_tree.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "model/hoeffding_classifier.hpp"
#include "tests/model/generated_streams.hpp"
#include "tests/model/random.hpp"
#include "tests/model/resigned_snapshots.hpp"
#include "tests/model/tree_rows.hpp"

namespace redshank {
namespace {

#include "tests/model/long_stream.hpp"
#include "tests/model/tree_fixture.inc"

using Tree = HoeffdingClassifier<8, 2, 88>;
using SmallTree = HoeffdingClassifier<4, 2, 6>;

TEST(HoeffdingTree, learns_the_radial_stream_to_the_score) {
    WITHOUT_SANITIZER();
    const auto rows = streams::radial();
    const auto tree = std::make_unique<Tree>(streams::inputs, 2);
    double right = 0;
    for (const streams::Row& row : rows) {
        const Features features{row.x};
        right += tree->classify(features) == row.label ? 1 : 0;
        tree->learn(features, row.label);
    }
    EXPECT_GE(right / static_cast<double>(rows.size()), 0.89);  // 0.867 is to be met
    EXPECT_LE(tree->tree().leaves(), 88U);
}

TEST(HoeffdingTree, splits_where_a_batch_tree_splits) {
    // A step from one cut to the next: an eleventh of some 7 deviations.
    constexpr double tolerance = 0.6;
    const auto rows = tree::rows();
    HoeffdingClassifier<4, 2, 88> online(tree::inputs, 2);
    for (int i = 0; i < tree::rows_learned; ++i)
        online.learn(Features{rows[static_cast<std::size_t>(i)].x}, rows[static_cast<std::size_t>(i)].label);

    const auto nodes = online.tree().nodes();
    ASSERT_GT(nodes.size(), 3U);
    const std::array<std::size_t, 3> places{0, nodes[0].link, nodes[0].link + 1U};
    for (std::size_t i = 0; i < places.size(); ++i) {
        ASSERT_LT(places[i], nodes.size());
        EXPECT_EQ(nodes[places[i]].input, batch_inputs[i]) << i;
        EXPECT_NEAR(static_cast<double>(nodes[places[i]].threshold), batch_thresholds[i], tolerance) << i;
    }

    std::size_t same = 0;
    for (std::size_t i = 0; i < batch_labels.size(); ++i) {
        const tree::Row& row = rows[tree::rows_learned + i];
        same += online.classify(Features{row.x}) == batch_labels[i] - '0' ? 1U : 0U;
    }
    EXPECT_GT(static_cast<double>(same) / static_cast<double>(batch_labels.size()), 0.95);
}

TEST(HoeffdingTree, growth_stops_at_the_end_of_the_pool_and_the_leaves_go_on_learning) {
    SmallTree tree(4, 2);
    Random random(3);
    std::array<float, 4> x{};
    const auto label_of = [&x](bool turned) {
        return static_cast<std::uint8_t>((x[0] * x[1] + 0.5F * x[2] > 0.0F) != turned ? 1 : 0);
    };
    for (int i = 0; i < 20'000; ++i) {
        for (float& value : x) value = random.normal();
        tree.learn(Features{x}, label_of(false));
    }
    EXPECT_EQ(tree.tree().leaves(), 6U);
    EXPECT_GT(tree.tree().looks_refused(), 100U);

    const auto right_of = [&](int rows, bool turned) {
        int right = 0;
        for (int i = 0; i < rows; ++i) {
            for (float& value : x) value = random.normal();
            right += tree.classify(Features{x}) == label_of(turned) ? 1 : 0;
            tree.learn(Features{x}, label_of(turned));
        }
        return static_cast<double>(right) / rows;
    };
    EXPECT_LT(right_of(200, true), 0.45);
    right_of(60'000, true);  // what was learned is outweighed
    EXPECT_GT(right_of(2'000, true), 0.7);
    EXPECT_EQ(tree.tree().leaves(), 6U);
}

TEST(HoeffdingTree, noise_alone_splits_no_leaf_and_the_majority_answers) {
    Tree tree(8, 2);
    Random random(11);
    std::array<float, 8> x{};
    int right = 0;
    for (int i = 0; i < 20'000; ++i) {
        for (float& value : x) value = random.normal();
        const auto label = static_cast<std::uint8_t>(random.next() % 10 < 7 ? 1 : 0);
        if (i >= 10'000) right += tree.classify(Features{x}) == label ? 1 : 0;
        tree.learn(Features{x}, label);
    }
    EXPECT_GT(right, 6900);
    EXPECT_EQ(tree.tree().leaves(), 1U);
}

TEST(HoeffdingTree, inputs_that_are_often_missing_are_still_learned_from) {
    Tree tree(8, 2);
    Random random(5);
    std::array<float, 8> x{};
    int right = 0;
    for (int i = 0; i < 12'000; ++i) {
        for (float& value : x) value = random.normal();
        const auto label = static_cast<std::uint8_t>(x[3] > 0.5F ? 1 : 0);
        const std::uint64_t missing = random.next() & 0xf7U;  // half of all others
        if (i >= 10'000) right += tree.classify(Features{x, missing}) == label ? 1 : 0;
        tree.learn(Features{x, missing}, label);
    }
    EXPECT_GT(right, 1900);
}

TEST(HoeffdingTree, a_corrupt_snapshot_is_refused_or_gives_a_tree_that_works_on) {
    SmallTree tree(4, 2);
    Random random(7);
    std::array<float, 4> x{};
    for (int i = 0; i < 3'000; ++i) {
        for (float& value : x) value = random.normal();
        tree.learn(Features{x}, static_cast<std::uint8_t>((x[0] > 0.5F) != (x[1] > 0.5F) ? 1 : 0));
    }
    ASSERT_GT(tree.tree().leaves(), 2U);
    const auto outcome = resigned::flip_each_byte(
        tree, [] { return std::make_unique<SmallTree>(4, 2); }, 4);
    EXPECT_GT(outcome.refused, 0);
    EXPECT_GT(outcome.worked_on, 0);
}

}  // namespace
}  // namespace redshank
