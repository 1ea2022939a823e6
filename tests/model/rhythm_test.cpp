#include "model/rhythm.hpp"

#include <gtest/gtest.h>

#include <array>

namespace redshank {
namespace {

constexpr std::int64_t s = 1'000'000'000;

struct Heard {
    Rhythm rhythm;
    std::int64_t now_ns = 1'700'000'000 * s;
    void after(std::int64_t interval_ns) {
        now_ns += interval_ns;
        rhythm.heard(interval_ns, now_ns);
    }
    void after(std::int64_t interval_ns, int times) {
        for (int i = 0; i < times; ++i) after(interval_ns);
    }
};

TEST(Rhythm, expects_nothing_before_it_knows_eight_intervals) {
    Heard heard;
    heard.after(10 * s, 7);
    heard.after(0, 20);  // values of one message
    EXPECT_FALSE(heard.rhythm.timeout_ns());
    heard.after(12 * s);
    EXPECT_EQ(heard.rhythm.timeout_ns(), 36 * s);
}

TEST(Rhythm, never_less_than_ten_seconds) {
    Heard heard;
    heard.after(s / 10, 100);
    EXPECT_EQ(heard.rhythm.timeout_ns(), 10 * s);
}

TEST(Rhythm, a_device_that_reports_on_change_and_every_hour_may_be_silent_for_an_hour) {
    Heard heard;
    for (int hour = 0; hour < 24; ++hour) {
        heard.after(3600 * s);
        heard.after(s, 200);
    }
    EXPECT_EQ(heard.rhythm.timeout_ns(), 3 * 3600 * s);
}

TEST(Rhythm, a_silence_that_raised_the_alarm_is_not_learned_but_a_new_rhythm_is) {
    Heard heard;
    heard.after(10 * s, 20);
    heard.after(600 * s);
    heard.after(10 * s);
    heard.after(600 * s);
    EXPECT_EQ(heard.rhythm.timeout_ns(), 30 * s);
    heard.after(600 * s, 2);
    EXPECT_EQ(heard.rhythm.timeout_ns(), 1800 * s);
}

TEST(Rhythm, forgets_what_was_longest_two_days_ago) {
    Heard heard;
    heard.after(600 * s, 10);
    for (int i = 0; i < 3 * 24 * 360; ++i) heard.after(10 * s);
    EXPECT_EQ(heard.rhythm.timeout_ns(), 30 * s);
}

TEST(Rhythm, goes_on_from_what_was_written_and_refuses_what_was_not) {
    Heard heard;
    heard.after(700 * s, 9);
    std::array<std::byte, 64> room{};
    ByteWriter out(room);
    heard.rhythm.write(out);
    Rhythm again;
    ByteReader in(out.written());
    again.read(in);
    ASSERT_TRUE(in.ok());
    EXPECT_EQ(again.timeout_ns(), heard.rhythm.timeout_ns());
    room[7] = std::byte{0x80};  // a negative interval
    ByteReader damaged(out.written());
    again.read(damaged);
    EXPECT_FALSE(damaged.ok());
    EXPECT_FALSE(again.timeout_ns());
}

}  // namespace
}  // namespace redshank
