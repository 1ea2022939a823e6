#include <gtest/gtest.h>

#include <csignal>

#include "tests/integration/gateway.hpp"

namespace redshank::test {
namespace {

const std::string rule = "[[rule]]\nname = \"hot\"\nchannel = \"load/#\"\nabove = 1000\n";

TEST(Reload, a_good_file_takes_effect_and_keeps_state_and_process) {
    Configuration configuration;
    configuration.window = "length = \"1h\"\n";
    Gateway gateway(configuration);
    gateway.start_all();
    const auto devices = gateway.devices();
    for (std::uint64_t value = 1; value <= 40; ++value) ASSERT_TRUE(devices->send("load/1", value_json(value)));
    ASSERT_TRUE(devices->settled());
    ASSERT_TRUE(gateway.until_messages(40));
    configuration.more = rule;
    gateway.configure(configuration);
    gateway.agent().signal(SIGHUP);
    gateway.agent().signal(SIGHUP);  // one more does no harm
    for (std::uint64_t value = 41; value <= 140; ++value) {
        ASSERT_TRUE(devices->send("load/1", value_json(value)));
        std::this_thread::sleep_for(5ms);
    }
    ASSERT_TRUE(devices->settled());
    ASSERT_TRUE(gateway.until([](const Json& now) {
        return now.is("ready") && now.count("ledger.messages") - now.count("ledger.duplicate") >= 140;
    })) << gateway.agent().errors();
    ASSERT_TRUE(eventually(20s, [&] {
        const std::string said = gateway.agent().output();
        return said.find("READY\n") != said.rfind("READY\n");
    })) << gateway.agent().errors();
    ASSERT_TRUE(devices->publish("load/1", value_json(2000)));
    EXPECT_TRUE(gateway.until([](const Json& now) { return now.text("alerts.0.rule") == "hot"; })) << gateway.said();
    EXPECT_TRUE(gateway.agent().running());
    EXPECT_EQ(gateway.status()->count("boot"), 1U);
    EXPECT_EQ(gateway.flush(), 0) << gateway.said();
    EXPECT_EQ(gateway.upstream().count, 141U);
    EXPECT_EQ(gateway.upstream().sum, sum_of(1, 140).sum + 2000);
}

TEST(Reload, a_bad_file_is_refused_and_the_agent_goes_on) {
    Configuration configuration;
    Gateway gateway(configuration);
    gateway.start_all();
    const auto devices = gateway.devices();
    configuration.more = "[[rule]]\nname = \"hot\"\nchanel = \"load/#\"\n";
    gateway.configure(configuration);
    gateway.agent().signal(SIGHUP);
    ASSERT_TRUE(eventually(20s, [&] { return gateway.agent().errors().find("refused") != std::string::npos; }))
        << gateway.agent().errors();
    EXPECT_NE(gateway.agent().errors().find("chanel"), std::string::npos) << gateway.agent().errors();
    configuration.more = rule;  // for the commands below; the agent is not told
    gateway.configure(configuration);
    ASSERT_TRUE(devices->publish("load/1", value_json(1)));
    EXPECT_TRUE(gateway.until_messages(1));
    EXPECT_EQ(gateway.flush(), 0) << gateway.said();
    EXPECT_EQ(gateway.upstream(), sum_of(1, 1));
}

TEST(Reload, what_a_kill_left_over_is_finished_under_the_configuration_it_was_begun_with) {
    Configuration configuration;
    configuration.storage = "loss_window = \"1h\"\n";
    configuration.window = "length = \"1h\"\n";
    Gateway gateway(configuration);
    gateway.start_all();
    const auto devices = gateway.devices();
    for (std::uint64_t value = 1; value <= 40; ++value) ASSERT_TRUE(devices->send("load/1", value_json(value)));
    ASSERT_TRUE(devices->settled());
    ASSERT_TRUE(gateway.until_messages(40));
    gateway.agent().kill();
    // The source of the leftover is gone, and another one begins.
    configuration.sources = "[[source]]\ntopic = \"other/{device}\"\nfields = [\"value\"]\n";
    gateway.configure(configuration);
    gateway.start_ready();
    ASSERT_TRUE(devices->publish("other/1", value_json(41)));
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.count("ledger.counted") == 41; })) << gateway.said();
    EXPECT_EQ(gateway.status()->count("boot"), 1U);
    EXPECT_EQ(gateway.flush(), 0) << gateway.said();
    EXPECT_EQ(gateway.upstream(), sum_of(1, 41));
    EXPECT_EQ(gateway.upstream_integer("select sum(count) from aggregates where channel = 'load/1:value'"), 40);
    EXPECT_EQ(out_of_balance(*gateway.status()), "");
}

}  // namespace
}  // namespace redshank::test
