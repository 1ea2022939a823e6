#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/simulator_options.hpp"

namespace redshank::sim {

struct DeviceMessage {
    std::size_t device = 0;
    std::string payload;
};

// What the devices say, in order.
class Feed {
public:
    virtual ~Feed() = default;
    virtual std::vector<std::string> topics() const = 0;  // of the devices
    virtual std::optional<DeviceMessage> next() = 0;      // nothing: the end
    virtual double per_second() const = 0;                // 0: no limit
};

// Rows of a recorded file, or D devices with a sequence number and values each. Throws std::runtime_error for a file or
// column that is not there.
std::unique_ptr<Feed> make_feed(const SimulatorOptions& options);

}  // namespace redshank::sim
