#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "tests/agent/predicting.hpp"

// Clusters, stages and candidates.

namespace redshank::test {
namespace {

TEST(Cluster, rows_are_told_apart_without_labels_and_a_strange_one_scores_high) {
    Settings settings = with_group(Task::cluster, {"x", "y"});
    settings.groups[0].stages = {"standardise", "kmeans:3"};
    World world(settings);
    world.begin();
    Random random(1);
    for (std::uint64_t i = 0; i < 900; ++i) world.sensors(kind_row(random, i % 3, ""));
    std::array<std::array<int, 3>, 3> counts{};
    for (std::size_t i = 300; i < 900; ++i) {
        ASSERT_TRUE(world.out.predictions[i].predicted.has_value());
        ++counts[i % 3][static_cast<std::size_t>(*world.out.predictions[i].predicted)];
    }
    for (const auto& of : counts) EXPECT_EQ(*std::max_element(of.begin(), of.end()), 200) << "one cluster for a kind";
    EXPECT_EQ(world.out.predictions.front().target, "cluster");
    EXPECT_EQ(world.out.predictions.front().predicted, std::nullopt) << "before there are clusters";
    EXPECT_LT(world.out.scores.back().score, 0.8F);
    world.sensors(R"({"x": 3, "y": -9})");
    EXPECT_GT(world.out.scores.back().score, 0.8F);
    EXPECT_GT(figures_of(world).rows, 700U);
    EXPECT_TRUE(figures_of(world).is_cluster);
}

TEST(Cluster, the_whole_chain_standardise_components_clusters) {
    Settings settings = with_group(Task::cluster, {"x", "y", "z", "u"});
    settings.groups[0].stages = {"standardise", "pca:2", "kmeans:3"};
    World world(settings);
    world.begin();
    Random random(1);
    const auto row = [&](std::uint64_t kind) {
        const double x = static_cast<double>(kind) * 4 + static_cast<double>(random.between(-50, 50)) / 100;
        const double y = kind == 1 ? 5 : 0;
        return R"({"x": )" + number(x) + R"(, "y": )" + number(y + static_cast<double>(random.between(-50, 50)) / 100) +
               R"(, "z": )" + number(x + y) + R"(, "u": )" + number(2 * x - y) + "}";
    };
    for (std::uint64_t i = 0; i < 1200; ++i) world.sensors(row(i % 3));
    std::array<std::array<int, 3>, 3> counts{};
    for (std::size_t i = 600; i < 1200; ++i)
        ++counts[i % 3][static_cast<std::size_t>(*world.out.predictions[i].predicted)];
    for (const auto& of : counts) EXPECT_EQ(*std::max_element(of.begin(), of.end()), 200);
}

TEST(Stages, selected_values_are_those_that_go_with_the_target) {
    // What is said of a row of x = 0.4 and that noise, after the same stream.
    const auto said_of = [](int noise, bool selecting) {
        Settings settings = with_group(Task::classify, {"x", "noise", "kind"}, "kind");
        settings.groups[0].classes = 2;
        if (selecting) settings.groups[0].stages = {"standardise", "select:1"};
        World world(settings);
        world.begin();
        Random random(4);
        for (std::uint64_t i = 0; i < 400; ++i) {
            const double x = static_cast<double>(i % 2) + static_cast<double>(random.between(-30, 30)) / 100;
            world.sensors(R"({"x": )" + number(x) + R"(, "noise": )" + std::to_string(random.between(-50, 50)) +
                          R"(, "kind": )" + std::to_string(i % 2) + "}");
        }
        world.sensors(R"({"x": 0.4, "noise": )" + std::to_string(noise) + "}");
        const auto said = std::find_if(world.out.all.rbegin(), world.out.all.rend(),
                                       [](const std::string& each) { return each.starts_with("prediction"); });
        return *said;
    };
    EXPECT_EQ(said_of(-50, true), said_of(50, true));
    EXPECT_NE(said_of(-50, false), said_of(50, false));
}

TEST(Stages, what_no_line_divides_random_features_tell_apart) {
    const auto right_with = [](std::vector<std::string> stages) {
        Settings settings = with_group(Task::classify, {"x", "y", "kind"}, "kind");
        settings.groups[0].classes = 2;
        settings.groups[0].stages = std::move(stages);
        World world(settings);
        world.begin();
        show_quadrants(world, 3000);
        return figures_of(world).right;
    };
    EXPECT_LT(right_with({"standardise"}), 0.6);
    EXPECT_GT(right_with({"standardise", "fourier:64"}), 0.75);
    EXPECT_GT(right_with({"standardise", "kmeans:8"}), 0.6);
}

TEST(Candidates, the_one_that_is_best_on_this_stream_answers_and_its_loss_is_told) {
    Settings settings = with_group(Task::classify, {"x", "y", "kind"}, "kind");
    settings.groups[0].classes = 2;
    settings.groups[0].candidates = {"logistic", "kernel-svm", "knn"};
    World world(settings);
    world.begin();
    show_quadrants(world, 3000);
    const PredictionFigures figures = figures_of(world);
    EXPECT_EQ(figures.model, "knn");
    ASSERT_EQ(figures.candidate_count, 3U);
    EXPECT_EQ(figures.candidates[0].name, "logistic");
    EXPECT_LT(figures.candidates[2].loss, 0.15F);
    EXPECT_GT(figures.candidates[0].loss, 0.3F);
}

TEST(Candidates, of_forecasts_too) {
    for (const bool turned : {false, true}) {
        Settings settings = with_group(Task::forecast, {"a"});
        settings.groups[0].candidates = {"ridge", "rls"};
        if (turned) std::swap(settings.groups[0].candidates[0], settings.groups[0].candidates[1]);
        World world(settings);
        world.begin();
        for (int i = 0; i < 2000; ++i) world.sensors(R"({"a": )" + number(wave(i)) + "}");
        const PredictionFigures figures = figures_of(world);
        EXPECT_EQ(figures.model, "ridge");
        EXPECT_LT(figures.candidates[turned ? 1 : 0].loss, 0.5F * figures.candidates[turned ? 0 : 1].loss);
    }
}

}  // namespace
}  // namespace redshank::test
