#pragma once

#include <spawn.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace redshank {

// A program that is run again and again, one at a time: without a shell, in a process group of its own, in /, with
// nothing of ours but the environment given: standard input, output and error are /dev/null, every other descriptor is
// closed, no signal is blocked or ignored. When its time is up the group gets SIGTERM, a second later SIGKILL.
//   Thread: one at a time. No heap after construction (posix_spawn, which copies no page of this process).
class CommandProcess {
public:
    // arguments[0]: absolute path of the program.
    CommandProcess(std::vector<std::string> arguments, std::int64_t timeout_ns);
    ~CommandProcess();  // SIGKILL to the group that still runs
    CommandProcess(const CommandProcess&) = delete;
    CommandProcess& operator=(const CommandProcess&) = delete;

    // environment: "NAME=value" texts, behind them nullptr; needed until it returns. 0, or errno. Only when none runs.
    int start(char* const* environment, std::int64_t now_ns) noexcept;
    bool running() const noexcept { return process_ > 0; }

    struct Ended {
        bool timed_out = false;
        int code = 0;  // of its exit, or 128 + the signal that ended it
    };
    // Looks for its end, and ends it when its time is up. Nothing: it goes on, or none runs.
    std::optional<Ended> step(std::int64_t now_ns) noexcept;
    // Readable at its end; -1: there is none, step() must be called every few milliseconds.
    int descriptor() const noexcept { return descriptor_; }
    // When step() has something to do even if it does not end. Only while one runs.
    std::int64_t deadline_ns() const noexcept { return deadline_ns_; }
    // Its time is up then at the latest.
    void end_by(std::int64_t time_ns) noexcept;

private:
    std::vector<std::string> arguments_;
    std::vector<char*> pointers_;
    std::int64_t timeout_ns_;
    posix_spawn_file_actions_t files_;
    posix_spawnattr_t attributes_;

    pid_t process_ = -1;
    int descriptor_ = -1;
    std::int64_t deadline_ns_ = 0;
    bool timed_out_ = false;
};

}  // namespace redshank
