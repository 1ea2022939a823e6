#include <gtest/gtest.h>

#include <fstream>
#include <string>

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

}  // namespace
}  // namespace redshank
