#include "model/tree_nodes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <limits>
#include <vector>

namespace redshank {
namespace {

constexpr std::uint8_t leaf = TreeNode::no_input;
constexpr std::size_t inputs = 2;

using Nodes = TreeNodes<4>;

bool taken(Nodes& nodes, std::uint16_t leaves, const std::vector<TreeNode>& written) {
    std::vector<std::byte> bytes(2 + 7 * written.size());
    ByteWriter out(bytes);
    out.put(leaves);
    for (const TreeNode& node : written) {
        out.put(node.threshold);
        out.put(node.link);
        out.put(node.input);
    }
    EXPECT_TRUE(out.ok());
    ByteReader in(bytes);
    return nodes.read(in, inputs);
}

bool taken(std::uint16_t leaves, const std::vector<TreeNode>& written) {
    Nodes nodes;
    const bool fine = taken(nodes, leaves, written);
    EXPECT_TRUE(fine || nodes.leaves() == 1);  // safe to walk
    return fine;
}

const std::vector<TreeNode> three{{0.5F, 1, 1}, {0, 0, leaf}, {-1, 3, 0}, {0, 2, leaf}, {0, 1, leaf}};

TEST(TreeNodes, a_split_sends_what_is_above_the_threshold_to_the_other_side) {
    Nodes nodes;
    EXPECT_EQ(nodes.slot(nodes.leaf_of(std::array{1.0F, 1.0F})), 0U);
    EXPECT_EQ(nodes.split(0, 1, 0.5F), 1U);
    EXPECT_EQ(nodes.split(nodes.leaf_of(std::array{0.0F, 0.6F}), 0, -1.0F), 2U);
    EXPECT_EQ(nodes.leaves(), 3U);
    EXPECT_EQ(nodes.slot(nodes.leaf_of(std::array{0.0F, 0.5F})), 0U);
    EXPECT_EQ(nodes.slot(nodes.leaf_of(std::array{-1.0F, 0.6F})), 1U);
    EXPECT_EQ(nodes.slot(nodes.leaf_of(std::array{0.0F, 0.6F})), 2U);
    EXPECT_FALSE(nodes.full());
    nodes.split(nodes.leaf_of(std::array{0.0F, 0.0F}), 0, 0.0F);
    EXPECT_TRUE(nodes.full());
}

TEST(TreeNodes, what_was_written_is_read) {
    Nodes nodes;
    ASSERT_TRUE(taken(nodes, 3, three));
    EXPECT_EQ(nodes.slot(nodes.leaf_of(std::array{-1.0F, 0.6F})), 2U);
    std::vector<std::byte> bytes(nodes.written_bytes());
    ByteWriter out(bytes);
    nodes.write(out);
    ASSERT_TRUE(out.ok());
    EXPECT_EQ(out.used(), bytes.size());
    ByteReader in(bytes);
    Nodes other;
    EXPECT_TRUE(other.read(in, inputs));
    EXPECT_EQ(in.left(), 0U);
    EXPECT_EQ(other.leaves(), 3U);
}

TEST(TreeNodes, what_is_no_tree_is_refused) {
    EXPECT_FALSE(taken(0, three));
    EXPECT_FALSE(taken(5, three));
    EXPECT_FALSE(taken(4, three));  // cut off
    const auto changed = [](std::size_t node, TreeNode to) {
        std::vector<TreeNode> nodes = three;
        nodes[node] = to;
        return taken(3, nodes);
    };
    EXPECT_FALSE(changed(2, {-1, 1, 0}));    // a side of its own parent
    EXPECT_FALSE(changed(0, {0.5F, 3, 1}));  // two parents of one pair
    EXPECT_FALSE(changed(0, {0.5F, 2, 1}));  // half a pair
    EXPECT_FALSE(changed(2, {-1, 5, 0}));    // out of the pool
    EXPECT_FALSE(changed(1, {0, 1, leaf}));  // a slot with two leaves
    EXPECT_FALSE(changed(1, {0, 3, leaf}));  // a slot that is not in use
    EXPECT_FALSE(changed(1, {1, 0, leaf}));
    EXPECT_FALSE(changed(0, {0.5F, 1, 2}));  // an input that there is not
    EXPECT_FALSE(changed(0, {2e3F, 1, 1}));
    EXPECT_FALSE(changed(0, {std::numeric_limits<float>::quiet_NaN(), 1, 1}));
    EXPECT_FALSE(changed(2, {0, 2, leaf}));  // one split too few
}

}  // namespace
}  // namespace redshank
