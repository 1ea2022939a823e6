#include "agent/settings_parse_units.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace redshank {
namespace {

constexpr std::int64_t second = 1'000'000'000;

TEST(Durations, are_whole_numbers_with_units_in_falling_order) {
    EXPECT_EQ(parse_duration("10s"), 10 * second);
    EXPECT_EQ(parse_duration("500ms"), second / 2);
    EXPECT_EQ(parse_duration("1m30s"), 90 * second);
    EXPECT_EQ(parse_duration("2h"), 7200 * second);
    EXPECT_EQ(parse_duration("7d"), 7 * 86400 * second);
    EXPECT_EQ(parse_duration("1d2h3m4s5ms"), (86400 + 7200 + 180 + 4) * second + 5'000'000);
    EXPECT_EQ(parse_duration("0s"), 0);
    EXPECT_EQ(parse_duration("106751d"), second * 86400 * 106751);  // the last whole day that 63 bits hold
}

TEST(Durations, of_any_other_form_are_refused) {
    for (const char* text : {"",
                             "10",
                             "s",
                             "1.5s",
                             "-1s",
                             "+1s",
                             " 1s",
                             "1s ",
                             "1 s",
                             "1s1m",
                             "1s1s",
                             "1ms1s",
                             "1w",
                             "1S",
                             "106752d",
                             "9223372036854775808ms",
                             "99999999999999999999s",
                             "106751d24h",
                             "1e3s",
                             "0x1s"}) {
        EXPECT_FALSE(parse_duration(text)) << text;
    }
    EXPECT_FALSE(parse_duration(std::string_view("1s\0", 3)));
}

TEST(Durations, are_written_as_they_are_read) {
    for (const char* text : {"10s", "500ms", "1m30s", "2h", "7d", "1d2h3m4s5ms", "0s"}) {
        EXPECT_EQ(format_duration(*parse_duration(text)), text);
    }
}

TEST(Sizes, have_units_of_1024_and_of_1000) {
    EXPECT_EQ(parse_size("512B"), 512);
    EXPECT_EQ(parse_size("64KiB"), 65536);
    EXPECT_EQ(parse_size("64MiB"), 64 << 20);
    EXPECT_EQ(parse_size("1GiB"), 1 << 30);
    EXPECT_EQ(parse_size("1TiB"), std::int64_t{1} << 40);
    EXPECT_EQ(parse_size("8kB"), 8000);
    EXPECT_EQ(parse_size("8KB"), 8000);
    EXPECT_EQ(parse_size("8MB"), 8'000'000);
    EXPECT_EQ(parse_size("8GB"), 8'000'000'000);
    EXPECT_EQ(parse_size("8388607TiB"), 8388607 * (std::int64_t{1} << 40));
}

TEST(Sizes, of_any_other_form_are_refused) {
    for (const char* text : {"", "64", "MiB", "1.5MiB", "-1MiB", "1MiB1KiB", "1 MiB", "1mib", "1M", "8388608TiB",
                             "9223372036854775808B"}) {
        EXPECT_FALSE(parse_size(text)) << text;
    }
}

TEST(Sizes, are_written_in_the_largest_unit_that_divides_them) {
    EXPECT_EQ(format_size(64 << 20), "64MiB");
    EXPECT_EQ(format_size(1 << 30), "1GiB");
    EXPECT_EQ(format_size(1536), "1536B");
    EXPECT_EQ(format_size(0), "0B");
}

TEST(Smoothing, is_a_factor_of_two_to_the_sixteenth) {
    EXPECT_EQ(parse_smoothing("ewma:1")->alpha_q16, 65536U);
    EXPECT_EQ(parse_smoothing("ewma:0.5")->alpha_q16, 32768U);
    EXPECT_EQ(parse_smoothing("ewma:0.2")->alpha_q16, 13107U);
    EXPECT_EQ(parse_smoothing("ewma:0.000001")->alpha_q16, 1U);  // never 0: that would freeze the channel
    for (const char* text :
         {"", "ewma", "ewma:", "ewma:0", "ewma:-0.1", "ewma:1.0001", "ewma:x", "sma:3", "ewma:nan"}) {
        EXPECT_FALSE(parse_smoothing(text)) << text;
    }
}

TEST(BrokerUrl, has_a_host_and_perhaps_a_port) {
    EXPECT_EQ(parse_broker_url("mqtt://h")->host, "h");
    EXPECT_EQ(parse_broker_url("mqtt://h")->port, 1883);
    EXPECT_EQ(parse_broker_url("mqtt://broker-1.local:1884/")->host, "broker-1.local");
    EXPECT_EQ(parse_broker_url("mqtt://broker-1.local:1884/")->port, 1884);
    EXPECT_EQ(parse_broker_url("mqtt://[::1]:65535")->host, "[::1]");
    EXPECT_EQ(parse_broker_url("mqtt://[::1]:65535")->port, 65535);
    EXPECT_FALSE(parse_broker_url("mqtt://h")->tls);
    EXPECT_TRUE(parse_broker_url("mqtts://h")->tls);
    EXPECT_EQ(parse_broker_url("mqtts://h")->port, 8883);
    EXPECT_EQ(parse_broker_url("mqtts://h:1883/")->port, 1883);
    EXPECT_NE(parse_broker_url("mqtts://u:p@h").error().find("username and password_file"), std::string::npos);
    for (const char* url : {"", "h", "mqtt://", "mqtt://:1883", "mqtt://h:", "mqtt://h:0", "mqtt://h:65536",
                            "mqtt://h:1x", "mqtt://h/path", "mqtt://[::1", "mqtt://[]", "mqtt://a b", "mqtts://",
                            "tcp://h", "mqtt://u:p@h", "mqtt://h:-1"}) {
        EXPECT_FALSE(parse_broker_url(url)) << url;
    }
}

TEST(EditDistance, counts_letters_and_swaps) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("url", "url"), 0U);
    EXPECT_EQ(edit_distance("ulr", "url"), 1U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(edit_distance("broker_ulr", "broker_url"), 1U);
}

}  // namespace
}  // namespace redshank
