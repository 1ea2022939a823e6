#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/model/random.hpp"

namespace redshank::parity {

// The rows that make_learner_fixture.py makes too: eight inputs near the standard normal in multiples of 2^-12, a
// number that is a line of them and noise, the side of that line, and whether the first two are far from the middle.
inline constexpr std::size_t inputs = 8;
inline constexpr std::size_t rows_learned = 4000;
inline constexpr std::size_t rows_held_out = 1000;

struct Row {
    std::array<float, inputs> x{};
    float target = 0;
    std::uint8_t side = 0;
    std::uint8_t far = 0;
};

inline std::vector<Row> rows() {
    Random random(20261127);
    constexpr std::array<std::int64_t, inputs> weights{3, -2, 1, 0, 0, 2, -1, 1};  // eighths
    std::vector<Row> all(rows_learned + rows_held_out);
    for (Row& row : all) {
        std::array<std::int64_t, inputs> steps{};  // of 2^-12
        std::int64_t line = 0;
        for (std::size_t i = 0; i < inputs; ++i) {
            steps[i] = random.normal_steps() / 16;
            line += weights[i] * steps[i];
            row.x[i] = static_cast<float>(static_cast<double>(steps[i]) / 4096.0);
        }
        const std::int64_t target = line / 8 + random.normal_steps() / 64;  // a quarter of a deviation of noise
        row.target = static_cast<float>(static_cast<double>(target) / 4096.0);
        row.side = target > 0 ? 1 : 0;
        const std::int64_t square = steps[0] * steps[0] + steps[1] * steps[1];
        row.far = square > 23'253'000 ? 1 : 0;  // 1.386 * 2^24, half of them
    }
    return all;
}

}  // namespace redshank::parity
