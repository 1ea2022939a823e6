#include "agent/windows.hpp"

#include <gtest/gtest.h>

#include "tests/agent/pipeline_world.hpp"

namespace redshank {
namespace {

using test::noon_ns;
using test::s;

constexpr WindowLengths lengths{10 * s, 5 * s};

TEST(Windows, starts_are_multiples_of_the_length_also_before_1970) {
    EXPECT_EQ(window_start_ns(0, 10), 0);
    EXPECT_EQ(window_start_ns(9, 10), 0);
    EXPECT_EQ(window_start_ns(10, 10), 10);
    EXPECT_EQ(window_start_ns(-1, 10), -10);
    EXPECT_EQ(window_start_ns(-10, 10), -10);
    EXPECT_EQ(window_start_ns(-11, 10), -20);
}

std::int64_t deadline_of(std::int64_t event_ns, std::int64_t now_ns, bool late) {
    Windows windows;
    windows.open(0, event_ns, now_ns, ClockKind::device, late, AggregateParts::empty(0, 0), lengths);
    return windows[0].deadline_ns;
}

TEST(Windows, one_closes_at_its_end_and_lateness) {
    EXPECT_EQ(deadline_of(noon_ns + 3 * s, noon_ns + 3 * s, false), noon_ns + 15 * s);
}

TEST(Windows, one_in_the_future_closes_length_and_lateness_after_its_first_reading_arrived) {
    EXPECT_EQ(deadline_of(noon_ns + 200 * s, noon_ns + 3 * s, false), noon_ns + 18 * s);
}

TEST(Windows, one_that_ended_long_ago_stays_open_by_arrival) {
    EXPECT_EQ(deadline_of(noon_ns - 500 * s, noon_ns + 3 * s, true), noon_ns + 18 * s);
}

TEST(Windows, a_reading_finds_the_window_of_its_time_clock_length_and_lateness) {
    Windows windows;
    windows.open(2, noon_ns, noon_ns, ClockKind::device, false, AggregateParts::empty(0, 0), lengths);
    EXPECT_EQ(windows.find(noon_ns + 10 * s - 1, ClockKind::device, false, lengths), 2U);
    EXPECT_EQ(windows.find(noon_ns + 10 * s, ClockKind::device, false, lengths), Windows::none);
    EXPECT_EQ(windows.find(noon_ns, ClockKind::gateway, false, lengths), Windows::none);
    EXPECT_EQ(windows.find(noon_ns, ClockKind::device, true, lengths), Windows::none);
    EXPECT_EQ(windows.find(noon_ns, ClockKind::device, false, {20 * s, 5 * s}), Windows::none);
}

TEST(Windows, the_one_that_would_close_first_is_the_earliest) {
    Windows windows;
    EXPECT_EQ(windows.earliest(), Windows::none);
    for (std::size_t slot = 0; slot < Windows::windows_max; ++slot) {
        EXPECT_EQ(windows.free_slot(), slot);
        const auto start = noon_ns + (slot == 2 ? -5 : static_cast<std::int64_t>(slot)) * 10 * s;
        windows.open(slot, start, noon_ns - 40 * s, ClockKind::device, false, AggregateParts::empty(0, 0), lengths);
    }
    EXPECT_EQ(windows.free_slot(), Windows::none);
    EXPECT_EQ(windows.earliest(), 2U);
}

TEST(Windows, what_was_written_is_read_again) {
    Windows windows;
    windows.open(1, noon_ns, noon_ns, ClockKind::device, true, AggregateParts::empty(7, 2), lengths);
    windows[1].parts.add(9, noon_ns);
    windows[1].parts.add(3, noon_ns + s);
    std::vector<std::byte> bytes(1024);
    ByteWriter out(bytes);
    windows.write(out);
    Windows again;
    ByteReader in(out.written());
    again.read(in);
    EXPECT_TRUE(in.ok());
    EXPECT_EQ(in.left(), 0U);
    EXPECT_EQ(again.open_readings(), 2U);
    std::vector<std::byte> more(1024);
    ByteWriter second(more);
    again.write(second);
    EXPECT_EQ(more, bytes);
    EXPECT_EQ(again[1].deadline_ns, windows[1].deadline_ns);
    EXPECT_EQ(again[1].quality, quality::late);
}

}  // namespace
}  // namespace redshank
