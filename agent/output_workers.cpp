#include "agent/output_workers.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "agent/alert_text.hpp"
#include "agent/heap.hpp"
#include "drivers/command_process.hpp"

namespace redshank {

namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t stop_within_ns = 2'000 * ms;  // for a command that runs when the agent stops
constexpr std::int64_t log_again_ns = 100 * ms;      // when the log's receiver is full
constexpr std::int64_t open_again_ns = 10'000 * ms;  // a chip that is not there
constexpr std::string_view search_path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// In English, whatever the locale, and without a heap.
std::string_view text_of(int error) noexcept {
    const char* name = strerrordesc_np(error);
    return name == nullptr ? std::string_view("unknown error") : std::string_view(name);
}

// What an alert says, under the names that commands and the journal have it by.
struct AlertFields {
    AlertFields(std::string_view agent_id, const AlertRow& row) noexcept
        : value(number_text(row.value)), since(number_text(row.since_ns)), id(alert_id_text(row.id)) {
        fields = {{{"REDSHANK_ID", agent_id},
                   {"REDSHANK_RULE", row.rule.view()},
                   {"REDSHANK_CHANNEL", row.channel.view()},
                   {"REDSHANK_STATE", name_of(row.state)},
                   {"REDSHANK_SEVERITY", name_of(row.severity)},
                   {"REDSHANK_VALUE", value.view()},
                   {"REDSHANK_SINCE_NS", since.view()},
                   {"REDSHANK_ALERT_ID", id.view()}}};
    }
    AlertFields(const AlertFields&) = delete;
    AlertFields& operator=(const AlertFields&) = delete;

    NumberText value;
    NumberText since;
    AlertIdText id;
    static constexpr std::size_t count = 8;
    std::array<SystemLog::Field, count> fields;  // into the members above and the row
};

class CommandWorker final : public OutputWorker {
public:
    CommandWorker(const OutputSettings& settings, const std::string& agent_id, OutputQueue& queue)
        : agent_id_(agent_id), queue_(queue), process_(settings.command, settings.timeout_ns) {}

    void step(std::int64_t now_ns) noexcept override {
        for (;;) {
            if (process_.running()) {
                const auto ended = process_.step(now_ns);
                if (!ended) return;
                finish(*ended);
            }
            if (stopping_) return;
            const std::optional<AlertRow> row = queue_.take();
            if (!row) return;
            if (const int error = start(*row, now_ns); error != 0) queue_.done(Handed::failed, text_of(error));
        }
    }
    std::int64_t next_ns() const noexcept override { return process_.running() ? process_.deadline_ns() : never; }
    int descriptor() const noexcept override { return process_.descriptor(); }
    void stop(std::int64_t now_ns) noexcept override {
        stopping_ = true;
        process_.end_by(now_ns + stop_within_ns);
    }
    bool busy() const noexcept override { return process_.running(); }

private:
    int start(const AlertRow& row, std::int64_t now_ns) noexcept {
        const AlertFields alert(agent_id_, row);
        std::array<std::array<char, 320>, AlertFields::count> rooms{};  // their zero bytes end the texts
        std::array<char*, AlertFields::count + 2> environment{};
        for (std::size_t i = 0; i < rooms.size(); ++i) {
            Text<319> text;
            for (const std::string_view part : {alert.fields[i].name, std::string_view("="), alert.fields[i].value})
                text.append(part);
            std::copy(text.view().begin(), text.view().end(), rooms[i].begin());
            environment[i] = rooms[i].data();
        }
        environment[rooms.size()] = search_path_.data();
        return process_.start(environment.data(), now_ns);
    }

    void finish(const CommandProcess::Ended& ended) noexcept {
        if (ended.timed_out) return queue_.done(Handed::timed_out, "its time was up");
        if (ended.code == 0) return queue_.done(Handed::delivered, {});
        Text<64> error;
        error.assign(ended.code > 128 ? "ended by signal " : "exit code ");
        error.append(number_text(std::int64_t{ended.code > 128 ? ended.code - 128 : ended.code}).view());
        queue_.done(Handed::failed, error.view());
    }

