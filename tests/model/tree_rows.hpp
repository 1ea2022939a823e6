#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/model/random.hpp"

namespace redshank::tree {

// The rows that make_tree_fixture.py makes too: a class of two steps over normal inputs, in multiples of 2^-12, so that
// both have the same numbers; one label in 16 is the other one.
inline constexpr std::size_t inputs = 4;
inline constexpr int rows_all = 12'000;
inline constexpr int rows_learned = 10'000;

struct Row {
    std::array<float, inputs> x{};
    std::uint8_t label = 0;
};

inline std::vector<Row> rows() {
    Random random(20000820);
    std::vector<Row> all(rows_all);
    for (Row& row : all) {
        for (float& value : row.x) value = static_cast<float>(random.normal_steps() / 16) / 4096.0F;  // cut towards 0
        const bool side = row.x[2] > 0.25F;
        const bool inner = side ? row.x[0] > -1.0F : row.x[1] > 1.0F;
        const bool flipped = random.next() % 16 == 0;
        row.label = inner != flipped ? 1 : 0;
    }
    return all;
}

}  // namespace redshank::tree
