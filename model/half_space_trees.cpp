#include "model/half_space_trees.hpp"

#include <algorithm>
#include <cassert>

#include "model/float_math.hpp"
#include "model/splitmix64.hpp"

namespace redshank {
namespace {

constexpr float half_range = 8.0F;  // deviations; narrower, what is far out shares its side with what is ordinary
constexpr std::size_t at_once = 5;  // densities whose product is a float for sure: each is below 2^16

}  // namespace

HalfSpaceTrees::HalfSpaceTrees(std::size_t inputs) noexcept : inputs_(static_cast<std::uint8_t>(inputs)) {
    assert(inputs >= 1 && inputs <= inputs_most);
    SplitMix64 random(0x68732d7472656573U);
    for (Tree& tree : trees_) {
        struct Range {
            std::array<float, inputs_most> low{};
            std::array<float, inputs_most> high{};
        };
        std::array<Range, depth> path{};  // of the node that is split, a range for each level
        for (std::size_t i = 0; i < inputs; ++i) {
            const float centre = random.uniform();
            const float reach = 2.0F * std::max(centre, 1.0F - centre);
            path[0].low[i] = half_range * (2.0F * (centre - reach) - 1.0F);
            path[0].high[i] = half_range * (2.0F * (centre + reach) - 1.0F);
        }
        // Parents before children, left to right: the ranges of a node are made again from the root's.
        for (std::size_t node = 1; node < leaves; ++node) {
            Range range = path[0];
            std::size_t level = 0;
            while (node >> (level + 1) != 0) ++level;
            for (std::size_t up = level; up > 0; --up) {
                const std::size_t parent = node >> up;
                const bool right = (node >> (up - 1) & 1U) != 0;
                (right ? range.low : range.high)[tree.axes[parent]] = tree.splits[parent];
            }
            const std::uint32_t axis = random.below(static_cast<std::uint32_t>(inputs));
            tree.axes[node] = static_cast<std::uint8_t>(axis);
            tree.splits[node] = 0.5F * (range.low[axis] + range.high[axis]);
        }
    }
}

float HalfSpaceTrees::distance(std::span<const float> inputs) const noexcept {
    assert(inputs.size() == inputs_);
    const std::uint32_t total = whole_ ? window : seen_;
    if (total == 0) return 0.0F;
    const Masses& masses = whole_ ? reference_ : latest_;
    float logarithms = 0.0F;
    static_assert(trees % at_once == 0);
    for (std::size_t first = 0; first < trees; first += at_once) {
        float product = 1.0F;
        for (std::size_t t = first; t < first + at_once; ++t) {
            std::size_t node = 1;
            std::uint32_t mass = masses[t][1];
            std::uint32_t scale = 1;
            while (node < leaves && mass * 10 > total) {
                node = child_of(trees_[t], node, inputs.data());
                mass = masses[t][node];
                scale *= 2;
            }
            product *= static_cast<float>(mass * scale) + 0.5F;
        }
        logarithms += log2_of(product);
    }
    return static_cast<float>(total) * exp2_of(-logarithms / static_cast<float>(trees));
}

void HalfSpaceTrees::learn(std::span<const float> inputs) noexcept {
    assert(inputs.size() == inputs_);
    for (std::size_t t = 0; t < trees; ++t) {
        std::size_t node = 1;
        for (std::size_t level = 0; level < depth; ++level) {
            ++latest_[t][node];
            node = child_of(trees_[t], node, inputs.data());
        }
        ++latest_[t][node];
    }
    if (++seen_ == window) {
        reference_ = latest_;
        latest_ = {};
        seen_ = 0;
        whole_ = true;
    }
}

void HalfSpaceTrees::write(ByteWriter& out) const noexcept {
    out.put(seen_);
    out.put(whole_);
    for (const Masses* masses : {&reference_, &latest_}) {
        for (const auto& tree : *masses) out.put_bytes(std::as_bytes(std::span(tree).subspan(1)));
    }
}

bool HalfSpaceTrees::read(ByteReader& in) noexcept {
    seen_ = in.get<std::uint8_t>();
    const auto whole = in.get<std::uint8_t>();
    whole_ = whole == 1;
    for (Masses* masses : {&reference_, &latest_}) {
        for (auto& tree : *masses) {
            const std::span<const std::byte> bytes = in.get_bytes(nodes - 1);
            std::transform(bytes.begin(), bytes.end(), tree.begin() + 1,
                           [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
        }
    }
    return in.ok() && whole <= 1 && seen_ < window && consistent(reference_, whole_ ? window : 0) &&
           consistent(latest_, seen_);
}

bool HalfSpaceTrees::consistent(const Masses& masses, std::uint32_t total) noexcept {
    return std::all_of(masses.begin(), masses.end(), [total](const auto& tree) {
        if (tree[1] != total) return false;
        for (std::size_t node = 1; node < leaves; ++node) {
            if (tree[node] != tree[2 * node] + tree[2 * node + 1]) return false;
        }
        return true;
    });
}

}  // namespace redshank
