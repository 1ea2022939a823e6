#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/alert_outputs.hpp"
#include "agent/alert_publisher.hpp"
#include "agent/checkpointer.hpp"
#include "agent/intake.hpp"
#include "agent/settings.hpp"
#include "drivers/mqtt_client.hpp"
#include "storage/inbox_log.hpp"

namespace redshank {

// Everything that holds state, put together and brought up to the last published record: rules 4 and 8 of
// docs/exactly-once.md. Finishes a leftover under the configuration it was begun with, then switches.
struct Recovered {
    std::unique_ptr<DirectoryLock> runtime_lock;
    std::unique_ptr<DirectoryLock> state_lock;
    std::unique_ptr<AlertPublisher> publisher;
    std::unique_ptr<AlertOutputs> outputs;
    std::unique_ptr<Intake> intake;
    std::unique_ptr<Checkpointer> checkpointer;
    struct Broker {
        std::vector<MqttSubscription> subscriptions;
        std::vector<std::string> unsubscriptions;
    };
    std::vector<Broker> brokers;             // by index
    std::uint32_t model_subscription = 0;    // identifier of that for models; 0: none are taken
    std::uint32_t command_subscription = 0;  // and of that for commands on alerts
    std::uint64_t boot = 0;
    std::uint64_t replayed = 0;      // records taken from the leftover
    std::vector<std::string> notes;  // for the log: what was found
};

// Allocates freely: this is start. A failure names the file and what is wrong with it.
Outcome<Recovered> recover(const Settings& settings);

}  // namespace redshank
