#include "agent/output_thread.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "agent/heap.hpp"
#include "drivers/clock.hpp"

namespace redshank {

namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t wait_most_ns = 60'000 * ms;
constexpr std::int64_t look_again_ns = 20 * ms;  // at a command whose end the kernel cannot tell of
constexpr std::int64_t stop_most_ns = 5'000 * ms;

}  // namespace

OutputThread::OutputThread(AlertOutputs& outputs, std::vector<std::unique_ptr<OutputWorker>> workers,
                           std::vector<std::string> names)
    : outputs_(outputs), workers_(std::move(workers)), names_(std::move(names)), logged_(workers_.size()) {}

OutputThread::~OutputThread() {
    stop();
}

void OutputThread::start() {
    if (workers_.empty()) return;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack_bytes);
    const auto body = [](void* self) -> void* {
        static_cast<OutputThread*>(self)->run();
        return nullptr;
    };
    running_ = pthread_create(&thread_, &attributes, body, this) == 0;
    pthread_attr_destroy(&attributes);
    if (!running_) spdlog::error("outputs: the thread cannot be started: no alert goes there");
}

void OutputThread::stop() {
    if (!running_) return;
    stopping_.store(true);
    outputs_.wake();
    pthread_join(thread_, nullptr);
    running_ = false;
}

void OutputThread::step(std::int64_t now_ns) {
    for (const auto& worker : workers_) worker->step(now_ns);
    log_errors();
}

void OutputThread::log_errors() {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        const OutputFigures figures = outputs_[i].figures();
        if (figures.last_error == logged_[i]) continue;
        logged_[i] = figures.last_error;
        const heap::LibraryScope library;
        if (figures.last_error.empty()) {
            spdlog::info("output {}: alerts are handed over again", names_[i]);
        } else {
            spdlog::warn("output {}: {}", names_[i], figures.last_error.view());
        }
    }
}

void OutputThread::wait(std::int64_t now_ns) {
    std::array<pollfd, OutputSettings::outputs_most + 1> files{};
    std::size_t count = 0;
    std::int64_t until_ns = now_ns + wait_most_ns;
    files[count++] = {.fd = outputs_.wake_descriptor(), .events = POLLIN, .revents = 0};
    for (const auto& worker : workers_) {
        until_ns = std::min(until_ns, worker->next_ns());
        if (worker->descriptor() >= 0) {
            files[count++] = {.fd = worker->descriptor(), .events = POLLIN, .revents = 0};
        } else if (worker->busy()) {
            until_ns = std::min(until_ns, now_ns + look_again_ns);
        }
    }
    const std::int64_t wait_ns = std::max<std::int64_t>(0, until_ns - now_ns);
    poll(files.data(), count, static_cast<int>((wait_ns + ms - 1) / ms));
    std::uint64_t wakes = 0;
    [[maybe_unused]] const ssize_t taken = read(outputs_.wake_descriptor(), &wakes, sizeof wakes);
}

void OutputThread::run() noexcept {
    const heap::Sealed sealed;
    while (!stopping_.load()) {
        step(monotonic_ns());
        if (!stopping_.load()) wait(monotonic_ns());
    }
    const std::int64_t until_ns = monotonic_ns() + stop_most_ns;
    for (const auto& worker : workers_) worker->stop(monotonic_ns());
    const auto busy = [](const auto& worker) { return worker->busy(); };
    while (std::any_of(workers_.begin(), workers_.end(), busy) && monotonic_ns() < until_ns) {
        wait(monotonic_ns());
        step(monotonic_ns());
    }
}

std::string name_of(const OutputSettings& settings) {
    switch (settings.kind) {
        case OutputKind::command:
            return settings.command.empty() ? "command" : settings.command.front();
        case OutputKind::gpio:
            return settings.chip + " line " + std::to_string(settings.line);
        case OutputKind::syslog:
        case OutputKind::unsaid:
            break;
    }
    return "syslog";
}

std::string_view name_of(OutputKind kind) noexcept {
    return kind == OutputKind::command ? "command" : kind == OutputKind::gpio ? "gpio" : "syslog";
}

std::vector<std::unique_ptr<OutputWorker>> make_output_workers(
    const Settings& settings, AlertOutputs& outputs, const std::function<bool(const AlertFilter&)>& any_firing) {
    std::vector<std::unique_ptr<OutputWorker>> workers;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        OutputQueue& queue = outputs[i];
        const OutputSettings& output = settings.outputs[i];
        if (output.kind == OutputKind::command) {
            workers.push_back(make_command_worker(output, settings.agent.id, queue));
        } else if (output.kind == OutputKind::syslog) {
            workers.push_back(make_syslog_worker(settings.agent.id, queue));
        } else {
            workers.push_back(
                make_gpio_worker(output, queue, [any_firing, &queue] { return any_firing(queue.filter()); }));
        }
    }
    return workers;
}

}  // namespace redshank
