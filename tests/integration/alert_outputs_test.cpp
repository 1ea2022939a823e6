#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <fstream>

#include "tests/integration/gateway.hpp"

namespace redshank::test {
namespace {

const std::string rule =
    "[[rule]]\nname = \"hot\"\nchannel = \"load/#\"\nabove = 85.0\nclear_below = 80.0\nseverity = \"critical\"\n";
const std::string stream_topic = "redshank/t/alerts";

std::string command_output(const std::string& script, const std::string& more = "") {
    return "[[output]]\nkind = \"command\"\ncommand = [\"/bin/sh\", \"-c\", '''" + script + "''']\n" + more;
}

Configuration with(const std::string& outputs) {
    Configuration configuration;
    configuration.window = "length = \"1h\"\n";
    configuration.uplink = false;
    configuration.more = rule + outputs;
    return configuration;
}

std::vector<std::string> lines_of(const std::filesystem::path& file) {
    std::vector<std::string> lines;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

bool holds(const std::vector<std::string>& lines, const std::string& line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
}

TEST(AlertOutputs, a_command_runs_for_every_change_that_passes_its_filter) {
    const TemporaryDirectory directory;
    const std::string all = directory / "all";
    const std::string others = directory / "others";
    Gateway gateway(with(command_output("echo $REDSHANK_ID $REDSHANK_RULE $REDSHANK_CHANNEL $REDSHANK_STATE "
                                        "$REDSHANK_SEVERITY $REDSHANK_VALUE >> " +
                                        all) +
                         command_output("echo x >> " + others, "rules = [\"anomaly\"]\n")));
    gateway.start_ready();
    const auto devices = gateway.devices();
    for (const char* value : {"20", "90.5", "82", "79"})
        ASSERT_TRUE(devices->publish("load/1", std::string("{\"value\": ") + value + "}"));
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.count("outputs.0.delivered") == 2; }));
    EXPECT_EQ(lines_of(all), (std::vector<std::string>{"t hot load/1:value firing critical 90.5",
                                                       "t hot load/1:value clear critical 79"}));
    const auto status = gateway.status();
    EXPECT_EQ(status->text("outputs.0.kind"), "command");
    EXPECT_EQ(status->text("outputs.0.name"), "/bin/sh");
    EXPECT_EQ(status->count("outputs.0.waiting"), 0U);
    EXPECT_EQ(status->count("outputs.1.delivered"), 0U);
    EXPECT_EQ(status->count("heap.allocations_after_start"), 0U);
    EXPECT_TRUE(lines_of(others).empty());
}

TEST(AlertOutputs, what_hangs_fails_or_is_missing_keeps_no_alert_from_the_broker) {
    const std::string chip = "/no/such/gpiochip";
    Gateway gateway(with(command_output("exec sleep 600", "queue = 2\n") +
                         command_output("exec sleep 600", "timeout = \"100ms\"\n") + command_output("exit 3") +
                         "[[output]]\nkind = \"gpio\"\nline = 17\nchip = \"" + chip + "\"\n"));
    gateway.start_ready();
    const auto listener = gateway.listener();
    const auto devices = gateway.devices();
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(devices->publish("load/1", "{\"value\": 90}"));
        ASSERT_TRUE(devices->publish("load/1", "{\"value\": 70}"));
    }
    ASSERT_TRUE(eventually(20s, [&] { return listener->received(stream_topic).size() >= 10; }));
    ASSERT_TRUE(gateway.until([](const Json& now) {
        return now.count("outputs.0.dropped") == 7 && now.count("outputs.1.timed_out") >= 2 &&
               now.count("outputs.2.failed") == 10;
    })) << gateway.said();
    const auto status = gateway.status();
    EXPECT_EQ(status->count("outputs.0.waiting"), 3U) << "one runs, two wait";
    EXPECT_EQ(status->text("outputs.1.last_error"), "its time was up");
    EXPECT_EQ(status->text("outputs.2.last_error"), "exit code 3");
    EXPECT_EQ(status->text("outputs.3.last_error"), chip + ": No such file or directory");
    EXPECT_EQ(status->count("heap.allocations_after_start"), 0U);
    EXPECT_NE(gateway.agent().errors().find("output " + chip + " line 17: " + chip + ": No such file"),
              std::string::npos);
    EXPECT_EQ(gateway.agent().terminate(), 0) << "and the agent stops in time";
}

