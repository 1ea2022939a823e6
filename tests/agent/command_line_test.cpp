#include "agent/command_line.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "agent/control_socket.hpp"
#include "agent/settings_keys_page.hpp"
#include "agent/settings_parse.hpp"
#include "tests/support/temporary_directory.hpp"

namespace redshank {
namespace {

std::optional<Settings> given_settings;
std::optional<RunOptions> given_run;
std::optional<ReplayOptions> given_replay;

int fake_run(const Settings& settings, const RunOptions& options) {
    given_settings = settings;
    given_run = options;
    return 0;
}

int fake_replay(const Settings& settings, const ReplayOptions& options) {
    given_settings = settings;
    given_replay = options;
    return 0;
}

struct Ended {
    int code = -1;
    std::string out;
    std::string err;
};

// In a directory of its own: its state and runtime directories are there.
class CommandLine : public testing::Test {
protected:
    CommandLine() {
        for (const char* name : {"STATE_DIRECTORY", "RUNTIME_DIRECTORY"}) {
            setenv(name, (directory_ / (name[0] == 'S' ? "state" : "runtime")).c_str(), 1);
        }
        std::filesystem::create_directory(directory_ / "runtime");
        given_settings.reset();
        given_run.reset();
        given_replay.reset();
    }
    ~CommandLine() override {
        unsetenv("STATE_DIRECTORY");
        unsetenv("RUNTIME_DIRECTORY");
    }

    Ended redshank(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), "redshank");
        std::vector<char*> argv;
        argv.reserve(arguments.size() + 1);
        for (std::string& argument : arguments) argv.push_back(argument.data());
        argv.push_back(nullptr);
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        Ended ended;
        ended.code = command_line(static_cast<int>(argv.size()) - 1, argv.data(),
                                  {fake_run, fake_replay, directory_ / "usual.toml"});
        ended.out = testing::internal::GetCapturedStdout();
        ended.err = testing::internal::GetCapturedStderr();
        return ended;
    }

    std::string file(const std::string& name, const std::string& text) const {
        std::ofstream(directory_ / name) << text;
        return (directory_ / name).string();
    }

    std::unique_ptr<ControlServer> agent(const ControlServer::Answer& answer) const {
        auto server = ControlServer::listen(directory_ / "runtime" / "control", answer);
        EXPECT_TRUE(server) << server.error();
        return std::move(*server);
    }

    const test::TemporaryDirectory directory_;
};

TEST_F(CommandLine, a_misspelt_key_names_file_line_column_and_the_key_that_was_meant) {
    const std::string name =
        file("bad.toml", "[agent]\nid = \"a\"\n\n[mqtt]\n  brokr_url = \"mqtt://h\"\nulr = \"mqtt://h\"\n");
    const std::string errors = name + ":5:3: unknown key \"brokr_url\" in [mqtt]: did you mean \"url\"?\n" + name +
                               ":6:1: unknown key \"ulr\" in [mqtt]: did you mean \"url\"?\n";
    for (const char* command : {"check", "run", "status", "flush"}) {
        const Ended ended = redshank({command, "--config", name});
        EXPECT_EQ(ended.code, 78) << command;
        EXPECT_EQ(ended.err, errors);
        EXPECT_EQ(ended.out, "");
    }
    EXPECT_FALSE(given_run);
    EXPECT_EQ(redshank({"replay", "--config", name, "--input", "a", "--out", "b"}).code, 78);
    EXPECT_FALSE(given_replay);
}

TEST_F(CommandLine, check_of_a_good_file_prints_the_budget_by_part) {
    const std::string name = file("good.toml", "[agent]\nid = \"a\"\n[limits]\ninbox = \"32MiB\"\n");
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"check", "--config", name}, std::vector<std::string>{"check", name}}) {
        const Ended ended = redshank(arguments);
        EXPECT_EQ(ended.code, 0);
        EXPECT_EQ(ended.err, "");
        EXPECT_TRUE(ended.out.starts_with(name + ": good\n")) << ended.out;
        for (const char* part : {"channels", "groups and models", "rules", "inbox (tmpfs)", "libraries", "together",
                                 "journal", "results", "inbox holds "}) {
            EXPECT_NE(ended.out.find(part), std::string::npos) << part << "\n" << ended.out;
        }
    }
    const Ended json = redshank({"check", "--json", "--config", name});
    EXPECT_EQ(json.code, 0);
    EXPECT_NE(json.out.find("\"memory\":{\"budget_bytes\":"), std::string::npos) << json.out;
    EXPECT_NE(json.out.find("\"disk\":{\"budget_bytes\":67108864,"), std::string::npos) << json.out;
    EXPECT_NE(json.out.find("\"inbox\":{\"bytes\":33554432,"), std::string::npos) << json.out;
    EXPECT_EQ(redshank({"check", name, "--config", name}).code, 2);
}

