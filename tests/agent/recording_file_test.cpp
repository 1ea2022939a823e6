#include "agent/recording_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace redshank::test {
namespace {

void expect_good(const Outcome<>& outcome) {
    EXPECT_TRUE(outcome) << outcome.error();
}

TEST(RecordingFile, a_file_that_is_full_becomes_the_first_old_one_and_the_oldest_goes) {
    const TemporaryDirectory directory;
    const std::filesystem::path file = directory / "r.jsonl";
    RecordingFile recording({.file = file, .bytes_max = 10, .keep = 2});
    expect_good(recording.begin());
    for (const char* line : {"1234", "5678", "abcd", "efgh", "a line that is longer than a file", "x", "y"})
        expect_good(recording.add(line));
    expect_good(recording.flush());
    EXPECT_EQ(read_text(directory / "r.jsonl"), "x\ny\n");
    EXPECT_EQ(read_text(directory / "r.jsonl.1"), "a line that is longer than a file\n");
    EXPECT_EQ(read_text(directory / "r.jsonl.2"), "abcd\nefgh\n");
    EXPECT_FALSE(std::filesystem::exists(directory / "r.jsonl.3"));
    EXPECT_EQ(recording.rotations(), 3U);
    EXPECT_EQ(recording.bytes(), 20U + 34U + 4U);
}

TEST(RecordingFile, without_old_files_only_the_newest_lines_stay) {
    const TemporaryDirectory directory;
    RecordingFile recording({.file = directory / "r", .bytes_max = 6, .keep = 0});
    expect_good(recording.begin());
    for (const char* line : {"1234", "5678"}) expect_good(recording.add(line));
    expect_good(recording.flush());
    EXPECT_EQ(read_text(directory / "r"), "5678\n");
    EXPECT_FALSE(std::filesystem::exists(directory / "r.1"));
}

TEST(RecordingFile, is_nobody_elses_to_read) {
    const TemporaryDirectory directory;
    const mode_t before = ::umask(0);
    RecordingFile recording({.file = directory / "r", .bytes_max = 6, .keep = 1});
    expect_good(recording.begin());
    for (const char* line : {"1234", "5678"}) expect_good(recording.add(line));
    expect_good(recording.flush());
    ::umask(before);
    for (const char* name : {"r", "r.1"}) {
        struct stat info {};
        ASSERT_EQ(::stat((directory / name).c_str(), &info), 0);
        EXPECT_EQ(info.st_mode & 07777U, 0600U) << name;
    }
}

TEST(RecordingFile, what_is_there_is_replaced_only_by_force) {
    const TemporaryDirectory directory;
    const std::string old = directory / "r.1";
    std::ofstream(old) << "old";
    std::ofstream(directory / "r.2") << "not of this recording";
    {
        RecordingFile recording({.file = directory / "r"});
        const auto begun = recording.begin();
        ASSERT_FALSE(begun);
        EXPECT_EQ(begun.error(), old + ": is there already; --force replaces it");
        EXPECT_FALSE(std::filesystem::exists(directory / "r"));
    }
    RecordingFile recording({.file = directory / "r", .replace = true});
    expect_good(recording.begin());
    EXPECT_FALSE(std::filesystem::exists(old));
    EXPECT_EQ(read_text(directory / "r.2"), "not of this recording");
}

TEST(RecordingFile, what_is_no_file_is_never_replaced) {
    const TemporaryDirectory directory;
    std::filesystem::create_symlink("/dev/null", directory / "r");
    RecordingFile recording({.file = directory / "r", .replace = true});
    const auto begun = recording.begin();
    ASSERT_FALSE(begun);
    EXPECT_EQ(begun.error(), (directory / "r").string() + ": is there and is no file");
    EXPECT_TRUE(std::filesystem::is_symlink(directory / "r"));
}

TEST(RecordingFile, says_what_the_system_refuses) {
    RecordingFile recording({.file = "/no/such/directory/r"});
    const auto begun = recording.begin();
    ASSERT_FALSE(begun);
    EXPECT_EQ(begun.error(), "/no/such/directory/r: cannot be made: No such file or directory");
}

}  // namespace
}  // namespace redshank::test
