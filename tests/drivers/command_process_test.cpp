#include "drivers/command_process.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "tests/drivers/allocation_count.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_directory.hpp"

namespace redshank::test {
namespace {

using namespace std::chrono_literals;
constexpr std::int64_t s = 1'000'000'000;

std::string shell_name = "/bin/sh";

CommandProcess shell(const std::string& script, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{shell_name, "-c", script};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return {std::move(arguments), 10 * s};
}

std::optional<CommandProcess::Ended> ended(CommandProcess& process, std::int64_t now_ns = 0) {
    std::optional<CommandProcess::Ended> end;
    EXPECT_TRUE(eventually(30s, [&] { return (end = process.step(now_ns)).has_value(); }));
    return end;
}

char* no_environment[] = {nullptr};

// Gone, or dead and waiting for a parent that never asks.
bool dead(const std::string& process) {
    const std::string stat = read_text("/proc/" + process + "/stat");
    const std::size_t name_end = stat.rfind(')');
    return name_end == std::string::npos || stat.substr(name_end + 2, 1) == "Z";
}

TEST(CommandProcess, has_the_environment_given_and_nothing_else) {
    const TemporaryDirectory directory;
    CommandProcess process({"/bin/cp", "/proc/self/environ", directory / "environment"}, 10 * s);
    std::string first = "REDSHANK_RULE=too hot; $(reboot)";
    std::string second = "PATH=/bin";
    char* environment[] = {first.data(), second.data(), nullptr};
    ASSERT_EQ(process.start(environment, 0), 0);
    const auto end = ended(process);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->code, 0);
    EXPECT_FALSE(end->timed_out);
    using namespace std::string_literals;
    EXPECT_EQ(read_text(directory / "environment"), "REDSHANK_RULE=too hot; $(reboot)\0PATH=/bin\0"s);
}

TEST(CommandProcess, has_its_arguments_as_they_are) {
    const TemporaryDirectory directory;
    CommandProcess process =
        shell("printf '%s\\n' \"$@\" > " + (directory / "arguments").string(), {"name", "a b", "$HOME", "a b", "*"});
    ASSERT_EQ(process.start(no_environment, 0), 0);
    ASSERT_TRUE(ended(process));
    EXPECT_EQ(read_text(directory / "arguments"), "a b\n$HOME\na b\n*\n");
}

TEST(CommandProcess, inherits_no_descriptor_and_no_directory) {
    const TemporaryDirectory directory;
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);  // not close-on-exec, as libraries make them
    CommandProcess process = shell("{ pwd; for n in /proc/self/fd/*; do readlink $n; done; } > " +
                                   (directory / "descriptors").string() + "; cat");
    std::string path = "PATH=/usr/bin:/bin";
    char* environment[] = {path.data(), nullptr};
    ASSERT_EQ(process.start(environment, 0), 0);
    ASSERT_TRUE(ended(process)) << "its standard input is at its end at once";
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    const std::string text = read_text(directory / "descriptors");
    EXPECT_EQ(text.substr(0, 2), "/\n") << text;
    EXPECT_NE(text.find("/dev/null"), std::string::npos) << text;
    EXPECT_EQ(text.find("pipe:"), std::string::npos) << text;
    EXPECT_EQ(text.find("socket:"), std::string::npos) << text;
}

TEST(CommandProcess, signals_that_we_block_or_ignore_end_it) {
    sigset_t blocked;
    sigset_t before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    const auto handler = signal(SIGPIPE, SIG_IGN);
    for (const auto& [name, number] : {std::pair{"TERM", SIGTERM}, std::pair{"PIPE", SIGPIPE}}) {
        CommandProcess process = shell(std::string("kill -") + name + " $$; sleep 60");
        ASSERT_EQ(process.start(no_environment, 0), 0);
        const auto end = ended(process);
        ASSERT_TRUE(end);
        EXPECT_EQ(end->code, 128 + number);
    }
    signal(SIGPIPE, handler);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST(CommandProcess, its_time_is_bounded_and_so_is_that_of_what_it_started) {
    const TemporaryDirectory directory;
    const std::string file = (directory / "child").string();
    CommandProcess process = shell("trap '' TERM; sleep 600 & echo $! > " + file + ".new; mv " + file + ".new " + file +
                                   "; while :; do sleep 600; done");
    std::string path = "PATH=/usr/bin:/bin";
    char* environment[] = {path.data(), nullptr};
    ASSERT_EQ(process.start(environment, 0), 0);
    ASSERT_TRUE(eventually(30s, [&] { return !read_text(file).empty(); }));
    std::string child = read_text(file);
    child.pop_back();
    EXPECT_FALSE(dead(child));
    EXPECT_EQ(process.deadline_ns(), 10 * s);
    EXPECT_FALSE(process.step(10 * s - 1));
    EXPECT_FALSE(process.step(10 * s)) << "SIGTERM, which it ignores";
    EXPECT_EQ(process.deadline_ns(), 11 * s);
    EXPECT_FALSE(process.step(11 * s - 1));
    EXPECT_TRUE(process.running());
    const auto end = ended(process, 11 * s);
    ASSERT_TRUE(end);
    EXPECT_TRUE(end->timed_out);
    EXPECT_EQ(end->code, 128 + SIGKILL);
    EXPECT_TRUE(eventually(30s, [&] { return dead(child); }));
}

TEST(CommandProcess, one_that_minds_sigterm_takes_its_children_along) {
    const TemporaryDirectory directory;
    const std::string file = (directory / "child").string();
    // The child ignores SIGTERM, its parent does not.
    CommandProcess process =
        shell("(trap '' TERM; exec sleep 600) & echo $! > " + file + ".new; mv " + file + ".new " + file + "; wait");
    std::string path = "PATH=/usr/bin:/bin";
    char* environment[] = {path.data(), nullptr};
    ASSERT_EQ(process.start(environment, 0), 0);
    ASSERT_TRUE(eventually(30s, [&] { return !read_text(file).empty(); }));
    std::string child = read_text(file);
    child.pop_back();
    process.end_by(3 * s);
    EXPECT_FALSE(process.step(3 * s));
    const auto end = ended(process, 3 * s);
    ASSERT_TRUE(end);
    EXPECT_TRUE(end->timed_out);
    EXPECT_EQ(end->code, 128 + SIGTERM);
    EXPECT_TRUE(eventually(30s, [&] { return dead(child); }));
}

TEST(CommandProcess, one_that_cannot_be_started_says_why) {
    CommandProcess missing({"/no/such/program"}, s);
    EXPECT_EQ(missing.start(no_environment, 0), ENOENT);
    EXPECT_FALSE(missing.running());
    const TemporaryDirectory directory;
    const std::string file = directory / "no-program";
    std::ofstream(file) << "x";
    CommandProcess refused({file}, s);
    EXPECT_EQ(refused.start(no_environment, 0), EACCES);
}

TEST(CommandProcess, runs_again_and_again_without_allocating) {
    CommandProcess process({"/bin/false"}, 10 * s);
    const AllocationCount before;
    for (int run = 0; run < 3; ++run) {
        ASSERT_EQ(process.start(no_environment, 0), 0);
        std::optional<CommandProcess::Ended> end;
        while (!(end = process.step(0))) usleep(1000);
        EXPECT_EQ(end->code, 1);
    }
    EXPECT_EQ(before.calls(), 0U);
}

}  // namespace
}  // namespace redshank::test
