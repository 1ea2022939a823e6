#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agent/alert_rules.hpp"
#include "agent/output_queue.hpp"
#include "agent/settings.hpp"
#include "model/bytes.hpp"

namespace redshank {

// Alerts on their way to commands and the system's log, and what a GPIO line is to look at: one queue for each
// [[output]]. An alert is handed over in a few comparisons and one copy, and nobody who does so waits for what happens
// to it. At least once: what waits and what is under way is saved with each checkpoint, and what no checkpoint has yet
// a replay of the inbox adds again.
//   Thread: add, save and restore under the pipeline's mutex; wake from any thread; the queues have mutexes of their
//   own, for the thread that works on them. Memory is acquired by the constructor.
class AlertOutputs {
public:
    explicit AlertOutputs(const std::vector<OutputSettings>& settings);
    ~AlertOutputs();
    AlertOutputs(const AlertOutputs&) = delete;
    AlertOutputs& operator=(const AlertOutputs&) = delete;

    bool empty() const noexcept { return queues_.empty(); }
    std::size_t size() const noexcept { return queues_.size(); }
    OutputQueue& operator[](std::size_t output) noexcept { return *queues_[output]; }
    const OutputQueue& operator[](std::size_t output) const noexcept { return *queues_[output]; }

    void add(const AlertRow& row) noexcept;
    void look_again() noexcept;                                  // a state changed without an alert
    void wake() const noexcept;                                  // the thread that works on the queues
    int wake_descriptor() const noexcept { return wake_file_; }  // an eventfd(2); -1 without any output

    // Changes with all that save() would write otherwise than before, but add().
    std::uint64_t version() const noexcept;
    void save(ByteWriter& out) const noexcept;
    // Queues of outputs that are in the configuration no more are left out.
    void restore(ByteReader& in) noexcept;
    std::size_t saved_bytes_max() const noexcept;

private:
    std::vector<std::unique_ptr<OutputQueue>> queues_;
    int wake_file_ = -1;
};

// What a GPIO line shows: an alert that passes the filter is firing, and nobody has acknowledged it.
bool any_firing(const AlertRules& rules, const AlertFilter& filter) noexcept;

}  // namespace redshank