    std::string agent_id_;
    OutputQueue& queue_;
    CommandProcess process_;
    std::string search_path_{search_path};
    bool stopping_ = false;
};

class SyslogWorker final : public OutputWorker {
public:
    SyslogWorker(const std::string& agent_id, OutputQueue& queue, const SystemLog::Sockets& sockets)
        : agent_id_(agent_id), queue_(queue), log_("redshank", sockets) {}

    void step(std::int64_t now_ns) noexcept override {
        next_ns_ = never;
        while (const std::optional<AlertRow> row = queue_.take()) {
            const SystemLog::Sent sent = send(*row);
            if (sent == SystemLog::Sent::later) {
                next_ns_ = now_ns + log_again_ns;
                return;
            }
            const bool taken = sent == SystemLog::Sent::taken;
            queue_.done(taken ? Handed::delivered : Handed::failed, taken ? std::string_view() : text_of(log_.error()));
        }
    }
    std::int64_t next_ns() const noexcept override { return next_ns_; }

private:
    SystemLog::Sent send(const AlertRow& row) noexcept {
        const AlertFields alert(agent_id_, row);
        Text<512> message;
        for (const std::string_view part :
             {std::string_view("ALERT "), name_of(row.state), std::string_view(" "), row.rule.view(),
              std::string_view(" "), row.channel.view(), std::string_view(" value "), alert.value.view()}) {
            message.append(part);
        }
        const SystemLog::Priority priority = row.severity == Severity::critical  ? 2
                                             : row.severity == Severity::warning ? 4
                                                                                 : 6;
        return log_.send(priority, message.view(), alert.fields);
    }

    std::string agent_id_;
    OutputQueue& queue_;
    SystemLog log_;
    std::int64_t next_ns_ = never;
};

class GpioWorker final : public OutputWorker {
public:
    GpioWorker(const OutputSettings& settings, OutputQueue& queue, std::function<bool()> any_firing,
               GpioLine::Opener opener)
        : place_{settings.chip, settings.line, settings.active_low},
          queue_(queue),
          any_firing_(std::move(any_firing)),
          opener_(std::move(opener)) {}

    void step(std::int64_t now_ns) noexcept override {
        if (line_ == nullptr) return open(now_ns);
        if (!queue_.take_change()) return;
        const bool active = any_firing_();
        if (active == active_) return;
        if (line_->set(active)) {
            active_ = active;
            return queue_.shown();
        }
        queue_.not_shown(text_of(errno));
        line_.reset();
        next_ns_ = now_ns + open_again_ns;
    }
    std::int64_t next_ns() const noexcept override { return line_ == nullptr ? next_ns_ : never; }

private:
    void open(std::int64_t now_ns) noexcept {
        if (now_ns < next_ns_) return;
        const heap::LibraryScope library;
        queue_.take_change();
        active_ = any_firing_();
        auto line = opener_(place_, active_);
        if (line) {
            line_ = std::move(*line);
            queue_.shown();
            return;
        }
        next_ns_ = now_ns + open_again_ns;
        queue_.failing(line.error());
    }

    GpioLine::Place place_;
    OutputQueue& queue_;
    std::function<bool()> any_firing_;
    GpioLine::Opener opener_;
    std::unique_ptr<GpioLine> line_;
    bool active_ = false;
    std::int64_t next_ns_ = 0;
};

}  // namespace

std::unique_ptr<OutputWorker> make_command_worker(const OutputSettings& settings, const std::string& agent_id,
                                                  OutputQueue& queue) {
    return std::make_unique<CommandWorker>(settings, agent_id, queue);
}

std::unique_ptr<OutputWorker> make_syslog_worker(const std::string& agent_id, OutputQueue& queue,
                                                 const SystemLog::Sockets& sockets) {
    return std::make_unique<SyslogWorker>(agent_id, queue, sockets);
}

std::unique_ptr<OutputWorker> make_gpio_worker(const OutputSettings& settings, OutputQueue& queue,
                                               std::function<bool()> any_firing, GpioLine::Opener opener) {
    return std::make_unique<GpioWorker>(settings, queue, std::move(any_firing), std::move(opener));
}

}  // namespace redshank
