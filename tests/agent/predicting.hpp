#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "agent/predictor.hpp"
#include "tests/agent/pipeline_world.hpp"

// Groups that predict, through the pipeline: their settings, what they are shown and what they said.
namespace redshank::test {

using Values = std::vector<std::optional<double>>;

inline Settings with_group(Task task, std::vector<std::string> channels, std::string target = "") {
    Settings settings = plant_settings();
    GroupSettings group{.name = "pump-{machine}", .channels = std::move(channels)};
    group.task = task;
    group.target = std::move(target);
    group.warmup_readings = 40;
    settings.groups.push_back(group);
    return settings;
}

inline Values predicted(const Collected& out) {
    Values all;
    for (const auto& each : out.predictions) all.push_back(each.predicted);
    return all;
}

inline Values actual(const Collected& out) {
    Values all;
    for (const auto& each : out.predictions) all.push_back(each.actual);
    return all;
}

inline std::string number(double value) {
    return std::to_string(value);
}

// Goes up and down by a tenth of a wave of 20 readings.
inline double wave(int i) {
    constexpr double quarter[] = {0, 3.1, 5.9, 8.1, 9.5, 10};
    const int at = i % 20;
    const double size = quarter[at % 10 <= 5 ? at % 10 : 10 - at % 10];
    return 20 + (at < 10 ? size : -size);
}

// Three kinds of rows, apart in x and y.
inline std::string kind_row(Random& random, std::uint64_t kind, const std::string& label) {
    const double x = static_cast<double>(kind) * 3 + static_cast<double>(random.between(-80, 80)) / 100;
    const double y = static_cast<double>(kind % 2) * 4 + static_cast<double>(random.between(-80, 80)) / 100;
    return R"({"x": )" + number(x) + R"(, "y": )" + number(y) + (label.empty() ? "}" : R"(, "kind": )" + label + "}");
}

inline PredictionFigures figures_of(const World& world) {
    PredictionFigures figures;
    world.pipeline->each_figures([&](const PredictionFigures& each) { figures = each; });
    return figures;
}

// Four quadrants of two classes, which no line divides: `rows` of them, to a group of "x", "y" and "kind".
inline void show_quadrants(World& world, int rows) {
    Random random(9);
    for (int i = 0; i < rows; ++i) {
        const std::int64_t x = random.between(-100, 100);
        const std::int64_t y = random.between(-100, 100);
        world.sensors(R"({"x": )" + std::to_string(x) + R"(, "y": )" + std::to_string(y) + R"(, "kind": )" +
                      ((x > 0) == (y > 0) ? "1" : "0") + "}");
    }
}

}  // namespace redshank::test
