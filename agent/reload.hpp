#pragma once

#include <cstdint>
#include <memory>

#include "agent/run.hpp"

namespace redshank {

// A reload never parses in the sealed process: a child runs `redshank check` on the file, and only when it finds the
// file good the agent takes its last checkpoint and executes itself again, with the same process id.
//   Thread: the main one.
class ConfigurationCheck {
public:
    enum class Verdict : std::uint8_t { running, good, bad };

    // nullptr when there is no configuration file, or no child could be made; said in the log.
    static std::unique_ptr<ConfigurationCheck> begin(const RunOptions& options);
    virtual ~ConfigurationCheck() = default;  // ends the child if it still runs
    virtual Verdict poll() noexcept = 0;      // never waits; a child that takes longer than 10 s is ended: bad
};

// Does not return when it succeeds.
void execute_again(const RunOptions& options);

}  // namespace redshank
