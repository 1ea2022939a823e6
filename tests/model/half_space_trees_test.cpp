#include "model/half_space_trees.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <memory>
#include <vector>

#include "model/float_math.hpp"
#include "model/splitmix64.hpp"
#include "tests/model/random.hpp"

namespace redshank {
namespace {

// The algorithm as the paper writes it: nodes that own their children, recursion, the counts of both windows in each.
struct Node {
    std::size_t axis = 0;
    float split = 0;
    std::uint32_t reference = 0;
    std::uint32_t latest = 0;
    std::unique_ptr<Node> left;
    std::unique_ptr<Node> right;
};

class Reference {
public:
    explicit Reference(std::size_t inputs) {
        SplitMix64 random(0x68732d7472656573U);
        for (std::size_t t = 0; t < HalfSpaceTrees::trees; ++t) {
            std::vector<float> low(inputs);
            std::vector<float> high(inputs);
            for (std::size_t i = 0; i < inputs; ++i) {
                const float s = random.uniform();
                const float reach = 2.0F * std::max(s, 1.0F - s);
                low[i] = 8.0F * (2.0F * (s - reach) - 1.0F);
                high[i] = 8.0F * (2.0F * (s + reach) - 1.0F);
            }
            roots_.push_back(grow(random, low, high));
        }
    }
    float distance(std::span<const float> x) const {
        const std::uint32_t total = whole_ ? 250 : seen_;
        if (total == 0) return 0.0F;
        float logarithms = 0.0F;
        float product = 1.0F;
        for (std::size_t t = 0; t < roots_.size(); ++t) {
            product *= static_cast<float>(answer(*roots_[t], x, 0, total)) + 0.5F;
            if (t % 5 != 4) continue;
            logarithms += log2_of(product);
            product = 1.0F;
        }
        return static_cast<float>(total) * exp2_of(-logarithms / 25.0F);
    }
    void learn(std::span<const float> x) {
        for (auto& root : roots_) {
            for (Node* node = root.get(); node != nullptr;) {
                ++node->latest;
                node = (x[node->axis] < node->split ? node->left : node->right).get();
            }
        }
        if (++seen_ < 250) return;
        for (auto& root : roots_) turn(*root);
        seen_ = 0;
        whole_ = true;
    }

private:
    // Level by level, as the trees are drawn.
    static std::unique_ptr<Node> grow(SplitMix64& random, const std::vector<float>& low,
                                      const std::vector<float>& high) {
        struct Open {
            Node* node;
            std::vector<float> low;
            std::vector<float> high;
        };
        auto root = std::make_unique<Node>();
        std::vector<Open> level{{root.get(), low, high}};
        for (int depth = 0; depth < 8; ++depth) {
            std::vector<Open> next;
            for (Open& open : level) {
                Node& node = *open.node;
                node.axis = random.below(static_cast<std::uint32_t>(low.size()));
                node.split = 0.5F * (open.low[node.axis] + open.high[node.axis]);
                node.left = std::make_unique<Node>();
                node.right = std::make_unique<Node>();
                next.push_back({node.left.get(), open.low, open.high});
                next.back().high[node.axis] = node.split;
                next.push_back({node.right.get(), open.low, open.high});
                next.back().low[node.axis] = node.split;
            }
            level = std::move(next);
        }
        return root;
    }
    std::uint32_t answer(const Node& node, std::span<const float> x, unsigned depth, std::uint32_t total) const {
        const std::uint32_t mass = whole_ ? node.reference : node.latest;
        if (node.left == nullptr || 10 * mass <= total) return mass << depth;
        return answer(x[node.axis] < node.split ? *node.left : *node.right, x, depth + 1, total);
    }
    static void turn(Node& node) {
        node.reference = node.latest;
        node.latest = 0;
        if (node.left == nullptr) return;
        turn(*node.left);
        turn(*node.right);
    }

    std::vector<std::unique_ptr<Node>> roots_;
    std::uint32_t seen_ = 0;
    bool whole_ = false;
};

TEST(HalfSpaceTrees, are_the_plain_algorithm_bit_by_bit) {
    for (const std::size_t inputs : {1U, 3U, 16U}) {
        HalfSpaceTrees trees(inputs);
        Reference reference(inputs);
        Random random(inputs);
        std::array<float, 16> room{};
        const std::span<float> x = std::span(room).first(inputs);
        for (int i = 0; i < 2000; ++i) {
            for (float& value : x) value = (i < 1200 ? 1.0F : 3.0F) * random.normal();
            if (i % 97 == 0) x[0] = 16.0F;
            ASSERT_EQ(std::bit_cast<std::uint32_t>(trees.distance(x)),
                      std::bit_cast<std::uint32_t>(reference.distance(x)))
                << inputs << " inputs, vector " << i;
            trees.learn(x);
            reference.learn(x);
        }
    }
}

TEST(HalfSpaceTrees, a_vector_far_out_is_far_and_a_new_place_becomes_ordinary_in_two_windows) {
    HalfSpaceTrees trees(3);
    Random random(4);
    std::array<float, 3> x{};
    for (int i = 0; i < 1000; ++i) {
        for (float& value : x) value = random.normal();
        trees.learn(x);
    }
    const float ordinary = trees.distance(std::array{0.1F, -0.1F, 0.2F});
    const float far_out = trees.distance(std::array{7.0F, 7.0F, 7.0F});
    EXPECT_GT(far_out, 100.0F * ordinary);
    for (int i = 0; i < 500; ++i) {
        for (float& value : x) value = 7.0F + random.normal();
        trees.learn(x);
    }
    EXPECT_LT(trees.distance(std::array{7.0F, 7.0F, 7.0F}), 10.0F * ordinary);
}

TEST(HalfSpaceTrees, masses_that_do_not_add_up_are_not_read) {
    HalfSpaceTrees trees(2);
    Random random(5);
    for (int i = 0; i < 300; ++i) trees.learn(std::array{random.normal(), random.normal()});
    std::vector<std::byte> good(trees.written_bytes());
    ByteWriter out(good);
    trees.write(out);
    ASSERT_TRUE(out.ok());
    const auto reads = [](std::span<const std::byte> bytes) {
        ByteReader in(bytes);
        return HalfSpaceTrees(2).read(in);
    };
    EXPECT_TRUE(reads(good));
    EXPECT_FALSE(reads(std::span(good).first(good.size() - 1)));
    for (std::size_t at = 0; at < good.size(); at += 131) {
        auto bad = good;
        bad[at] ^= std::byte{4};
        EXPECT_FALSE(reads(bad)) << at;
    }
}

}  // namespace
}  // namespace redshank