TEST(AlertOutputs, what_waits_at_a_kill_runs_after_it) {
    const TemporaryDirectory directory;
    const std::string ran = directory / "ran";
    const std::string hangs = directory / "hangs";
    std::ofstream(hangs) << "x";
    Gateway gateway(with(command_output("echo $$ $REDSHANK_STATE $REDSHANK_VALUE >> " + ran + "; while test -e " +
                                            hangs + "; do sleep 0.05; done; echo done $REDSHANK_VALUE >> " + ran,
                                        "timeout = \"1m\"\n")));
    gateway.start_ready();
    {
        const auto devices = gateway.devices();
        ASSERT_TRUE(devices->publish("load/1", "{\"value\": 90}"));
        ASSERT_TRUE(devices->publish("load/1", "{\"value\": 70}"));
        ASSERT_TRUE(gateway.until([](const Json& now) { return now.count("outputs.0.waiting") == 2; }));
    }
    ASSERT_TRUE(eventually(20s, [&] { return !lines_of(ran).empty(); }));
    const int group = std::stoi(lines_of(ran).front());
    gateway.agent().kill();
    ::kill(-group, SIGKILL);
    std::filesystem::remove(hangs);
    gateway.start_ready();
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.count("outputs.0.delivered") == 2; }));
    const auto lines = lines_of(ran);
    EXPECT_TRUE(holds(lines, "done 90")) << "the one that was under way, again";
    EXPECT_TRUE(holds(lines, "done 70")) << "the one that waited";
}

TEST(AlertOutputs, what_ran_runs_no_second_time_after_a_stop_nor_after_a_kill_behind_a_checkpoint) {
    const TemporaryDirectory directory;
    const std::string ran = directory / "ran";
    Gateway gateway(with(command_output("echo $REDSHANK_ALERT_ID >> " + ran)));
    gateway.start_ready();
    ASSERT_TRUE(gateway.devices()->publish("load/1", "{\"value\": 90}"));
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.count("outputs.0.delivered") == 1; }));
    EXPECT_EQ(gateway.agent().terminate(), 0);
    gateway.start_ready();
    ASSERT_TRUE(gateway.devices()->publish("load/1", "{\"value\": 70}"));
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.count("outputs.0.delivered") == 1; }));
    // One may have been under way when the command ended; the one behind it knows for sure.
    for (const char* quiet : {"{\"value\": 74}", "{\"value\": 75}"}) {
        const std::uint64_t checkpoints = gateway.status()->count("storage.checkpoints");
        ASSERT_TRUE(gateway.devices()->publish("load/1", quiet));
        ASSERT_TRUE(gateway.until([&](const Json& now) { return now.count("storage.checkpoints") > checkpoints; }));
    }
    gateway.agent().kill();
    gateway.start_ready();
    ASSERT_TRUE(gateway.devices()->publish("load/1", "{\"value\": 90}"));
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.count("outputs.0.delivered") >= 1; }));
    auto lines = lines_of(ran);
    EXPECT_EQ(lines.size(), 3U);
    std::sort(lines.begin(), lines.end());
    EXPECT_EQ(std::unique(lines.begin(), lines.end()), lines.end());
}

TEST(AlertOutputs, a_program_that_is_not_there_is_a_bad_configuration) {
    Gateway gateway(with("[[output]]\nkind = \"command\"\ncommand = [\"/no/such/horn\"]\n"), false);
    EXPECT_EQ(gateway.command({"check"}), 78);
    EXPECT_NE(gateway.said().find("command cannot be run: \"/no/such/horn\": No such file or directory"),
              std::string::npos)
        << gateway.said();
    gateway.start_agent();
    EXPECT_EQ(gateway.agent().wait(20s), 78);
}

}  // namespace
}  // namespace redshank::test
