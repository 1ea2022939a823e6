#pragma once

#include <filesystem>

#include "agent/replay.hpp"
#include "agent/run.hpp"

namespace redshank {

namespace exit_code {
inline constexpr int ok = 0;
inline constexpr int failed = 1;  // at run time; also of `status` when no agent runs
inline constexpr int usage = 2;
inline constexpr int bad_configuration = 78;  // EX_CONFIG of sysexits.h
}  // namespace exit_code

// What the commands that do the work call; tests put their own in.
struct EntryPoints {
    int (*run)(const Settings& settings, const RunOptions& options) = nullptr;
    int (*replay)(const Settings& settings, const ReplayOptions& options) = nullptr;
    std::filesystem::path default_configuration = "/etc/redshank/redshank.toml";  // when it exists
};

// The program `redshank`: reads its arguments and the configuration, then does as told. Returns the exit code. Figures
// go to standard output, what is wrong to standard error.
int command_line(int argc, char** argv, const EntryPoints& entry_points);

}  // namespace redshank
