#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "model/bytes.hpp"
#include "model/float_math.hpp"
#include "model/framed_learner.hpp"
#include "model/splitmix64.hpp"
#include "model/tree_event.hpp"
#include "model/tree_leaf.hpp"
#include "model/tree_nodes.hpp"

namespace redshank {

// When a leaf splits. The values are those that adaptive forests are grown with (Gomes et al. 2017) rather than the
// 1e-7, 200 and 0.05 of single trees: in a small pool a split that comes late costs more than one that is wrong.
struct TreeGrowth {
    float grace = 50.0F;    // weight of events between two looks at a leaf
    float doubt = 4.6052F;  // ln(1 / delta), delta = 0.01
    float tie = 0.1F;       // a bound below this decides between inputs that are as good
    float evidence = 8.0F;  // bits that a cut must have gained over all events; noise seldom does
};

// A classification tree that grows with the stream. A leaf splits at the input whose cut tells most of the class, once
// the Hoeffding bound says that no other one is better.
//   Source: Domingos and Hulten (2000), "Mining high-speed data streams" (VFDT), with numeric inputs by normal
//   distributions and information gain as in MOA; the bound counts the weight that a leaf got from its parent, as
//   there. Growth stops at `Leaves` leaves: looks after that are counted in looks_refused() and the leaves go on
//   learning. A leaf watches `Watched` of the inputs, drawn when it is made, or all of them. At a split a missing input
//   is its mean, in a leaf's observers it is left out. Invariant: leaves() leaves hang on leaves() - 1 splits; node 0
//   is the root; a split's two sides are neighbours and come after it; each leaf has a slot of its own. Shape: 1 to
//   Inputs inputs, 2 to Classes classes. Thread: the owner's. No heap.
template <std::size_t Inputs, std::size_t Classes, std::size_t Watched, std::size_t Leaves>
class HoeffdingTree {
    static_assert(Inputs < TreeNode::no_input && Watched <= Inputs);
    static constexpr bool watches_all = Watched == Inputs;

public:
    // watched: inputs that each leaf watches; all of them when Watched is Inputs.
    HoeffdingTree(std::size_t inputs, std::size_t classes, std::size_t watched, SplitMix64& random) noexcept
        : inputs_(static_cast<std::uint8_t>(inputs)),
          classes_(static_cast<std::uint8_t>(classes)),
          watched_(static_cast<std::uint8_t>(watched)) {
        assert(inputs >= 1 && inputs <= Inputs && classes >= 2 && classes <= Classes);
        assert(watched >= 1 && watched <= Watched && watched <= inputs && (!watches_all || watched == inputs));
        draw_watch(0, random);
    }

    // As constructed; in place, for a stack is small.
    void reset(SplitMix64& random) noexcept {
        clear();
        draw_watch(0, random);
    }

    void shares(const TreeEvent<Inputs>& event, std::span<float> out) const noexcept {
        const std::size_t slot = nodes_.slot(nodes_.leaf_of(event.seen.x));
        if constexpr (watches_all) {
            leaves_[slot].shares(event.seen, event.terms, out);
        } else {
            leaves_[slot].shares(event.template some<Watched>(watch(slot)), event.terms, out);
        }
    }

    // weight: within [0, weight_most]; 0 learns nothing. True when the answer would have been right.
    bool learn(const TreeEvent<Inputs>& event, std::size_t actual, float weight, SplitMix64& random) noexcept {
        assert(actual < classes_ && weight >= 0.0F && weight <= weight_most);
        const std::size_t node = nodes_.leaf_of(event.seen.x);
        const std::size_t slot = nodes_.slot(node);
        Leaf& leaf = leaves_[slot];
        bool right = false;
        if constexpr (watches_all) {
            right = leaf.learn(event.seen, event.terms, actual, weight, classes_);
        } else {
            right = leaf.learn(event.template some<Watched>(watch(slot)), event.terms, actual, weight, classes_);
        }
        if (leaf.due(growth.grace)) look(node, random);
        return right;
    }

    std::size_t leaves() const noexcept { return nodes_.leaves(); }
    std::span<const TreeNode> nodes() const noexcept { return nodes_.nodes(); }
    std::uint32_t looks_refused() const noexcept { return looks_refused_; }

    static constexpr TreeGrowth growth{};
    static constexpr float weight_most = 64.0F;  // of one event

