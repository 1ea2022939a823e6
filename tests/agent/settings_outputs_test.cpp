#include <gtest/gtest.h>

#include <fstream>

#include "agent/budget.hpp"
#include "agent/settings_parse.hpp"
#include "tests/support/temporary_directory.hpp"

namespace redshank::test {
namespace {

ParsedSettings parsed(std::string_view text, bool programs_needed = false) {
    SettingsExtras extras;
    extras.environment = {.host_name = "hall-3", .root = true};
    extras.files = programs_needed;
    return parse_settings(text, "f.toml", extras);
}

std::string errors_of(std::string_view text, bool programs_needed = false) {
    const ParsedSettings settings = parsed(text, programs_needed);
    std::string all;
    if (settings) return all;
    for (const SettingsError& error : settings.error()) all += error.text() + "\n";
    return all;
}

constexpr std::string_view good = R"([[rule]]
name = "hot"
channel = "#"
above = 85.0
[[output]]
kind = "command"
severity = "critical"
rules = ["hot", "anomaly"]
command = ["/bin/sh", "-c", "-c"]
timeout = "2s"
queue = 7
[[output]]
kind = "syslog"
[[output]]
kind = "gpio"
chip = "/dev/gpiochip1"
line = 17
active_low = true
)";

TEST(SettingsOutputs, every_key_is_read_and_comes_back_from_the_text) {
    const ParsedSettings first = parsed(good, true);
    ASSERT_TRUE(first) << errors_of(good, true);
    const ParsedSettings again = parsed(first->text);
    ASSERT_TRUE(again) << errors_of(first->text);
    for (const Settings& settings : {*first, *again}) {
        ASSERT_EQ(settings.outputs.size(), 3U);
        const OutputSettings& command = settings.outputs[0];
        EXPECT_EQ(command.kind, OutputKind::command);
        EXPECT_EQ(command.severity, Severity::critical);
        EXPECT_EQ(command.rules, (std::vector<std::string>{"hot", "anomaly"}));
        EXPECT_EQ(command.command, (std::vector<std::string>{"/bin/sh", "-c", "-c"}));
        EXPECT_EQ(command.timeout_ns, 2'000'000'000);
        EXPECT_EQ(command.queue, 7U);
        const OutputSettings& syslog = settings.outputs[1];
        EXPECT_EQ(syslog.kind, OutputKind::syslog);
        EXPECT_EQ(syslog.severity, Severity::info);
        EXPECT_TRUE(syslog.rules.empty());
        EXPECT_EQ(syslog.queue, 64U);
        const OutputSettings& gpio = settings.outputs[2];
        EXPECT_EQ(gpio.kind, OutputKind::gpio);
        EXPECT_EQ(gpio.chip, "/dev/gpiochip1");
        EXPECT_EQ(gpio.line, 17U);
        EXPECT_TRUE(gpio.active_low);
    }
}

TEST(SettingsOutputs, what_waits_for_them_is_in_the_budget) {
    const Settings without = *parsed("");
    const Settings with = *parsed("[[output]]\nkind = \"syslog\"\nqueue = 1000\n");
    EXPECT_GT(sum_of(memory_budget(with)), sum_of(memory_budget(without)) + 1000 * sizeof(AlertRow));
    EXPECT_GT(state_disk_bytes(with), state_disk_bytes(without) + 1000 * 240);
}

struct Wrong {
    const char* text;
    const char* error;
};

class WrongOutput : public testing::TestWithParam<Wrong> {};

TEST_P(WrongOutput, is_refused_where_it_stands) {
    EXPECT_EQ(errors_of(GetParam().text), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    SettingsOutputs, WrongOutput,
    testing::Values(
        Wrong{"[[output]]\nseverity = \"info\"\n", "f.toml:1:1: [[output]] needs the key \"kind\"\n"},
        Wrong{"[[output]]\nkind = \"command\"\n", "f.toml:1:1: [[output]] of kind command needs the key \"command\"\n"},
        Wrong{"[[output]]\nkind = \"gpio\"\n", "f.toml:1:1: [[output]] of kind gpio needs the key \"line\"\n"},
        Wrong{"[[output]]\nkind = \"horn\"\n",
              "f.toml:2:8: kind must be one of \"command\", \"syslog\", \"gpio\", not \"horn\"\n"},
        Wrong{
            "[[output]]\nkind = \"command\"\ncommand = [\"horn\", \"on\"]\n",
            "f.toml:3:12: the first element of command must be an absolute path, not \"horn\": nothing looks it up\n"},
        Wrong{"[[output]]\nkind = \"command\"\ncommand = []\n",
              "f.toml:3:11: command must have 1 to 64 texts, not 0\n"},
        Wrong{"[[output]]\nkind = \"syslog\"\ntimeout = \"1s\"\n",
              "f.toml:3:11: timeout goes with kind command only\n"},
        Wrong{"[[output]]\nkind = \"gpio\"\nline = 3\nqueue = 3\n",
              "f.toml:4:9: queue goes with kind command and syslog only\n"},
        Wrong{"[[output]]\nkind = \"syslog\"\nactive_low = false\n",
              "f.toml:3:14: active_low goes with kind gpio only\n"},
        Wrong{"[[output]]\nkind = \"gpio\"\nline = 3\nactive_low = 1\n",
              "f.toml:4:14: active_low must be true or false, not a whole number\n"},
        Wrong{"[[output]]\nkind = \"gpio\"\nline = -1\n", "f.toml:3:8: line must be 0 to 65535, not -1\n"},
        Wrong{"[[output]]\nkind = \"gpio\"\nline = 1\nchip = \"gpiochip0\"\n",
              "f.toml:4:8: chip must be an absolute path, not \"gpiochip0\"\n"},
        Wrong{"[[output]]\nkind = \"syslog\"\nrules = [\"anomaly\", \"anomoly\"]\n",
              "f.toml:3:21: an element of rules is no [[rule]]: \"anomoly\": did you mean \"anomaly\"?\n"},
        Wrong{"[[output]]\nkind = \"syslog\"\nrules = [\"anomaly\", \"anomaly\"]\n",
              "f.toml:3:21: an element of rules is there twice: \"anomaly\"\n"},
        Wrong{"[output]\nkind = \"syslog\"\n", "f.toml:1:2: output must be a list of tables: write [[output]]\n"}));

TEST(SettingsOutputs, more_than_sixteen_are_refused) {
    std::string text;
    for (int i = 0; i < 17; ++i) text += "[[output]]\nkind = \"syslog\"\n";
    EXPECT_EQ(errors_of(text), "f.toml:33:1: [[output]] may be there at most 16 times\n");
}

TEST(SettingsOutputs, the_program_must_be_there_when_the_agent_runs_and_not_when_its_settings_are_read_later) {
    const TemporaryDirectory directory;
    const std::string file = directory / "horn";
    const std::string text = "[[output]]\nkind = \"command\"\ncommand = [\"" + file + "\"]\n";
    const std::string refused = "f.toml:3:12: command cannot be run: \"" + file + "\": ";
    EXPECT_EQ(errors_of(text, true), refused + "No such file or directory\n");
    EXPECT_EQ(errors_of(text, false), "");
    std::ofstream(file) << "#!/bin/sh\n";
    EXPECT_EQ(errors_of(text, true), refused + "Permission denied\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    EXPECT_EQ(errors_of(text, true), "");
    const std::string folder = "[[output]]\nkind = \"command\"\ncommand = [\"" + directory.path().string() + "\"]\n";
    EXPECT_NE(errors_of(folder, true).find("it is not a file"), std::string::npos) << errors_of(folder, true);
}

}  // namespace
}  // namespace redshank::test
