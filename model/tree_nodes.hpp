#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "model/bytes.hpp"
#include "model/dense_inputs.hpp"

namespace redshank {

struct TreeNode {
    static constexpr std::uint8_t no_input = 255;

    float threshold = 0;
    std::uint16_t link = 0;  // of a split: its side up to the threshold, the one above is next; of a leaf: its slot
    std::uint8_t input = no_input;  // that is split
    bool splits() const noexcept { return input != no_input; }
};

// The splits of a binary tree and the slots of its leaves, in a fixed pool.
//   Invariant: leaves() leaves hang on leaves() - 1 splits; node 0 is the root; a split's two sides are neighbours and
//   come after it; each leaf has a slot of its own, below leaves(). Units: thresholds within +-input_limit. No heap.
template <std::size_t Leaves>
class TreeNodes {
    static_assert(Leaves >= 2 && Leaves < 32768);

public:
    // The node of the leaf that x comes to; N is above the index of every input that is split.
    template <std::size_t N>
    std::size_t leaf_of(const std::array<float, N>& x) const noexcept {
        std::size_t node = 0;
        while (nodes_[node].splits()) {
            node = nodes_[node].link + (x[nodes_[node].input] > nodes_[node].threshold ? 1U : 0U);
        }
        return node;
    }
    std::size_t slot(std::size_t leaf) const noexcept { return nodes_[leaf].link; }

    std::size_t leaves() const noexcept { return leaves_; }
    bool full() const noexcept { return leaves_ == Leaves; }
    std::span<const TreeNode> nodes() const noexcept { return std::span(nodes_).first(2 * leaves_ - 1U); }

    // The leaf's slot goes to the side up to the threshold; the answer is the other side's. Not when full().
    std::size_t split(std::size_t leaf, std::size_t input, float threshold) noexcept {
        const std::size_t sides = 2 * leaves_ - 1U;
        nodes_[sides] = nodes_[leaf];
        nodes_[sides + 1] = {0.0F, leaves_, TreeNode::no_input};
        nodes_[leaf] = {threshold, static_cast<std::uint16_t>(sides), static_cast<std::uint8_t>(input)};
        return leaves_++;
    }

    void clear() noexcept {
        leaves_ = 1;
        nodes_.fill({});
    }

    std::size_t written_bytes() const noexcept { return 2 + (2 * leaves_ - 1U) * 7; }
    static constexpr std::size_t written_bytes_most = 2 + (2 * Leaves - 1) * 7;
    void write(ByteWriter& out) const noexcept {
        out.put(leaves_);
        for (const TreeNode& node : nodes()) {
            out.put(node.threshold);
            out.put(node.link);
            out.put(node.input);
        }
    }
    bool read(ByteReader& in, std::size_t inputs) noexcept {  // false: no tree; one of a single leaf is left then
        clear();
        leaves_ = in.get<std::uint16_t>();
        bool fine = leaves_ >= 1 && leaves_ <= Leaves;
        for (std::size_t n = 0; fine && n < 2 * leaves_ - 1U; ++n) {
            nodes_[n].threshold = in.get<float>();
            nodes_[n].link = in.get<std::uint16_t>();
            nodes_[n].input = in.get<std::uint8_t>();
        }
        fine = fine && in.ok() && is_tree(inputs);
        if (!fine) clear();
        return fine;
    }

private:
    // Every pair of sides has one split, which comes before it, and every slot one leaf: no more is needed for a tree.
    bool is_tree(std::size_t inputs) const noexcept {
        std::array<bool, Leaves> pair_taken{};
        std::array<bool, Leaves> slot_taken{};
        for (std::size_t n = 0; n < nodes().size(); ++n) {
            const TreeNode& node = nodes_[n];
            if (node.splits() ? !may_split(n, inputs) : node.link >= leaves_ || node.threshold != 0.0F) return false;
            bool& taken = node.splits() ? pair_taken[node.link / 2U] : slot_taken[node.link];
            if (taken) return false;
            taken = true;
        }
        return true;
    }
    bool may_split(std::size_t n, std::size_t inputs) const noexcept {
        const TreeNode& node = nodes_[n];
        return node.threshold >= -input_limit && node.threshold <= input_limit && node.input < inputs &&
               node.link > n && node.link % 2 == 1 && node.link + 1U < nodes().size();
    }

    std::uint16_t leaves_ = 1;
    std::array<TreeNode, 2 * Leaves - 1> nodes_{};
};

}  // namespace redshank
