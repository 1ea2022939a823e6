#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/bytes.hpp"

namespace redshank {

// How thin the space round a vector is: trees that halve a random axis at each node, drawn before any data, count what
// fell into each node during the last whole window.
//   Source: Tan, Ting, Liu (2011), "Fast anomaly detection for streaming data": 25 trees of depth 8, windows of 250,
//   a tree answers mass * 2^depth at the first node that holds no more than a tenth of the window. The answers are
//   joined by their geometric mean, not their sum: a vector that stands alone in some trees is far, however crowded it
//   is in the others. While the first window fills, it is its own reference. The work ranges stand on values within
//   +-8 deviations.
//   Invariant: a node's mass is the sum of its children's; the root's is the window's length, or what of it was seen.
//   Shape: 1 to inputs_most inputs; nodes as in a heap, the root is 1. The trees come from a fixed seed and are no part
//   of a snapshot. Bytes equal on every board. Thread: the owner's. No heap.
class HalfSpaceTrees {
public:
    static constexpr std::string_view name = "half-space-trees";
    static constexpr std::size_t inputs_most = 16;
    static constexpr std::size_t trees = 25;
    static constexpr std::size_t depth = 8;
    static constexpr std::uint32_t window = 250;
    static constexpr std::uint32_t unsettled = window;
    static constexpr bool lagged = false;  // more axes, fewer cuts across each

    explicit HalfSpaceTrees(std::size_t inputs) noexcept;

    // The vectors counted over the mean answer, each half a vector more: about 1 where they fill the work ranges
    // evenly, twice their number where there are none; 0 before any.
    float distance(std::span<const float> inputs) const noexcept;
    void learn(std::span<const float> inputs) noexcept;

    std::size_t written_bytes() const noexcept { return 2 + std::size_t{2} * trees * (nodes - 1); }
    void write(ByteWriter& out) const noexcept;
    bool read(ByteReader& in) noexcept;  // false: masses that no stream can lead to; state undefined then

private:
    static constexpr std::size_t leaves = std::size_t{1} << depth;
    static constexpr std::size_t nodes = 2 * leaves;  // the first one is not in use
    static_assert(window <= UINT8_MAX);

    struct Tree {
        std::array<float, leaves> splits{};
        std::array<std::uint8_t, leaves> axes{};
    };
    using Masses = std::array<std::array<std::uint8_t, nodes>, trees>;

    static std::size_t child_of(const Tree& tree, std::size_t node, const float* inputs) noexcept {
        return 2 * node + (inputs[tree.axes[node]] >= tree.splits[node] ? 1U : 0U);
    }
    static bool consistent(const Masses& masses, std::uint32_t total) noexcept;

    std::uint8_t inputs_;
    std::uint8_t seen_ = 0;  // of the latest window
    bool whole_ = false;     // the reference is a whole window
    std::array<Tree, trees> trees_{};
    Masses reference_{};
    Masses latest_{};
};

static_assert(sizeof(HalfSpaceTrees) <= std::size_t{96} * 1024);

}  // namespace redshank
