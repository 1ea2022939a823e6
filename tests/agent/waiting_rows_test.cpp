#include "agent/waiting_rows.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace redshank {
namespace {

constexpr std::int64_t within_ns = 100;

WaitingRows rows_of(std::initializer_list<std::int64_t> times) {
    WaitingRows rows(3, 1, within_ns);
    for (const std::int64_t time : times) {
        const float value = static_cast<float>(time);
        rows.push({.time_ns = time, .arrived_ns = time, .id = static_cast<std::uint64_t>(time)}, std::span(&value, 1));
    }
    return rows;
}

std::vector<std::byte> written(const WaitingRows& rows) {
    std::vector<std::byte> room(rows.written_bytes_max());
    ByteWriter out(room);
    rows.write(out);
    EXPECT_TRUE(out.ok());
    return {out.written().begin(), out.written().end()};
}

TEST(WaitingRows, the_newest_that_is_not_newer_is_the_one_of_that_time) {
    const WaitingRows rows = rows_of({10, 30, 20});
    EXPECT_FALSE(rows.at_time(9));
    for (const auto& [asked, found] : {std::pair{10, 10}, {19, 10}, {25, 20}, {1000, 30}}) {
        const auto place = rows.at_time(asked);
        ASSERT_TRUE(place);
        EXPECT_EQ(rows.row(*place).time_ns, found);
        EXPECT_EQ(rows.values(*place)[0], static_cast<float>(found));
    }
}

TEST(WaitingRows, one_that_was_taken_gives_its_room_wherever_it_was) {
    WaitingRows rows = rows_of({1, 2, 3});
    rows.take(*rows.with_id(2));
    EXPECT_FALSE(rows.with_id(2));
    const float value = 4;
    rows.push({.time_ns = 4, .arrived_ns = 4, .id = 4}, std::span(&value, 1));
    EXPECT_EQ(rows.unlabelled(), 0U);
    EXPECT_EQ(rows.waiting(), 3U);
    rows.push({.time_ns = 5, .arrived_ns = 5, .id = 5}, std::span(&value, 1));
    EXPECT_EQ(rows.unlabelled(), 1U);
    EXPECT_FALSE(rows.with_id(1));
    EXPECT_TRUE(rows.with_id(3) && rows.with_id(4) && rows.with_id(5));
}

TEST(WaitingRows, who_waited_too_long_goes_and_is_counted) {
    WaitingRows rows = rows_of({0, 50, 90});
    rows.expire(100);
    EXPECT_EQ(rows.waiting(), 3U);
    rows.expire(151);
    EXPECT_EQ(rows.waiting(), 1U);
    EXPECT_EQ(rows.unlabelled(), 2U);
}

TEST(WaitingRows, goes_on_as_written_and_refuses_what_no_writer_wrote) {
    WaitingRows rows = rows_of({1, 2, 3});
    rows.take(*rows.with_id(1));
    const std::vector<std::byte> bytes = written(rows);
    WaitingRows copy(3, 1, within_ns);
    ByteReader in(bytes);
    copy.read(in);
    ASSERT_TRUE(in.ok());
    EXPECT_EQ(in.left(), 0U);
    EXPECT_EQ(written(copy), bytes);

    std::vector<std::byte> four = bytes;
    four[8] = std::byte{4};  // more than may wait
    ByteReader too_many(four);
    copy.read(too_many);
    EXPECT_FALSE(too_many.ok());
    EXPECT_EQ(copy.waiting(), 0U);

    std::vector<std::byte> nan = bytes;
    for (std::size_t i = 44; i < 48; ++i) nan[i] = std::byte{0xff};
    ByteReader no_number(nan);
    copy.read(no_number);
    EXPECT_FALSE(no_number.ok());
}

}  // namespace
}  // namespace redshank
