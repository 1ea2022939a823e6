#include "drivers/time_text.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace redshank::test {

namespace {

constexpr std::int64_t s = 1'000'000'000;
constexpr std::int64_t april_2014 = 1'396'310'400 * s;  // 2014-04-01T00:00:00Z

// splitmix64 (Steele, Lea, Flood 2014)
std::uint64_t next_random(std::uint64_t& state) {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
}

}  // namespace

TEST(TimeText, iso_8601_in_its_common_forms) {
    const struct {
        const char* text;
        std::int64_t time_ns;
    } table[] = {
        {"2014-04-01", april_2014},
        {"2014-04-01T00:00", april_2014},
        {"2014-04-01 00:00:00", april_2014},
        {"2014-04-01T00:00:00Z", april_2014},
        {"2014-04-01t00:00:00z", april_2014},
        {" 2014-04-01 00:00:00\r\n", april_2014},
        {"2014-04-01T02:00:00+02:00", april_2014},
        {"2014-04-01T02:00:00+0200", april_2014},
        {"2014-04-01T02:00:00+02", april_2014},
        {"2014-03-31T18:30-05:30", april_2014},
        {"2014-03-31T18:30-0530", april_2014},
        {"2014-04-01T00:00:00-00:00", april_2014},
        {"2014-04-01T00:00:00.5", april_2014 + s / 2},
        {"2014-04-01T00:00:00,5Z", april_2014 + s / 2},
        {"2014-04-01T00:00:00.000000001Z", april_2014 + 1},
        {"2014-04-01T00:00:00.1234567899999+00:00", april_2014 + 123'456'789},
        {"1970-01-01T00:00:00Z", 0},
        {"1969-12-31T23:59:59.999999999Z", -1},
        {"1969-12-31T23:59:59Z", -s},
        {"2000-02-29", 951'782'400 * s},
        {"2016-02-29T12:00:00Z", 1'456'747'200 * s},
        {"2016-12-31T23:59:60Z", 1'483'228'800 * s},
        {"2017-01-01T00:59:60.25+01:00", 1'483'228'800 * s + s / 4},
        {"2038-01-19T03:14:08Z", 2'147'483'648 * s},
        {"2262-04-11T23:47:16.854775807Z", std::numeric_limits<std::int64_t>::max()},
        {"1677-09-21T00:12:43.145224192Z", std::numeric_limits<std::int64_t>::min()},
    };
    for (const auto& [text, time_ns] : table) EXPECT_EQ(parse_time_ns(text), time_ns) << text;
}

TEST(TimeText, epochs_are_told_apart_by_magnitude) {
    const struct {
        const char* text;
        std::int64_t time_ns;
    } table[] = {
        {"1396310400", april_2014},
        {"1396310400.5", april_2014 + s / 2},
        {"1396310400.123456789", april_2014 + 123'456'789},
        {"1396310400.12345678999", april_2014 + 123'456'789},
        {"1396310400000", april_2014},
        {"1396310400000.5", april_2014 + 500'000},
        {"1396310400000000", april_2014},
        {"1396310400000000000", april_2014},
        {"1396310400000000001", april_2014 + 1},
        {"1396310400000000001.9", april_2014 + 1},
        {"1.3963104e9", april_2014},
        {"1.3963104E+12", april_2014},
        {"13963104000e-1", april_2014},
        {"0", 0},
        {"0.0", 0},
        {"-0", 0},
        {"0e999999999", 0},
        {"-1.5", -s - s / 2},
        {"+7", 7 * s},
        {"0.021277", 21'277'000},
        {"00000000000000000000001", s},
        {"20140401", 20'140'401 * s},
        {"9223372036", 9'223'372'036 * s},
        {"100000000000", 100'000'000 * s},  // the first that are milliseconds, microseconds, nanoseconds
        {"100000000000000", 100'000'000 * s},
        {"100000000000000000", 100'000'000 * s},
        {"-100000000000", -100'000'000 * s},
        {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
        {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()},
        {"1e-400", 0},
        {"0.0000000000000000000000000001", 0},
    };
    for (const auto& [text, time_ns] : table) EXPECT_EQ(parse_time_ns(text), time_ns) << text;
}

TEST(TimeText, nonsense_is_no_time) {
    for (const std::string_view text : {
             "",
             " ",
             "soon",
             "ON",
             "NaN",
             "inf",
             "1e",
             "1e+",
             ".",
             "-",
             "+",
             "e9",
             "1.2.3",
             "12 34",
             "0x10",
             "1,5",
             "1396310400Z",
             "2014-13-01",
             "2014-00-01",
             "2014-01-00",
             "2014-01-32",
             "2014-02-29",
             "2014-02-30",
             "1900-02-29",
             "2014-04-31",
             "2014-4-1",
             "14-04-01",
             "2014-04-01T",
             "2014-04-01T00",
             "2014-04-01T24:00:00",
             "2014-04-01T23:60:00",
             "2014-04-01T23:59:61",
             "2014-04-01T12:34:60",
             "2014-04-01T00:00:",
             "2014-04-01T00:00:00.",
             "2014-04-01T00:00:00.Z",
             "2014-04-01T00:00:00+",
             "2014-04-01T00:00:00+2",
             "2014-04-01T00:00:00+02:",
             "2014-04-01T00:00:00+02:0",
             "2014-04-01T00:00:00+24:00",
             "2014-04-01T00:00:00+02:60",
             "2014-04-01T00:00:00ZZ",
             "2014-04-01  00:00:00",
             "2014-04-01X00:00:00",
             "2014-04-01Z",
             "2014/04/01",
             "2014-04/01",
             "+2014-04-01",
             "-014-04-01",
             "9999-12-31T23:59:59Z",
             "2262-04-11T23:47:16.854775808Z",
             "2262-04-11T23:47:17Z",
             "1677-09-21T00:12:43.145224191Z",
             "1677-09-21T00:12:42Z",
             "0000-01-01",
             "9223372037",
             "99999999999",
             "9223372036854775808",
             "-9223372036854775809",
             "18446744073709551616",
             "1e19",
             "1e300",
             "1e999999999999",
             "99999999999999999999",
         }) {
        EXPECT_EQ(parse_time_ns(text), std::nullopt) << text;
    }
}

TEST(TimeText, what_is_written_is_read_back) {
    EXPECT_EQ(format_utc(0), "1970-01-01T00:00:00Z");
    EXPECT_EQ(format_utc(april_2014 + s / 2), "2014-04-01T00:00:00.5Z");
    EXPECT_EQ(format_utc(-1), "1969-12-31T23:59:59.999999999Z");
    EXPECT_EQ(format_utc(std::numeric_limits<std::int64_t>::min()), "1677-09-21T00:12:43.145224192Z");
    EXPECT_EQ(format_utc(std::numeric_limits<std::int64_t>::max()), "2262-04-11T23:47:16.854775807Z");
    std::uint64_t state = 7;
    for (int i = 0; i < 20'000; ++i) {
        const auto time_ns = static_cast<std::int64_t>(next_random(state));
        ASSERT_EQ(parse_time_ns(format_utc(time_ns)), time_ns) << format_utc(time_ns);
    }
}

TEST(TimeText, every_day_follows_the_one_before) {
    std::int64_t day = -106'751;  // 1677-09-22 to 2262-04-10
    for (; day < 106'751; ++day) {
        const std::string text = format_utc(day * 86'400 * s);
        ASSERT_EQ(text.substr(10), "T00:00:00Z");
        ASSERT_EQ(parse_time_ns(text.substr(0, 10)), day * 86'400 * s) << text;
        ASSERT_LT(text, format_utc((day + 1) * 86'400 * s));
    }
}

}  // namespace redshank::test
