#include "model/lags.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <vector>

namespace redshank {
namespace {

template <std::size_t Members>
std::vector<float> with(const Lags& lags, const std::array<float, Members>& now) {
    const Lags::Inputs inputs = lags.before(now);
    const auto used = lags.in_use(inputs);
    return {used.begin(), used.end()};
}

TEST(Lags, fill_the_vector_as_far_as_members_allow) {
    const std::array<std::size_t, 17> expected{8, 8, 8, 5, 4, 3, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1};
    for (std::size_t members = 1; members <= Lags::inputs_max; ++members) {
        EXPECT_EQ(Lags::lags_for(members), expected[members]) << members;
        EXPECT_EQ(Lags(members).in_use(Lags::Inputs{}).size(), members * expected[members]);
        EXPECT_LE(members * expected[members], Lags::inputs_max);
    }
}

TEST(Lags, come_newest_first_with_members_together) {
    Lags lags(3);
    const std::array<float, 3> first{1, 2, 3};
    EXPECT_EQ(with(lags, first), (std::vector<float>{1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3}));
    lags.push(first);
    const std::array<float, 3> second{4, 5, 6};
    EXPECT_EQ(with(lags, second), (std::vector<float>{4, 5, 6, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3}));
    lags.push(second);
    for (int i = 0; i < 4; ++i) lags.push(std::array{7.0F + static_cast<float>(i), 0.0F, -7.0F});
    EXPECT_EQ(with(lags, std::array{11.0F, 0.0F, -7.0F}),
              (std::vector<float>{11, 0, -7, 10, 0, -7, 9, 0, -7, 8, 0, -7, 7, 0, -7}));
}

TEST(Lags, one_member_keeps_eight_values) {
    Lags lags(1);
    for (int i = 1; i <= 8; ++i) lags.push(std::array{static_cast<float>(i)});
    EXPECT_EQ(with(lags, std::array{9.0F}), (std::vector<float>{9, 8, 7, 6, 5, 4, 3, 2}));
}

TEST(Lags, sixteen_members_keep_one) {
    Lags lags(16);
    std::array<float, 16> values{};
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) - 8;
    lags.push(std::array<float, 16>{});
    EXPECT_EQ(with(lags, values), std::vector<float>(values.begin(), values.end()));
}

TEST(Lags, looking_ahead_changes_nothing) {
    Lags lags(2);
    lags.push(std::array{1.0F, 2.0F});
    const auto before = with(lags, std::array{3.0F, 4.0F});
    EXPECT_EQ(with(lags, std::array{3.0F, 4.0F}), before);
}

TEST(Lags, clamp_at_sixteen_deviations) {
    Lags lags(2);
    lags.push(std::array{std::numeric_limits<float>::max(), -1e30F});
    const auto inputs = with(lags, std::array{17.0F, -16.5F});
    EXPECT_EQ(inputs[0], 16.0F);
    EXPECT_EQ(inputs[1], -16.0F);
    EXPECT_EQ(inputs[2], 16.0F);
    EXPECT_EQ(inputs[3], -16.0F);
}

TEST(Lags, saved_ones_go_on_and_impossible_ones_are_refused) {
    Lags lags(2);
    for (int i = 0; i < 5; ++i) lags.push(std::array{static_cast<float>(i), 0.5F});
    std::array<std::byte, 128> room{};
    ByteWriter out(room);
    lags.write(out);
    ASSERT_TRUE(out.ok());
    EXPECT_EQ(out.used(), lags.written_bytes());

    Lags copy(2);
    ByteReader in(out.written());
    copy.read(in);
    EXPECT_TRUE(in.ok());
    EXPECT_EQ(with(copy, std::array{9.0F, 9.0F}), with(lags, std::array{9.0F, 9.0F}));

    Lags other_shape(3);
    ByteReader again(out.written());
    other_shape.read(again);
    EXPECT_FALSE(again.ok());

    room[2] = room[3] = room[4] = room[5] = std::byte{0xff};  // NaN
    ByteReader broken(std::span<const std::byte>(room).first(out.used()));
    copy.read(broken);
    EXPECT_FALSE(broken.ok());
}

}  // namespace
}  // namespace redshank
