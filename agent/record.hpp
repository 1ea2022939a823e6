#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/recording_file.hpp"
#include "agent/settings.hpp"

namespace redshank {

struct RecordOptions {
    std::vector<std::string> topics;  // patterns, checked; empty: every topic
    RecordingFile::Settings file;
    bool from_start = false;  // what the inbox still holds, too
    std::optional<std::int64_t> for_ns;
    std::optional<std::uint64_t> count;  // of messages
};

// `redshank record`: writes down what the running agent receives, for `replay --format mqtt`, until SIGTERM, SIGINT or
// as the options say. The agent does not notice. Returns the exit code: 1 also when no agent runs.
int run_record(const Settings& settings, const RecordOptions& options);

}  // namespace redshank