TEST_F(CommandLine, a_file_that_cannot_be_read_is_a_bad_configuration) {
    const std::string name = (directory_ / "none.toml").string();
    const Ended none = redshank({"check", "--config", name});
    EXPECT_EQ(none.code, 78);
    EXPECT_EQ(none.err, name + ":1:1: cannot be read: No such file or directory\n");
    const Ended directory = redshank({"check", "--config", directory_.path().string()});
    EXPECT_EQ(directory.code, 78);
    EXPECT_NE(directory.err.find("Is a directory"), std::string::npos) << directory.err;
}

TEST_F(CommandLine, the_usual_file_is_taken_when_it_is_there_and_not_by_replay) {
    EXPECT_EQ(redshank({"run"}).code, 0);
    EXPECT_NE(given_settings->agent.id, "usual");
    EXPECT_FALSE(given_run->configuration_file);
    file("usual.toml", "[agent]\nid = \"usual\"\n");
    EXPECT_EQ(redshank({"run"}).code, 0);
    EXPECT_EQ(given_settings->agent.id, "usual");
    EXPECT_EQ(given_run->configuration_file, directory_ / "usual.toml");
    EXPECT_EQ(redshank({"replay", "--input", "a", "--out", "b"}).code, 0);
    EXPECT_NE(given_settings->agent.id, "usual");
    EXPECT_TRUE(given_settings->sources.empty());
}

TEST_F(CommandLine, run_without_a_configuration_subscribes_to_everything) {
    EXPECT_EQ(redshank({"run"}).code, 0);
    ASSERT_EQ(given_settings->sources.size(), 1U);
    EXPECT_EQ(given_settings->sources[0].topic, "#");
    EXPECT_EQ(given_settings->agent.state_dir, directory_ / "state");
    EXPECT_EQ(given_run->arguments, (std::vector<std::string>{"redshank", "run"}));
}

TEST_F(CommandLine, run_takes_broker_and_topics_and_the_settings_stand_for_themselves) {
    const std::string name = file("c.toml", "[[source]]\ntopic = \"a/#\"\ntime = \"ts\"\n");
    const Ended ended =
        redshank({"run", "--config", name, "--broker", "mqtt://h:1884", "--topic", "b/{x}", "--topic", "a/#"});
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(given_settings->mqtt.host, "h");
    EXPECT_EQ(given_settings->mqtt.port, 1884);
    ASSERT_EQ(given_settings->sources.size(), 2U);
    EXPECT_EQ(given_settings->sources[0].time, "ts");
    EXPECT_EQ(given_settings->sources[1].topic, "b/{x}");
    const ParsedSettings again = parse_settings(given_settings->text, "stored");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->mqtt.host, "h");
    EXPECT_EQ(again->sources.size(), 2U);
    EXPECT_EQ(again->agent.state_dir, directory_ / "state");
}

TEST_F(CommandLine, wrong_usage_is_2_and_help_is_0) {
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{},
                                                      {"fly"},
                                                      {"run", "--fast"},
                                                      {"run", "--broker", "http://h"},
                                                      {"run", "--broker", "mqtts://u@h"},
                                                      {"run", "--topic", "a/#/b"},
                                                      {"replay", "--input", "a"},
                                                      {"replay", "--out", "b"},
                                                      {"replay", "--input", "a", "--out", "b", "--format", "csv"},
                                                      {"flush", "--timeout", "30"},
                                                      {"status", "extra"},
                                                      {"run", "--json"},
                                                      {"record", "--max-bytes", "1MiB"},
                                                      {"record", "--out", "f", "--max-bytes", "1023B"},
                                                      {"record", "--topic", "a/#/b"},
                                                      {"record", "--count", "0"},
                                                      {"record", "--for", "10"}}) {
        const Ended ended = redshank(arguments);
        EXPECT_EQ(ended.code, 2) << (arguments.empty() ? "" : arguments.back()) << ended.out;
        EXPECT_NE(ended.err, "");
    }
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--help"}, {"run", "--help"}}) {
        const Ended ended = redshank(arguments);
        EXPECT_EQ(ended.code, 0);
        EXPECT_NE(ended.out.find("--help"), std::string::npos);
    }
}

