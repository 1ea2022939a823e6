#include "model/lags.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace redshank {
namespace {

constexpr StandardisedQ16 whole(int value) {
    return value * 65536;
}

std::vector<float> inputs_of(const Lags& lags) {
    return {lags.inputs().begin(), lags.inputs().end()};
}

TEST(Lags, fill_the_vector_as_far_as_members_allow) {
    const std::array<std::size_t, 17> expected{8, 8, 8, 5, 4, 3, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1};
    for (std::size_t members = 1; members <= 16; ++members) {
        EXPECT_EQ(Lags::lags_for(members), expected[members]) << members;
        EXPECT_EQ(Lags(members).inputs().size(), members * expected[members]);
        EXPECT_LE(members * expected[members], model_inputs_max);
    }
}

TEST(Lags, come_newest_first_with_members_together) {
    Lags lags(3);
    EXPECT_EQ(inputs_of(lags), std::vector<float>(15, 0.0F));
    lags.push(std::array{whole(1), whole(2), whole(3)});
    EXPECT_EQ(inputs_of(lags), (std::vector<float>{1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3}));
    lags.push(std::array{whole(4), whole(5), whole(6)});
    EXPECT_EQ(inputs_of(lags), (std::vector<float>{4, 5, 6, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3}));
    for (int i = 0; i < 5; ++i) lags.push(std::array{whole(7 + i), whole(0), whole(-7 - i)});
    EXPECT_EQ(inputs_of(lags), (std::vector<float>{11, 0, -11, 10, 0, -10, 9, 0, -9, 8, 0, -8, 7, 0, -7}));
}

TEST(Lags, one_member_keeps_eight_values) {
    Lags lags(1);
    for (int i = 1; i <= 9; ++i) lags.push(std::array{whole(i)});
    EXPECT_EQ(inputs_of(lags), (std::vector<float>{9, 8, 7, 6, 5, 4, 3, 2}));
}

TEST(Lags, sixteen_members_keep_one) {
    Lags lags(16);
    std::array<StandardisedQ16, 16> values{};
    for (int i = 0; i < 16; ++i) values[static_cast<std::size_t>(i)] = whole(i - 8);
    lags.push(values);
    lags.push(values);
    EXPECT_EQ(lags.inputs().front(), -8.0F);
    EXPECT_EQ(lags.inputs().back(), 7.0F);
}

TEST(Lags, are_exact_up_to_the_clamp) {
    Lags lags(16);
    std::array<StandardisedQ16, 16> values{1,          -1, 65535, -65537, 16 * 65536 - 1, 16 * 65536, 16 * 65536 + 1,
                                           whole(1024)};
    values[8] = whole(-1024);
    lags.push(values);
    const auto inputs = lags.inputs();
    for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(static_cast<double>(inputs[i]) * 65536, values[i]) << i;
    EXPECT_EQ(inputs[6], 16.0F);
    EXPECT_EQ(inputs[7], 16.0F);
    EXPECT_EQ(inputs[8], -16.0F);
}

TEST(Lags, continue_where_they_were_written) {
    Lags lags(2);
    for (int i = 0; i < 5; ++i) lags.push(std::array{whole(i), whole(-i)});
    std::array<std::byte, 128> room{};
    ByteWriter out(room);
    lags.write(out);
    ASSERT_TRUE(out.ok());
    Lags copy(2);
    ByteReader in(out.written());
    copy.read(in);
    EXPECT_TRUE(in.ok());
    EXPECT_EQ(in.left(), 0U);
    EXPECT_EQ(inputs_of(copy), inputs_of(lags));
    lags.push(std::array{whole(3), whole(3)});
    copy.push(std::array{whole(3), whole(3)});
    EXPECT_EQ(inputs_of(copy), inputs_of(lags));
    Lags other(3);
    ByteReader again(out.written());
    other.read(again);
    EXPECT_FALSE(again.ok());
    EXPECT_EQ(inputs_of(other), std::vector<float>(15, 0.0F));
    Lags cut_short(2);
    ByteReader cut(out.written().first(20));
    cut_short.read(cut);
    EXPECT_FALSE(cut.ok());
    EXPECT_EQ(inputs_of(cut_short), std::vector<float>(16, 0.0F));
}

}  // namespace
}  // namespace redshank
