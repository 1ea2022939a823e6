#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.hpp"

namespace redshank::test {

// A program of its own, without a shell. Standard output and standard error go to files that can be read at any time;
// standard input is /dev/null. It is killed by the destructor, and by the kernel when the thread that started it ends
// (so start it from the test's own thread): nothing outlives a test that crashes.
//   Throws std::system_error when the program cannot be started.
class ChildProcess {
public:
    // argv[0] is looked up in PATH unless it holds a slash.
    explicit ChildProcess(const std::vector<std::string>& argv);
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    pid_t pid() const { return pid_; }
    bool running();
    // Exit code, 128 + signal number when a signal ended it, nothing when it still runs at the deadline.
    std::optional<int> wait(std::chrono::milliseconds deadline);
    void signal(int number) const;
    // SIGTERM, then what wait() says; SIGKILL at the deadline, which then shows as 137.
    int terminate(std::chrono::milliseconds deadline = std::chrono::seconds(10));
    void kill();  // SIGKILL, and gone when it returns

    std::string output() const;  // what it has written to standard output so far
    std::string errors() const;
    // True once the text stands in the standard output; false at the deadline, or when it ended without.
    bool says(const std::string& text, std::chrono::milliseconds deadline);

private:
    TemporaryDirectory directory_;
    pid_t pid_ = -1;
    std::optional<int> status_;
};

// Full path of a program in PATH, /usr/sbin or /usr/local/sbin; the name itself when there is none.
std::string find_program(const std::string& name);

// The whole file, empty when it cannot be read.
std::string read_text(const std::filesystem::path& file);

}  // namespace redshank::test