TEST_F(CommandLine, replay_hands_on_what_it_was_told) {
    const Ended ended = redshank({"replay", "--input", "a.csv", "b.csv", "--out", "dir", "--format", "mqtt", "--fields",
                                  "x,y", "--time", "none", "--continue", "--json"});
    EXPECT_EQ(ended.code, 0) << ended.err;
    ASSERT_TRUE(given_replay);
    EXPECT_EQ(given_replay->inputs, (std::vector<std::filesystem::path>{"a.csv", "b.csv"}));
    EXPECT_EQ(given_replay->out, "dir");
    EXPECT_EQ(given_replay->format, ReplayOptions::Format::mqtt);
    EXPECT_EQ(given_replay->fields, (std::vector<std::string>{"x", "y"}));
    EXPECT_EQ(given_replay->time_column, "none");
    EXPECT_TRUE(given_replay->one_stream);
    EXPECT_TRUE(given_replay->json);
}

TEST_F(CommandLine, status_is_1_when_no_agent_runs_and_else_what_it_says) {
    const Ended none = redshank({"status"});
    EXPECT_EQ(none.code, 1);
    EXPECT_NE(none.err.find("no agent runs here"), std::string::npos);
    const auto server = agent([](std::string_view request) {
        return ControlAnswer{request == "status", R"({"ready":true,"ledger":{"messages":7,"rejected_messages":{}}})"};
    });
    const Ended json = redshank({"status", "--json"});
    EXPECT_EQ(json.code, 0);
    EXPECT_EQ(json.out, "{\"ready\":true,\"ledger\":{\"messages\":7,\"rejected_messages\":{}}}\n");
    const Ended page = redshank({"status"});
    EXPECT_EQ(page.code, 0);
    EXPECT_TRUE(page.out.starts_with("redshank\nready       yes\nledger\n  messages  7 = ")) << page.out;
}

TEST_F(CommandLine, flush_is_0_only_when_the_collector_has_everything) {
    EXPECT_EQ(redshank({"flush"}).code, 1);
    std::string request;
    bool delivered = true;
    const auto server = agent([&](std::string_view text) {
        request = text;
        return ControlAnswer{delivered, delivered ? "" : "the collector does not answer"};
    });
    EXPECT_EQ(redshank({"flush"}).code, 0);
    EXPECT_EQ(request, "flush 30000000000");
    EXPECT_EQ(redshank({"flush", "--timeout", "1m30s", "--json"}).out, "{\"delivered\":true}\n");
    EXPECT_EQ(request, "flush 90000000000");
    delivered = false;
    const Ended ended = redshank({"flush", "--json"});
    EXPECT_EQ(ended.code, 1);
    EXPECT_EQ(ended.out, "{\"delivered\":false,\"error\":\"the collector does not answer\"}\n");
    EXPECT_EQ(ended.err, "redshank: the collector does not answer\n");
}

TEST_F(CommandLine, version_says_its_name_and_libraries) {
    const Ended plain = redshank({"version"});
    EXPECT_EQ(plain.code, 0);
    EXPECT_EQ(plain.out, "redshank 0.1.0\n");
    EXPECT_TRUE(
        redshank({"version", "--json"}).out.starts_with("{\"redshank\":\"0.1.0\",\"libraries\":{\"toml++\":\"3."));
}

TEST_F(CommandLine, the_page_of_keys_is_printed_on_request) {
    EXPECT_EQ(redshank({"check", "--keys-markdown"}).out, settings_page());
}

}  // namespace
}  // namespace redshank
