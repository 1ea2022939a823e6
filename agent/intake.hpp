#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>

#include "agent/alert_command.hpp"
#include "agent/alert_outputs.hpp"
#include "agent/alert_publisher.hpp"
#include "agent/outputs.hpp"
#include "agent/pipeline.hpp"
#include "agent/prediction_publisher.hpp"
#include "agent/result_list.hpp"
#include "storage/inbox_log.hpp"

namespace redshank {

// The way of an event, up to its PUBACK: stamp, append to the inbox log, run the pipeline, all under one mutex. One
// writer, one order of time. Nobody who holds the mutex waits for disk, socket or keeper.
//   Thread: any; the mutex is inside. `Held` is for those who need several steps in one piece (the keeper's copy).
class Intake final : public Outputs {
public:
    // Reads the boot's time line: ns, monotonic clock plus the frozen wall offset.
    using Clock = std::function<std::int64_t()>;

    Intake(std::unique_ptr<Pipeline> pipeline, std::unique_ptr<InboxLog> inbox, Clock clock);

    // Called when the keeper has something to do at once: an alert fired, or the inbox is half full.
    void on_urgent(std::function<void()> wake) { wake_ = std::move(wake); }
    void publish_to(AlertPublisher* publisher) noexcept { publisher_ = publisher; }
    void hand_alerts_to(AlertOutputs* outputs) noexcept { outputs_ = outputs; }
    // Part of start, after recovery: what was predicted before it is not published again.
    void publish_predictions_to(PredictionPublisher* publisher) noexcept { predictions_ = publisher; }

    void message(const Message& message) noexcept;
    // A record of another kind; returns its position.
    std::uint64_t event(RecordKind kind, std::span<const std::byte> body = {}) noexcept;
    // A command on a model, unless it cannot be: then nothing is recorded.
    struct Commanded {
        std::uint64_t position = 0;  // of the record
        std::optional<ModelRefusal> refusal;
    };
    Commanded command(const ModelCommand& command, const ModelOrigin& origin) noexcept;
    struct AlertCommanded {
        std::uint64_t position = 0;
        std::uint32_t changed = 0;  // silences, alerts or modes; 0: the command came to nothing
    };
    AlertCommanded command(const AlertCommand& command) noexcept;
    // Lets timers fire that are due; returns when the next one is, at most `latest_ns` from now.
    std::int64_t tick(std::int64_t latest_ns) noexcept;
    // Recovery: a record that the inbox has already.
    void replay(const Record& record) noexcept;

    class Held {
    public:
        explicit Held(Intake& intake) : lock_(intake.mutex_), intake_(intake) {}
        Pipeline& pipeline() noexcept { return *intake_.pipeline_; }
        InboxLog& inbox() noexcept { return *intake_.inbox_; }
        ResultList& results() noexcept { return *intake_.results_; }
        // Gives up the list of results made so far for an empty one.
        std::unique_ptr<ResultList> swap_results(std::unique_ptr<ResultList> empty) noexcept;

    private:
        std::unique_lock<std::mutex> lock_;
        Intake& intake_;
    };

    // Messages that were given up by the inbox before a checkpoint covered them, ever in this process.
    std::uint64_t exposed() const noexcept { return exposed_.load(); }
    bool durable() const noexcept { return durable_.load(); }
    void durable_again() noexcept { durable_.store(true); }

    // Outputs, for the pipeline only.
    void alert(const AlertRow& row) noexcept override;
    void rule_state_added(std::uint32_t slot) noexcept override;
    void aggregate(const AggregateRow& row, std::uint32_t channel_slot) noexcept override;
    void predicted(const PredictionEvent& event) noexcept override;

    static std::unique_ptr<ResultList> make_results(const Settings& settings);

private:
    std::int64_t stamp() noexcept;
    void run(const InboxLog::Appended& appended) noexcept;
    struct Urgency {
        bool fired = false;
        bool predicted = false;
        bool inbox_filling = false;
    };
    Urgency take_urgency() noexcept;
    void finish(const Urgency& urgency) noexcept;

    std::mutex mutex_;
    std::unique_ptr<Pipeline> pipeline_;
    std::unique_ptr<InboxLog> inbox_;
    std::unique_ptr<ResultList> results_;
    Clock clock_;
    std::function<void()> wake_ = [] {};
    AlertPublisher* publisher_ = nullptr;
    AlertOutputs* outputs_ = nullptr;
    PredictionPublisher* predictions_ = nullptr;
    bool fired_ = false;      // an alert was made by the record being worked on
    bool predicted_ = false;  // or a prediction
    std::int64_t last_stamp_ns_ = 0;
    std::vector<std::byte> command_room_;
    std::atomic<std::uint64_t> exposed_{0};
    std::atomic<bool> durable_{true};
};

}  // namespace redshank
