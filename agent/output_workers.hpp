#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "agent/output_queue.hpp"
#include "agent/settings.hpp"
#include "drivers/gpio_line.hpp"
#include "drivers/system_log.hpp"

namespace redshank {

// Takes alerts from the queue of one output and does with them what its kind is for. Never waits: step() does what can
// be done now and says when it has to be called again.
//   Thread: that of the outputs. No heap after construction but that of libgpiod while a line is being opened.
class OutputWorker {
public:
    static constexpr std::int64_t never = INT64_MAX;

    virtual ~OutputWorker() = default;
    virtual void step(std::int64_t now_ns) noexcept = 0;
    virtual std::int64_t next_ns() const noexcept { return never; }  // step() by then even if nothing happens
    virtual int descriptor() const noexcept { return -1; }           // readable: step() at once
    // Nothing new from now on; what is under way ends soon. Then busy() turns false.
    virtual void stop(std::int64_t) noexcept {}
    virtual bool busy() const noexcept { return false; }
};

// Environment of every command: REDSHANK_ID (of the agent), REDSHANK_RULE, REDSHANK_CHANNEL, REDSHANK_STATE,
// REDSHANK_SEVERITY, REDSHANK_VALUE, REDSHANK_SINCE_NS, REDSHANK_ALERT_ID and PATH.
std::unique_ptr<OutputWorker> make_command_worker(const OutputSettings& settings, const std::string& agent_id,
                                                  OutputQueue& queue);

// The same names as fields, PRIORITY by severity: critical 2, warning 4, info 6.
std::unique_ptr<OutputWorker> make_syslog_worker(const std::string& agent_id, OutputQueue& queue,
                                                 const SystemLog::Sockets& sockets = {});

// any_firing: whether the line is to be active; called by step() alone, may take the pipeline's mutex.
std::unique_ptr<OutputWorker> make_gpio_worker(const OutputSettings& settings, OutputQueue& queue,
                                               std::function<bool()> any_firing,
                                               GpioLine::Opener opener = GpioLine::open);

}  // namespace redshank
