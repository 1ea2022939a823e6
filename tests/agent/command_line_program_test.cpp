#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace redshank {
namespace {

constexpr std::chrono::seconds patience{60};

TEST(CommandLineProgram, ends_with_78_and_says_where_and_what_was_meant) {
    const test::TemporaryDirectory directory;
    const std::string name = (directory / "redshank.toml").string();
    std::ofstream(name) << "[storage]\nloss_windw = \"10s\"\n";
    for (const char* command : {"check", "run"}) {
        test::ChildProcess program({REDSHANK_PROGRAM, command, "--config", name});
        ASSERT_EQ(program.wait(patience), 78) << program.errors();
        EXPECT_EQ(program.errors(),
                  name + ":2:1: unknown key \"loss_windw\" in [storage]: did you mean \"loss_window\"?\n");
        EXPECT_EQ(program.output(), "");
    }
}

TEST(CommandLineProgram, says_its_version) {
    test::ChildProcess program({REDSHANK_PROGRAM, "version"});
    ASSERT_EQ(program.wait(patience), 0) << program.errors();
    EXPECT_EQ(program.output(), "redshank 0.1.0\n");
}

TEST(CommandLineProgram, status_is_1_where_no_agent_runs) {
    const test::TemporaryDirectory directory;
    const std::string name = (directory / "redshank.toml").string();
    std::ofstream(name) << "[agent]\nruntime_dir = \"" << directory.path().string() << "\"\n";
    test::ChildProcess program({REDSHANK_PROGRAM, "status", "--config", name});
    ASSERT_EQ(program.wait(patience), 1) << program.errors();
    EXPECT_NE(program.errors().find("no agent runs here"), std::string::npos);
}

struct Replayed {
    int code = -1;
    std::string errors;
    std::string scores;
};

Replayed replayed(const std::string& input, const std::vector<std::string>& more = {},
                  const std::string& name = "in.csv") {
    const test::TemporaryDirectory directory;
    std::ofstream(directory / name) << input;
    std::vector<std::string> arguments{
        REDSHANK_PROGRAM, "replay", "--input", (directory / name).string(), "--out", (directory / "out").string()};
    std::ofstream(directory / "c.toml") << (more.empty() ? "" : more.front());
    arguments.insert(arguments.end(), {"--config", (directory / "c.toml").string()});
    if (more.size() > 1) arguments.insert(arguments.end(), more.begin() + 1, more.end());
    test::ChildProcess program(arguments);
    Replayed result;
    result.code = program.wait(patience).value_or(-1);
    result.errors = program.errors();
    std::ifstream scores(directory / "out" / "scores.csv");
    result.scores.assign(std::istreambuf_iterator<char>(scores), {});
    return result;
}

std::string wide_of(int columns) {
    std::string text = "t";
    for (int i = 0; i < columns; ++i) text += ",c" + std::to_string(i);
    for (int row = 1; row <= 2; ++row) {
        text += "\n" + std::to_string(row);
        for (int i = 0; i < columns; ++i) text += "," + std::to_string(i + row);
    }
    return text + "\n";
}

TEST(ReplayProgram, limits_that_are_not_given_grow_with_the_columns) {
    const Replayed grown = replayed(wide_of(300));
    EXPECT_EQ(grown.code, 0) << grown.errors;
    EXPECT_EQ(std::count(grown.scores.begin(), grown.scores.end(), '\n'), 1 + 2 * 300);
    const Replayed given = replayed(wide_of(300), {"[limits]\nfields_per_message = 256\n"});
    EXPECT_EQ(given.code, 1);
    EXPECT_NE(given.errors.find("limits.fields_per_message = 256"), std::string::npos) << given.errors;
}

TEST(ReplayProgram, an_input_without_numbers_is_an_error_that_says_what_was_seen) {
    for (const char* input : {"t,a,b\n1,x,y\n2,z,u\n", "t a b\n1 2 3\n", "1 2 3\n4 5 6\n"}) {
        const Replayed result = replayed(input);
        EXPECT_EQ(result.code, 1) << input;
        EXPECT_NE(result.errors.find("in.csv"), std::string::npos) << result.errors;
    }
    const Replayed blanks = replayed("t a b\n1 2 3\n", {"", "--time", "none"});
    EXPECT_EQ(blanks.code, 1);
    EXPECT_NE(blanks.errors.find("the columns are: t a b"), std::string::npos) << blanks.errors;
    const Replayed empty = replayed("t,a\n");
    EXPECT_EQ(empty.code, 0);
    EXPECT_NE(empty.errors.find("no rows"), std::string::npos) << empty.errors;
    const Replayed recording = replayed("", {"", "--format", "mqtt"});
    EXPECT_EQ(recording.code, 0);
    EXPECT_NE(recording.errors.find("no event"), std::string::npos) << recording.errors;
}

TEST(ReplayProgram, a_recording_of_several_brokers_gives_each_its_channels) {
    const std::string lines =
        "{\"t\": 1000, \"topic\": \"a\", \"payload\": \"1\"}\n"
        "{\"t\": 2000, \"event\": \"connected\", \"broker\": \"hall\"}\n"
        "{\"t\": 3000, \"topic\": \"a\", \"payload\": \"2\", \"broker\": \"hall\"}\n";
    const std::string settings =
        "[[broker]]\nname = \"hall\"\nurl = \"mqtt://h\"\n[[source]]\ntopic = \"#\"\n[[source]]\ntopic = \"#\"\n"
        "broker = \"hall\"\n";
    const Replayed result = replayed(lines, {settings, "--format", "mqtt"});
    EXPECT_EQ(result.code, 0) << result.errors;
    EXPECT_NE(result.scores.find(",a:value,"), std::string::npos) << result.scores;
    EXPECT_NE(result.scores.find(",hall/a:value,"), std::string::npos) << result.scores;
    const Replayed unknown = replayed(lines, {"", "--format", "mqtt"});
    EXPECT_EQ(unknown.code, 1);
    EXPECT_NE(unknown.errors.find("broker \"hall\" is no [[broker]]"), std::string::npos) << unknown.errors;
}

TEST(ReplayProgram, the_time_of_a_source_names_the_stamp_column) {
    const Replayed result = replayed("a,ts\n7,1000\n8,1001\n", {"[[source]]\ntopic = \"{file}\"\ntime = \"ts\"\n"});
    EXPECT_EQ(result.code, 0) << result.errors;
    EXPECT_NE(result.scores.find("in,1000,in:a,"), std::string::npos) << result.scores;
}

TEST(ReplayProgram, a_recording_has_a_row_for_each_reading_with_its_stamp_as_written) {
    const std::string lines =
        "{\"t\":100000000000,\"topic\":\"p\",\"payload\":\"{\\\"a\\\":1,\\\"ts\\\":100}\"}\n"
        "{\"t\":99000000000,\"topic\":\"p\",\"payload\":\"{\\\"a\\\":2,\\\"ts\\\":99}\"}\n"
        "{\"t\":101000000000,\"topic\":\"p\",\"payload\":\"{\\\"a\\\":3,\\\"ts\\\":20}\"}\n";
    const Replayed result =
        replayed(lines, {"[[source]]\ntopic = \"p\"\ntime = \"ts\"\n", "--format", "mqtt"}, "in.jsonl");
    EXPECT_EQ(result.code, 0) << result.errors;
    EXPECT_NE(result.scores.find("in,99000000000,p:a,"), std::string::npos) << result.scores;
    EXPECT_NE(result.scores.find("in,101000000000,p:a,0,0,0"), std::string::npos) << result.scores;
    EXPECT_EQ(std::count(result.scores.begin(), result.scores.end(), '\n'), 4) << result.scores;
}

}  // namespace
}  // namespace redshank
