#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/settings.hpp"

namespace redshank {

struct ReplayOptions {
    enum class Format : std::uint8_t { wide, mqtt };

    std::vector<std::filesystem::path> inputs;
    std::filesystem::path out;
    Format format = Format::wide;
    std::vector<std::string> fields;  // of a wide file; empty: every numeric column, or what a source picks
    std::string time_column;          // of a wide file; empty: the first, "none": one row is one second
    bool one_stream = false;          // --continue: all inputs go on under the first one's stem
    bool json = false;
};

// `redshank replay`. Returns the exit code; what fails is said on standard error.
int run_replay(const Settings& settings, const ReplayOptions& options);

}  // namespace redshank
