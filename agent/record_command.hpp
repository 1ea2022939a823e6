#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "agent/record.hpp"

namespace redshank {

// `redshank record` on the command line.
class RecordCommand {
public:
    // configuration: where its --config goes.
    RecordCommand(CLI::App& app, std::string& configuration);

    bool parsed() const { return record_->parsed(); }
    RecordOptions options() const;  // of a command line that was good

private:
    std::vector<std::string> topics_;
    std::string out_;
    std::string bytes_max_ = "64MiB";
    std::uint32_t keep_ = 1;
    bool force_ = false;
    bool from_start_ = false;
    std::string for_;
    std::uint64_t count_ = 0;
    CLI::App* record_ = nullptr;
};

}  // namespace redshank
