#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/model/random.hpp"

namespace redshank::chain {

// The rows that make_chain_fixture.py makes too: three clusters of four inputs with scales and correlations of their
// own, in multiples of 2^-12, so that both have the same numbers.
inline constexpr std::size_t inputs = 4;
inline constexpr int rows_all = 600;

struct Row {
    std::array<float, inputs> x{};
    std::uint8_t cluster = 0;
};

inline std::vector<Row> rows() {
    Random random(20110101);
    constexpr std::array<std::array<std::int64_t, 2>, 3> centres{{{-3, -1}, {0, 3}, {3, -2}}};
    std::vector<Row> all(rows_all);
    for (Row& row : all) {
        row.cluster = static_cast<std::uint8_t>(random.next() % 3);
        const std::int64_t a = (centres[row.cluster][0] << 16) + random.normal_steps();
        const std::int64_t b = (centres[row.cluster][1] << 16) + random.normal_steps();
        const std::array<std::int64_t, inputs> whole{8 * a + (400 << 16), a + b + random.normal_steps() / 4,
                                                     b / 2 - random.normal_steps() / 8,
                                                     2 * a - 4 * b + random.normal_steps() / 2};
        for (std::size_t i = 0; i < inputs; ++i) {
            const std::int64_t steps = whole[i] / 16;  // of 2^-12, cut towards 0
            row.x[i] = static_cast<float>(static_cast<double>(steps) / 4096.0);
        }
    }
    return all;
}

}  // namespace redshank::chain
