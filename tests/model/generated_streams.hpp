#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/model/random.hpp"

// The two streams of the models' targets: 8 inputs in [0, 1], 4 decimals, fixed seeds; + - * / sqrt only, so the same
// numbers on every board.
namespace redshank::streams {

inline constexpr std::size_t inputs = 8;
inline constexpr int rows_all = 500'000;

struct Row {
    std::array<float, inputs> x{};
    std::uint8_t label = 0;
    float target = 0;  // HYP only
};

inline float four_decimals(float value) {
    const auto steps = static_cast<std::int32_t>(value * 10'000.0F + (value < 0.0F ? -0.5F : 0.5F));
    return static_cast<float>(steps) / 10'000.0F;
}

// RBF: 50 centroids with a spread of their own, a class and a weight each (as MOA's RandomRBFGenerator). How hard it is
// depends on the draw: of the first ten seeds 9 is the one where naive Bayes, which has nothing to set, comes nearest
// to the .706 that the peers' stream gives it.
inline std::vector<Row> radial(int rows = rows_all, std::uint64_t seed = 9) {
    struct Centroid {
        std::array<float, inputs> centre{};
        float spread = 0;
        float weight_up_to = 0;
        std::uint8_t label = 0;
    };
    Random random(seed);
    std::array<Centroid, 50> centroids{};
    float weight = 0;
    for (Centroid& each : centroids) {
        for (float& value : each.centre) value = random.uniform();
        each.spread = random.uniform();
        each.label = static_cast<std::uint8_t>(random.next() >> 63);
        weight += random.uniform();
        each.weight_up_to = weight;
    }
    std::vector<Row> all(static_cast<std::size_t>(rows));
    for (Row& row : all) {
        const float drawn = random.uniform() * weight;
        std::size_t at = 0;
        while (at + 1 < centroids.size() && centroids[at].weight_up_to <= drawn) ++at;
        const Centroid& centroid = centroids[at];
        std::array<float, inputs> direction{};
        float square = 0;
        for (float& value : direction) {
            value = 2.0F * random.uniform() - 1.0F;
            square += value * value;
        }
        const float size = random.normal() * centroid.spread / std::sqrt(square + 1e-12F);
        for (std::size_t i = 0; i < inputs; ++i) row.x[i] = four_decimals(centroid.centre[i] + direction[i] * size);
        row.label = centroid.label;
    }
    return all;
}

// HYP: uniform inputs, the class is the side of a hyperplane through the median, 5 % of the labels flipped; the target
// is the weighted sum with noise of deviation 0.05.
inline std::vector<Row> hyperplane(int rows = rows_all, std::uint64_t seed = 2) {
    Random random(seed);
    std::array<float, inputs> weights{};
    float median = 0;
    for (float& weight : weights) {
        weight = random.uniform();
        median += 0.5F * weight;
    }
    std::vector<Row> all(static_cast<std::size_t>(rows));
    for (Row& row : all) {
        float sum = 0;
        for (std::size_t i = 0; i < inputs; ++i) {
            row.x[i] = four_decimals(random.uniform());
            sum += weights[i] * row.x[i];
        }
        const bool flipped = random.uniform() < 0.05F;
        row.label = (sum >= median) != flipped ? 1 : 0;
        row.target = sum + 0.05F * random.normal();
    }
    return all;
}

}  // namespace redshank::streams
