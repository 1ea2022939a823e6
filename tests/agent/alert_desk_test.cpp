#include "agent/alert_desk.hpp"

#include <gtest/gtest.h>

namespace redshank {
namespace {

using Action = AlertCommand::Action;
constexpr std::int64_t hour_ns = 3'600'000'000'000;

TEST(AlertCommandTopic, says_what_with_which_rule_and_channel) {
    const auto silence = read_alert_command("silence/hot/plant/m1/sensors:t", "1h");
    ASSERT_TRUE(silence) << silence.error();
    EXPECT_EQ(silence->action, Action::silence);
    EXPECT_EQ(silence->rule, "hot");
    EXPECT_EQ(silence->channel, "plant/m1/sensors:t");
    EXPECT_EQ(silence->for_ns, hour_ns);
    EXPECT_EQ(read_alert_command("silence/hot", "0s")->action, Action::unsilence);
    EXPECT_EQ(read_alert_command("silence", "1h")->rule, "");
    EXPECT_EQ(read_alert_command("ack/hot", "")->action, Action::acknowledge);
    EXPECT_EQ(read_alert_command("ack", "whatever")->channel, "");
    EXPECT_EQ(read_alert_command("maintenance", "on")->for_ns, 0);
    EXPECT_EQ(read_alert_command("maintenance", "on 1h")->for_ns, hour_ns);
    EXPECT_EQ(read_alert_command("maintenance", "off")->action, Action::maintenance_off);
}

TEST(AlertCommandTopic, refuses_what_it_does_not_know_with_a_sentence) {
    EXPECT_EQ(read_alert_command("sleep", "1h").error(), "there is silence, ack and maintenance");
    EXPECT_EQ(read_alert_command("maintenance", "yes").error(), "maintenance is on, on DURATION, or off");
    EXPECT_NE(read_alert_command("silence/hot", "an hour").error().find("the payload"), std::string::npos);
    EXPECT_FALSE(read_alert_command("silence/hot", ""));
    EXPECT_FALSE(read_alert_command("silence/hot", "4000d"));
    EXPECT_FALSE(read_alert_command("silence//plant", "1h"));
    EXPECT_FALSE(read_alert_command("silence/" + std::string(49, 'r'), "1h"));
    EXPECT_FALSE(read_alert_command("", ""));
}

TEST(AlertRequest, is_one_line) {
    EXPECT_EQ(alert_request({.action = Action::silence, .rule = "hot", .channel = "a/#", .for_ns = 5}),
              "alert 1\thot\ta/#\t5");
}

}  // namespace
}  // namespace redshank