    std::size_t written_bytes() const noexcept {
        return 4 + TreeNodes<Leaves>::written_bytes_most + Leaves * leaf_bytes();
    }
    void write(ByteWriter& out) const noexcept {
        out.put(looks_refused_);
        nodes_.write(out);
        for (std::size_t slot = 0; slot < leaves(); ++slot) {
            if constexpr (!watches_all) out.put_bytes(std::as_bytes(watch(slot)));
            leaves_[slot].write(out, watched_, classes_);
        }
        for (std::size_t left = unused_bytes(); left > 0; --left) out.put(std::uint8_t{0});
    }
    bool read(ByteReader& in) noexcept {  // false: no tree that a stream leads to; one without events is left then
        clear();
        looks_refused_ = in.get<std::uint32_t>();
        bool fine = nodes_.read(in, inputs_) && (nodes_.full() || looks_refused_ == 0);
        for (std::size_t slot = 0; fine && slot < leaves(); ++slot) {
            fine = read_watch(in, slot) && leaves_[slot].read(in, watched_, classes_, growth.grace);
        }
        const std::span<const std::byte> rest = in.get_bytes(unused_bytes());
        fine = fine && in.ok() && std::all_of(rest.begin(), rest.end(), [](std::byte b) { return b == std::byte{0}; });
        if (!fine) clear();
        return fine;
    }

private:
    using Leaf = TreeLeaf<Watched, Classes, TreeEvent<Inputs>::terms_all>;
    using Watch = std::array<std::uint8_t, Watched>;

    std::size_t leaf_bytes() const noexcept {
        return (watches_all ? 0U : watched_) + Leaf::written_bytes(watched_, classes_);
    }
    std::size_t unused_bytes() const noexcept {
        return TreeNodes<Leaves>::written_bytes_most - nodes_.written_bytes() + (Leaves - leaves()) * leaf_bytes();
    }

    std::span<const std::uint8_t> watch(std::size_t slot) const noexcept {
        return std::span<const std::uint8_t>(watches_[slot]).first(watched_);
    }
    void draw_watch([[maybe_unused]] std::size_t slot, [[maybe_unused]] SplitMix64& random) noexcept {
        if constexpr (!watches_all) {
            std::array<std::uint8_t, Inputs> all;
            for (std::size_t i = 0; i < Inputs; ++i) all[i] = static_cast<std::uint8_t>(i);
            watches_[slot] = {};
            for (std::size_t i = 0; i < watched_; ++i) {
                std::swap(all[i], all[i + random.below(static_cast<std::uint32_t>(inputs_ - i))]);
                watches_[slot][i] = all[i];
            }
        }
    }
    bool read_watch([[maybe_unused]] ByteReader& in, [[maybe_unused]] std::size_t slot) noexcept {
        if constexpr (!watches_all) {
            watches_[slot] = {};
            std::uint64_t drawn = 0;
            for (std::size_t i = 0; i < watched_; ++i) {
                const auto input = in.get<std::uint8_t>();
                if (input >= inputs_ || (drawn >> input & 1U) != 0) return false;
                drawn |= std::uint64_t{1} << input;
                watches_[slot][i] = input;
            }
        }
        return true;
    }

    void look(std::size_t node, SplitMix64& random) noexcept {
        if (nodes_.full()) {
            if (looks_refused_ < UINT32_MAX) ++looks_refused_;
            return;
        }
        const Leaf& leaf = leaves_[nodes_.slot(node)];
        Cut best;
        float second = 0.0F;  // not to split is a choice, too
        std::size_t watched_best = 0;
        for (std::size_t i = 0; i < watched_; ++i) {
            const Cut cut = leaf.observers().best_cut(i, classes_);
            if (cut.gain > best.gain) {
                second = best.gain;
                best = cut;
                watched_best = i;
            } else {
                second = std::max(second, cut.gain);
            }
        }
        const float range = log2_of(static_cast<float>(classes_));
        const float bound = range * std::sqrt(growth.doubt / (2.0F * leaf.total()));
        const float gained = best.gain * leaf.observers().weight(watched_best);
        if (gained > growth.evidence && (best.gain - second > bound || bound < growth.tie)) {
            split(node, watched_best, best.threshold, random);
        }
    }

    void split(std::size_t node, std::size_t watched_input, float threshold, SplitMix64& random) noexcept {
        const std::size_t slot = nodes_.slot(node);
        const Leaf leaf = leaves_[slot];
        std::array<float, Classes> room{};
        std::array<float, Classes> more_room{};
        const std::span<float> left = std::span(room).first(classes_);
        const std::span<float> right = std::span(more_room).first(classes_);
        leaf.observers().divide(watched_input, threshold, left, right);
        std::size_t input = watched_input;
        if constexpr (!watches_all) input = watches_[slot][watched_input];
        const std::size_t other = nodes_.split(node, input, threshold);
        leaves_[slot] = Leaf::side_of(leaf, left);
        leaves_[other] = Leaf::side_of(leaf, right);
        draw_watch(slot, random);
        draw_watch(other, random);
    }

    void clear() noexcept {
        looks_refused_ = 0;
        nodes_.clear();
        for (Watch& watch : watches_) watch = {};
        for (Leaf& leaf : leaves_) leaf = {};
    }

    std::uint8_t inputs_;
    std::uint8_t classes_;
    std::uint8_t watched_;
    std::uint32_t looks_refused_ = 0;
    TreeNodes<Leaves> nodes_;
    std::array<Watch, watches_all ? 0 : Leaves> watches_{};
    std::array<Leaf, Leaves> leaves_{};
};

}  // namespace redshank
