#include <gtest/gtest.h>

#include <ctime>

#include "tests/integration/gateway.hpp"

namespace redshank::test {
namespace {

TEST(Payloads, rows_of_csv_and_of_json_arrays_are_counted_once_each_and_reach_the_collector) {
    Configuration configuration;
    configuration.sources =
        "[[source]]\ntopic = \"line/{device}\"\nformat = \"csv\"\ncolumns = [\"t\", \"\", \"p\"]\n"
        "[[source]]\ntopic = \"buffer/#\"\nreadings = \"/samples\"\ntime = \"t\"\ntime_format = \"s\"\n";
    Gateway gateway(configuration);
    gateway.start_all();
    const auto devices = gateway.devices();
    const std::int64_t hour_ago_s = static_cast<std::int64_t>(std::time(nullptr)) - 3600;
    ASSERT_TRUE(devices->publish("line/a", "21.5,x,1013\n21.75,y,1012\n,z,1011\n"));
    ASSERT_TRUE(devices->publish("line/a", "21.5,x,high\n"));
    ASSERT_TRUE(devices->publish("buffer/b", "{\"samples\":[{\"t\":" + std::to_string(hour_ago_s) +
                                                 ",\"v\":1},{\"v\":2},{\"v\":3,\"w\":\"no\"}],\"n\":3}"));
    ASSERT_TRUE(gateway.until_messages(3));
    const auto status = gateway.status();
    ASSERT_TRUE(status);
    EXPECT_EQ(status->count("ledger.decoded"), 2U) << gateway.said();
    EXPECT_EQ(status->count("ledger.rejected_messages.not_a_number"), 1U) << gateway.said();
    EXPECT_EQ(status->count("ledger.counted"), 5U + 3U) << gateway.said();
    EXPECT_EQ(status->text("sources.0.last_rejected.reason"), "not_a_number");
    EXPECT_EQ(out_of_balance(*status), "");
    EXPECT_EQ(gateway.flush(), 0);
    EXPECT_EQ(gateway.upstream().count, 5U + 3U);
    EXPECT_EQ(gateway.upstream_integer("select sum(count) from aggregates where channel = 'line/a:p'"), 3);
    EXPECT_EQ(
        gateway.upstream_integer("select sum(count) from aggregates where channel = 'buffer/b:v' and start_ns <= " +
                                 std::to_string(hour_ago_s) + "000000000"),
        1);
}

}  // namespace
}  // namespace redshank::test
