#include "drivers/zone_rule.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>

#include "drivers/time_text.hpp"
#include "drivers/zone_file.hpp"
#include "tests/support/temporary_directory.hpp"

namespace redshank::test {

namespace {

constexpr std::int64_t s = 1'000'000'000;
constexpr const char* berlin = "CET-1CEST,M3.5.0,M10.5.0/3";

std::string utc_of(const std::string& local, const char* zone, TimeFormat format = TimeFormat::any) {
    const auto rule = ZoneRule::parse(zone);
    if (!rule) return "no rule";
    const auto time_ns = parse_time_ns(local, {.format = format, .zone = *rule});
    return time_ns ? format_utc(*time_ns) : "no time";
}

std::string rule_of(const std::string& name) {
    const auto rule = zone_rule_of(name);
    return rule ? *rule : rule.error();
}

std::string why_not(const std::string& name) {
    const auto rule = zone_rule_of(name);
    return rule ? "" : rule.error();
}

// The C library as the reference, while one lives.
class LibraryZone {
public:
    explicit LibraryZone(const std::string& zone) {
        if (const char* before = std::getenv("TZ")) before_ = before;
        setenv("TZ", zone.c_str(), 1);
        tzset();
    }
    ~LibraryZone() {
        before_ ? setenv("TZ", before_->c_str(), 1) : unsetenv("TZ");
        tzset();
    }
    LibraryZone(const LibraryZone&) = delete;
    LibraryZone& operator=(const LibraryZone&) = delete;
    std::int64_t offset_at(std::int64_t utc_s) const {
        const auto time = static_cast<std::time_t>(utc_s);
        std::tm local{};
        localtime_r(&time, &local);
        return local.tm_gmtoff;
    }

private:
    std::optional<std::string> before_;
};

std::uint64_t next_random(std::uint64_t& state) {  // splitmix64 (Steele, Lea, Flood 2014)
    std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
}

}  // namespace

TEST(ZoneRule, fixed_offsets_have_the_sign_of_their_standard) {
    EXPECT_EQ(utc_of("2014-04-01T02:00:00", "+02:00"), "2014-04-01T00:00:00Z");
    EXPECT_EQ(utc_of("2014-04-01T02:00:00", "+0200"), "2014-04-01T00:00:00Z");
    EXPECT_EQ(utc_of("2014-04-01T02:00:00", "-05"), "2014-04-01T07:00:00Z");
    EXPECT_EQ(utc_of("2014-04-01T02:00:00", "Z"), "2014-04-01T02:00:00Z");
    EXPECT_EQ(utc_of("2014-04-01T02:00:00", "EST5"), "2014-04-01T07:00:00Z");
    EXPECT_EQ(utc_of("2014-04-01T02:00:00", "<+0545>-5:45"), "2014-03-31T20:15:00Z");
    EXPECT_EQ(utc_of("2014-04-01", "+02:00"), "2014-03-31T22:00:00Z");
}

TEST(ZoneRule, a_time_with_a_zone_of_its_own_and_an_epoch_do_not_ask_the_rule) {
    EXPECT_EQ(utc_of("2014-04-01T02:00:00Z", berlin), "2014-04-01T02:00:00Z");
    EXPECT_EQ(utc_of("2014-04-01T02:00:00-01:00", berlin), "2014-04-01T03:00:00Z");
    EXPECT_EQ(utc_of("1396310400", berlin), "2014-04-01T00:00:00Z");
}

TEST(ZoneRule, a_time_that_is_left_out_is_of_the_offset_before_and_one_that_comes_twice_is_the_first) {
    EXPECT_EQ(utc_of("2024-03-31T01:59:59", berlin), "2024-03-31T00:59:59Z");
    EXPECT_EQ(utc_of("2024-03-31T02:30:00", berlin), "2024-03-31T01:30:00Z");
    EXPECT_EQ(utc_of("2024-03-31T03:00:00", berlin), "2024-03-31T01:00:00Z");
    EXPECT_EQ(utc_of("2024-10-27T01:59:59.5", berlin), "2024-10-26T23:59:59.5Z");
    EXPECT_EQ(utc_of("2024-10-27T02:30:00", berlin), "2024-10-27T00:30:00Z");
    EXPECT_EQ(utc_of("2024-10-27T03:00:00", berlin), "2024-10-27T02:00:00Z");
    // Where winter is the exception: the same instants, said the other way round.
    constexpr const char* dublin = "IST-1GMT0,M10.5.0,M3.5.0/1";
    EXPECT_EQ(utc_of("2024-03-31T01:30:00", dublin), "2024-03-31T01:30:00Z");
    EXPECT_EQ(utc_of("2024-10-27T01:30:00", dublin), "2024-10-27T00:30:00Z");
    EXPECT_EQ(utc_of("2024-07-01T12:00:00", dublin), "2024-07-01T11:00:00Z");
}

TEST(ZoneRule, dates_of_all_three_kinds) {
    EXPECT_EQ(utc_of("2024-03-01T12:00:00", "AAA0BBB,J60,J61"), "2024-03-01T11:00:00Z");  // 60 is the first of March
    EXPECT_EQ(utc_of("2023-03-01T12:00:00", "AAA0BBB,J60,J61"), "2023-03-01T11:00:00Z");
    EXPECT_EQ(utc_of("2024-02-29T12:00:00", "AAA0BBB,59,60"), "2024-02-29T11:00:00Z");
    EXPECT_EQ(utc_of("2023-03-01T12:00:00", "AAA0BBB,59,60"), "2023-03-01T11:00:00Z");
    // RFC 8536, 3.3.1: daylight saving time all year.
    for (const char* day : {"2023-01-01T00:00:00", "2023-12-31T23:59:59", "2024-06-01T12:00:00"}) {
        EXPECT_EQ(utc_of(day, "EST5EDT,0/0,J365/25"), utc_of(day, "-04:00")) << day;
    }
}

TEST(ZoneRule, what_is_no_rule_is_refused) {
    for (const char* text : {"",
                             "+2",
                             "+24:00",
                             "+02:60",
                             "+02:00x",
                             "UTC",
                             "CET",
                             "CE-1",
                             "CET-1CEST",
                             "CET-1CEST,M3.5.0",
                             "CET-1CEST,M3.5.0,",
                             "CET-1CEST,M13.5.0,M10.5.0",
                             "CET-1CEST,M3.6.0,M10.5.0",
                             "CET-1CEST,M3.0.0,M10.5.0",
                             "CET-1CEST,M3.5.7,M10.5.0",
                             "CET-1CEST,J0,J5",
                             "CET-1CEST,366,5",
                             "CET-25",
                             "CET-1:60",
                             "CET-1CEST,M3.5.0/168,M10.5.0",
                             "CET-1CEST,M3.5.0,M10.5.0/3x",
                             "<+03-3",
                             "<>3",
                             "Europe/Berlin",
                             " Z"}) {
        EXPECT_FALSE(ZoneRule::parse(text)) << text;
    }
}

TEST(ZoneRule, offsets_are_those_of_the_c_library) {
    for (const char* zone : {berlin, "EST5EDT,M3.2.0,M11.1.0", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
                             "IST-1GMT0,M10.5.0,M3.5.0/1", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
                             "EET-2EEST,M3.4.4/50,M10.4.4/50", "<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45",
                             "AEST-10AEDT,M10.1.0,M4.1.0/3", "AAA3BBB,J60/0,300/5:30:15", "<+0330>-3:30"}) {
        const auto rule = ZoneRule::parse(zone);
        ASSERT_TRUE(rule) << zone;
        const LibraryZone library(zone);
        std::uint64_t state = 1;
        for (int i = 0; i < 20'000; ++i) {
            const auto utc_s = static_cast<std::int64_t>(next_random(state) % 2'100'000'000);  // until 2036
            const std::int64_t offset = rule->offset_at(utc_s);
            ASSERT_EQ(offset, library.offset_at(utc_s)) << zone << " " << format_utc(utc_s * s);
            // There and back, but for the second of two equal local times.
            const std::int64_t back = rule->utc_of_local(utc_s + offset);
            ASSERT_TRUE(back == utc_s || (back < utc_s && back + rule->offset_at(back) == utc_s + offset));
        }
    }
}

TEST(ZoneFile, a_name_has_the_rule_of_its_footer) {
    if (!std::filesystem::exists(zone_directory)) GTEST_SKIP() << "no time zone data on this machine";
    EXPECT_EQ(rule_of("Europe/Berlin"), berlin);
    EXPECT_EQ(rule_of("America/New_York"), "EST5EDT,M3.2.0,M11.1.0");
    EXPECT_EQ(rule_of("Etc/UTC"), "UTC0");
    EXPECT_EQ(why_not("Africa/Casablanca"), "has no rule that holds for all years to come");
    EXPECT_EQ(why_not("Europe/Berln"), "is not in /usr/share/zoneinfo");
    for (const char* name : {"", "/etc/passwd", "../../../etc/passwd", "Europe/Berlin\n", "a b"}) {
        EXPECT_EQ(why_not(name), "is no name of a time zone") << name;
    }
    EXPECT_FALSE(zone_rule_of("Europe"));
}

TEST(ZoneFile, cut_and_wrong_files_are_refused) {
    if (!std::filesystem::exists(zone_directory)) GTEST_SKIP() << "no time zone data on this machine";
    std::ifstream whole(std::filesystem::path(zone_directory) / "Europe/Berlin", std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(whole)), std::istreambuf_iterator<char>());
    ASSERT_GT(bytes.size(), 500U);
    const TemporaryDirectory directory;
    for (std::size_t size = 0; size < bytes.size(); size += size < 200 ? 1 : 7) {
        std::ofstream(directory / "cut", std::ios::binary) << bytes.substr(0, size);
        EXPECT_FALSE(zone_rule_of("cut", directory.path())) << size;
    }
    std::uint64_t state = 7;
    for (int i = 0; i < 300; ++i) {
        std::string mutated = bytes;
        for (int j = 0; j < 3; ++j) mutated[next_random(state) % 120] = static_cast<char>(next_random(state));
        std::ofstream(directory / "wrong", std::ios::binary) << mutated;
        const auto rule = zone_rule_of("wrong", directory.path());
        EXPECT_TRUE(!rule || ZoneRule::parse(*rule));
    }
}

}  // namespace redshank::test
