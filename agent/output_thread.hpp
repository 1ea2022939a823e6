#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/alert_outputs.hpp"
#include "agent/output_workers.hpp"

namespace redshank {

// The one thread that works on all outputs, with 256 KiB of stack. Commands of different outputs run beside each other.
//   Thread: start and stop from the main thread. Errors of outputs go to the log, each once as long as it is the same.
class OutputThread {
public:
    static constexpr std::size_t stack_bytes = std::size_t{256} * 1024;

    // workers: one for each queue of `outputs`, in order; none: no thread.
    OutputThread(AlertOutputs& outputs, std::vector<std::unique_ptr<OutputWorker>> workers,
                 std::vector<std::string> names);
    ~OutputThread();
    OutputThread(const OutputThread&) = delete;
    OutputThread& operator=(const OutputThread&) = delete;

    void start();
    // What runs has 2 s to end, then it is ended; what waits stays in the queues.
    void stop();

private:
    void run() noexcept;
    void step(std::int64_t now_ns);
    void wait(std::int64_t now_ns);
    void log_errors();

    AlertOutputs& outputs_;
    std::vector<std::unique_ptr<OutputWorker>> workers_;
    std::vector<std::string> names_;
    std::vector<Text<160>> logged_;
    std::atomic<bool> stopping_{false};
    bool running_ = false;
    pthread_t thread_{};
};

// What an output is called in the log and the status: the program, "syslog", or the chip and its line.
std::string name_of(const OutputSettings& settings);
std::string_view name_of(OutputKind kind) noexcept;

// The workers that the configuration asks for. any_firing: for GPIO lines, see make_gpio_worker.
std::vector<std::unique_ptr<OutputWorker>> make_output_workers(
    const Settings& settings, AlertOutputs& outputs, const std::function<bool(const AlertFilter&)>& any_firing);

}  // namespace redshank
