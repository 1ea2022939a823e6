#include <gtest/gtest.h>

#include <string>

#include "tests/agent/predicting.hpp"

// Labels that come later than their rows.

namespace redshank::test {
namespace {

Settings with_late_labels(LabelJoin by) {
    Settings settings = with_group(Task::classify, {"x", "y", "kind"}, "kind");
    settings.groups[0].label_by = by;
    settings.groups[0].label_within_ns = 60 * s;
    settings.groups[0].label_rows = 4;
    settings.sources[0].id = "part";
    return settings;
}

std::string part_row(Random& random, std::uint64_t part) {
    std::string row = kind_row(random, part % 3, "");
    row.pop_back();
    return row + R"(, "part": "P-)" + std::to_string(part) + "\"}";
}

std::string label_of(std::uint64_t part) {
    return R"({"part": "P-)" + std::to_string(part) + R"(", "kind": )" + std::to_string(part % 3) + "}";
}

TEST(Classify, labels_that_come_later_find_their_rows_by_id_in_any_order) {
    World world(with_late_labels(LabelJoin::id));
    world.begin();
    Random random(1);
    for (std::uint64_t part = 0; part < 600; part += 2) {
        world.sensors(part_row(random, part));
        world.sensors(part_row(random, part + 1));
        EXPECT_EQ(world.out.predictions.back().actual, std::nullopt);
        world.sensors(label_of(part + 1));
        world.sensors(label_of(part));
        if (part >= 8) {
            EXPECT_EQ(world.out.predictions.back().actual, static_cast<double>(part % 3));
        }
    }
    const PredictionFigures figures = figures_of(world);
    EXPECT_EQ(figures.rows, 592U) << "the first eight settle";
    EXPECT_EQ(figures.learned, 592U);
    EXPECT_GT(figures.right, 0.8);
    EXPECT_EQ(figures.labels.rows_waiting, 0U);
    EXPECT_EQ(figures.labels.labels_unmatched, 8U);
}

TEST(Classify, a_label_joined_by_time_is_of_the_newest_row_that_is_not_newer) {
    World world(with_late_labels(LabelJoin::time));
    world.begin();
    const auto at = [&](std::int64_t after_s) { return R"({"ts": )" + std::to_string((noon_ns / s) + after_s); };
    for (int i = 0; i < 8; ++i) world.sensors(at(0) + R"(, "x": 1, "y": 2})");
    for (const int second : {10, 20, 30}) {
        world.now_ns = noon_ns + second * s;
        world.sensors(at(second) + R"(, "x": )" + std::to_string(second) + R"(, "y": 2})");
    }
    world.now_ns = noon_ns + 50 * s;
    const std::size_t before = world.out.predictions.size();
    world.sensors(at(25) + R"(, "kind": 1})");  // late, and of a row that was
    world.sensors(at(25) + R"(, "kind": 2})");  // the newest one that still waits
    world.sensors(at(9) + R"(, "kind": 2})");   // before any of them
    ASSERT_EQ(world.out.predictions.size(), before + 2);
    EXPECT_EQ(world.out.predictions[before].actual, 1);
    EXPECT_EQ(world.out.predictions[before + 1].actual, 2);
    const PredictionFigures figures = figures_of(world);
    EXPECT_EQ(figures.labels.rows_waiting, 1U);
    EXPECT_EQ(figures.labels.labels_unmatched, 1U);
    EXPECT_EQ(figures.learned, 2U);
}

TEST(Classify, a_label_in_the_message_of_its_row_is_of_that_row) {
    World world(with_late_labels(LabelJoin::id));
    world.begin();
    for (int part = 0; part < 20; ++part) {
        world.sensors(R"({"kind": 1, "x": 1, "y": 2, "part": )" + std::to_string(part) + "}");
    }
    const PredictionFigures figures = figures_of(world);
    EXPECT_EQ(figures.learned, 12U);
    EXPECT_EQ(figures.labels.rows_waiting, 0U);
}

TEST(Classify, rows_that_no_label_comes_for_are_counted) {
    World world(with_late_labels(LabelJoin::id));
    world.begin();
    Random random(1);
    for (std::uint64_t part = 0; part < 8; ++part) world.sensors(part_row(random, part));
    for (std::uint64_t part = 8; part < 14; ++part) world.sensors(part_row(random, part));  // four may wait
    EXPECT_EQ(figures_of(world).labels.rows_unlabelled, 2U);
    world.sensors(kind_row(random, 1, ""));  // of no part
    EXPECT_EQ(figures_of(world).labels.rows_unlabelled, 3U);
    world.now_ns += 61 * s;
    world.sensors(label_of(13));
    EXPECT_EQ(figures_of(world).labels.rows_unlabelled, 7U) << "too late";
    EXPECT_EQ(figures_of(world).labels.labels_unmatched, 1U);
    EXPECT_EQ(figures_of(world).labels.rows_waiting, 0U);
}

}  // namespace
}  // namespace redshank::test
