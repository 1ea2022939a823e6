#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

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
    std::uint64_t state = 20110101;
    const auto next = [&state] {
        std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    };
    const auto noise = [&next] {  // in steps of 2^-16
        std::int64_t sum = -(6 << 16);
        for (int i = 0; i < 12; ++i) sum += static_cast<std::int64_t>(next() >> 48);
        return sum;
    };
    constexpr std::array<std::array<std::int64_t, 2>, 3> centres{{{-3, -1}, {0, 3}, {3, -2}}};
    std::vector<Row> all(rows_all);
    for (Row& row : all) {
        row.cluster = static_cast<std::uint8_t>(next() % 3);
        const std::int64_t a = (centres[row.cluster][0] << 16) + noise();
        const std::int64_t b = (centres[row.cluster][1] << 16) + noise();
        const std::array<std::int64_t, inputs> whole{8 * a + (400 << 16), a + b + noise() / 4, b / 2 - noise() / 8,
                                                     2 * a - 4 * b + noise() / 2};
        for (std::size_t i = 0; i < inputs; ++i) {
            const std::int64_t steps = whole[i] / 16;  // of 2^-12, cut towards 0
            row.x[i] = static_cast<float>(static_cast<double>(steps) / 4096.0);
        }
    }
    return all;
}

}  // namespace redshank::chain
