#include <gtest/gtest.h>

#include <string>

#include "agent/settings_parse.hpp"

// What the keys of [[rule]], [alerts], [[channel]] and preprocess ask of each other.

namespace redshank {
namespace {

ParsedSettings parsed(const std::string& text) {
    SettingsExtras extras;
    extras.environment = {.host_name = "h", .root = true};
    return parse_settings(text, "f.toml", extras);
}

std::string errors_of(const std::string& text) {
    const ParsedSettings settings = parsed(text);
    std::string errors;
    if (settings) return errors;
    for (const SettingsError& error : settings.error()) errors += error.text() + "\n";
    return errors;
}

RuleSettings rule_of(const std::string& text) {
    const ParsedSettings settings = parsed("[[rule]]\nname = \"r\"\n" + text);
    EXPECT_TRUE(settings) << errors_of("[[rule]]\nname = \"r\"\n" + text);
    return settings ? settings->rules.at(0) : RuleSettings{};
}

std::string wrong_rule(const std::string& text) {
    return errors_of("[[rule]]\nname = \"r\"\n" + text + "\n");
}

#define EXPECT_SAYS(errors, words) EXPECT_NE((errors).find(words), std::string::npos) << (errors)

TEST(RuleSettings, takes_rates_joins_and_what_holds_alerts_back) {
    const RuleSettings rule = rule_of(
        "channel = \"plant/{machine}/sensors:t\"\nrate_above = 2.5\nclear_below = 1\nrate_per = \"1m\"\n"
        "cooldown = \"10m\"\nand = { channel = \"plant/{machine}/sensors:v\", below = 3, clear_above = 4 }\n");
    EXPECT_EQ(rule.rate_above->mantissa, 25);
    EXPECT_EQ(rule.rate_per_ns, 60'000'000'000);
    EXPECT_EQ(rule.cooldown_ns, 600'000'000'000);
    EXPECT_EQ(rule.join, RuleJoin::both);
    EXPECT_EQ(rule.second.channel, "plant/{machine}/sensors:v");
    EXPECT_EQ(rule.second.below->mantissa, 3);
    EXPECT_EQ(rule_of("channel = \"a\"\nabove = 1\nor = { channel = \"b\", above = 2 }\n").join, RuleJoin::either);
    EXPECT_TRUE(rule_of("channel = \"a\"\nabsent_for = \"auto\"\n").absent_auto);
    EXPECT_EQ(rule_of("channel = \"a\"\nabsent_for = \"5m\"\nper = \"topic\"\n").per, RulePer::topic);
}

TEST(RuleSettings, a_second_condition_is_one_thing_with_labels_of_the_first) {
    const std::string first = "channel = \"plant/{m}/s:t\"\nabove = 1\n";
    EXPECT_EQ(wrong_rule(first + "and = { channel = \"plant/{x}/s:v\", above = 2 }"),
              "f.toml:5:19: channel has the label {x}, which the first condition's pattern does not have\n");
    EXPECT_EQ(wrong_rule(first + "and = { channel = \"plant/+/s:v\", above = 2 }"),
              "f.toml:5:19: channel must be one name, without '+' and '#'\n");
    EXPECT_SAYS(wrong_rule(first + "and = { channel = \"b\" }"), "f.toml:5:1: and needs exactly one of above, below");
    EXPECT_SAYS(wrong_rule(first + "or = { channel = \"b\", above = 1, below = 0 }"), "this one has more");
    EXPECT_SAYS(wrong_rule(first + "or = { above = 1 }"), "or needs one of channel and group");
    EXPECT_SAYS(wrong_rule(first + "and = { channel = \"b\", above = 1 }\nor = { channel = \"c\", above = 1 }"),
                "[[rule]] has both and and or");
    EXPECT_SAYS(wrong_rule(first + "per = \"topic\"\nand = { channel = \"b\", above = 1 }"),
                "f.toml:5:7: per does not go with a second condition");
    EXPECT_SAYS(wrong_rule("channel = \"a\"\nabsent_for = \"1m\"\nand = { channel = \"b\", above = 1 }"),
                "absent_for stands alone");
    EXPECT_SAYS(wrong_rule(first + "and = { channel = \"b\", abov = 1 }"),
                "unknown key \"abov\" in [rule.and]: did you mean \"above\"?");
}

TEST(RuleSettings, keys_that_do_not_go_together_are_named) {
    EXPECT_SAYS(wrong_rule("channel = \"a\"\nabove = 1\nrate_per = \"1m\""), "f.toml:5:12: rate_per goes with");
    EXPECT_SAYS(wrong_rule("channel = \"a\"\nrate_above = 1\nclear_below = 2"),
                "clear_below must be at most rate_above");
    EXPECT_SAYS(wrong_rule("channel = \"a\"\nrate_below = 1\nclear_above = 0"),
                "clear_above must be at least rate_below");
    EXPECT_SAYS(wrong_rule("channel = \"a\"\nabsent_for = \"soon\""), "f.toml:4:14: absent_for");
    EXPECT_SAYS(wrong_rule("channel = \"a\"\nabsent_for = 5"),
                "absent_for must be a duration like \"10s\", or \"auto\"");
    EXPECT_SAYS(wrong_rule("channel = \"a\"\nabove = 1\nper = \"device\""), "per must be one of");
    EXPECT_SAYS(errors_of("[[rule]]\nname = \"broker-lost\"\nchannel = \"a\"\nabove = 1\n"), "rule on brokers");
    EXPECT_SAYS(errors_of("[alerts]\ncommands = \"yes\"\n"), "f.toml:2:12: commands must be true or false, not a text");
}

TEST(ChannelSettings, say_unit_scale_resolution_and_kind) {
    const ParsedSettings settings = parsed(
        "[[channel]]\nchannel = \"plant/+/s:t\"\nunit = \"degC\"\nscale = 0.1\noffset = -40\nresolution = 0.01\n"
        "kind = \"counter\"\n");
    ASSERT_TRUE(settings);
    const ChannelSettings& channel = settings->channels.at(0);
    EXPECT_EQ(channel.unit, "degC");
    EXPECT_EQ(channel.scale.mantissa, 1);
    EXPECT_EQ(channel.scale.scale, 1);
    EXPECT_EQ(channel.offset.mantissa, -40);
    EXPECT_EQ(channel.kind, ChannelKind::counter);
    const std::string begin = "[[channel]]\nchannel = \"#\"\n";
    EXPECT_SAYS(errors_of(begin + "scale = 0\n"), "f.toml:3:9: scale must not be 0");
    EXPECT_SAYS(errors_of(begin + "resolution = 0.05\n"), "f.toml:3:14: resolution must be 1, 0.1, 0.01");
    EXPECT_SAYS(errors_of(begin + "unit = \"more than sixteen\"\n"), "at most 16 bytes");
    EXPECT_SAYS(errors_of("[[channel]]\nunit = \"bar\"\n"), "[[channel]] needs the key \"channel\"");
}

TEST(PreprocessSettings, say_filters_and_features) {
    const std::string begin = "[[source]]\ntopic = \"a\"\n";
    const ParsedSettings settings = parsed(
        begin +
        "preprocess = { despike = 5, deadband = 0.5, smooth = \"median:7\", fill = \"none\", derive = [\"rate\", "
        "\"mean:20\"] }\n");
    ASSERT_TRUE(settings);
    const SourceSettings& source = settings->sources.at(0);
    EXPECT_EQ(source.preprocess.despike_readings, 5);
    EXPECT_EQ(source.preprocess.smooth_readings, 7);
    EXPECT_EQ(source.preprocess.fill, Fill::none);
    EXPECT_EQ(source.derive, (std::vector<std::string>{"rate", "mean:20"}));
    const auto wrong = [&](const std::string& keys) { return errors_of(begin + "preprocess = { " + keys + " }\n"); };
    EXPECT_SAYS(wrong("despike = 4"), "f.toml:3:26: despike must be an odd number of readings");
    EXPECT_SAYS(wrong("despike = 17"), "despike must be 3 to 15");
    EXPECT_SAYS(wrong("deadband = 0"), "deadband must be above 0");
    EXPECT_SAYS(wrong("smooth = \"median:4\""), "an odd number of readings from 3 to 15");
    EXPECT_SAYS(wrong("derive = [\"mean\"]"), "an element of derive must be difference");
    EXPECT_SAYS(wrong("derive = [\"mean:3\", \"mean:9\"]"), "there twice with another number");
}

}  // namespace
}  // namespace redshank
