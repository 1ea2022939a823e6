#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agent/settings.hpp"

namespace redshank {

struct RunOptions {
    std::vector<std::string> arguments;  // argv, for executing itself again after a reload
    std::optional<std::filesystem::path> configuration_file;
};

// `redshank run`: until SIGTERM or SIGINT. Returns the exit code; what fails is said on standard error.
int run_agent(const Settings& settings, const RunOptions& options);

}  // namespace redshank
