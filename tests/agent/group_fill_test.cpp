#include "agent/group_fill.hpp"

#include <gtest/gtest.h>

#include <array>

namespace redshank {
namespace {

struct Row {
    float value = 0;
    float standardised = 0;
};

TEST(GroupFill, linear_goes_on_as_it_last_went_for_three_rows_and_then_holds) {
    GroupFill fill;
    fill.set_mode(0, Fill::linear);
    fill.changed(0, 2, 0.5F);
    Row row{10, 1};
    for (const float expected : {12.F, 14.F, 16.F, 16.F, 16.F}) {
        fill.missing(0, row.value, row.standardised);
        EXPECT_EQ(row.value, expected);
        EXPECT_TRUE(fill.is_missing(0));
    }
    EXPECT_EQ(row.standardised, 2.5F);
    fill.came_back(0);  // how it went while it was away nobody knows
    fill.missing(0, row.value, row.standardised);
    EXPECT_EQ(row.value, 16.F);
}

TEST(GroupFill, hold_and_none_leave_the_value) {
    for (const Fill mode : {Fill::hold, Fill::none}) {
        GroupFill fill;
        fill.set_mode(0, mode);
        fill.changed(0, 2, 0.5F);
        Row row{10, 1};
        fill.missing(0, row.value, row.standardised);
        EXPECT_EQ(row.value, 10.F);
        EXPECT_EQ(fill.mode(0), mode);
    }
}

TEST(GroupFill, goes_on_from_what_was_written) {
    GroupFill fill;
    for (std::size_t member = 0; member < 3; ++member) {
        fill.set_mode(member, Fill::linear);
        fill.changed(member, static_cast<float>(member), 1);
    }
    Row row{10, 1};
    fill.missing(2, row.value, row.standardised);
    std::array<std::byte, 3 * GroupFill::member_bytes> room{};
    ByteWriter out(room);
    fill.write(3, out);
    ASSERT_TRUE(out.ok());
    EXPECT_EQ(out.used(), room.size());
    GroupFill again;
    for (std::size_t member = 0; member < 3; ++member) again.set_mode(member, Fill::linear);
    ByteReader in(out.written());
    again.read(3, in);
    ASSERT_TRUE(in.ok());
    Row other = row;
    for (int rows = 0; rows < 4; ++rows) {
        fill.missing(2, row.value, row.standardised);
        again.missing(2, other.value, other.standardised);
        EXPECT_EQ(row.value, other.value);
    }
    EXPECT_EQ(row.value, 16.F);
}

}  // namespace
}  // namespace redshank
