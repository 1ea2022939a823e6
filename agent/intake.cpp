#include "agent/intake.hpp"

#include <algorithm>
#include <utility>

#include "agent/heap.hpp"
#include "agent/model_file.hpp"

namespace redshank {

Intake::Intake(std::unique_ptr<Pipeline> pipeline, std::unique_ptr<InboxLog> inbox, Clock clock)
    : pipeline_(std::move(pipeline)),
      inbox_(std::move(inbox)),
      results_(make_results(pipeline_->settings())),
      clock_(std::move(clock)),
      last_stamp_ns_(std::max(inbox_->last_stamp_ns(), pipeline_->position() > 0 ? pipeline_->now_ns() : 0)),
      command_room_(ModelCommand::head_bytes_max + model_file_bytes_max) {}

std::unique_ptr<ResultList> Intake::make_results(const Settings& settings) {
    return std::make_unique<ResultList>(settings.capacities.results_max, settings.capacities.alerts_max,
                                        settings.capacities.channels_max);
}

std::int64_t Intake::stamp() noexcept {
    last_stamp_ns_ = std::max(last_stamp_ns_, clock_());
    return last_stamp_ns_;
}

void Intake::message(const Message& message) noexcept {
    Urgency urgency;
    {
        const std::lock_guard lock(mutex_);
        Message kept = message;
        // One byte more than the pipeline takes is enough for it to say too_large.
        const std::size_t payload_max = pipeline_->settings().capacities.payload_bytes_max + 1;
        if (kept.payload.size() > payload_max) kept.payload = kept.payload.first(payload_max);
        // A topic too long for a small inbox is counted all the same, as a bad one.
        if (encoded_bytes(kept) > inbox_->record_bytes_max()) {
            kept.topic = {};
            kept.payload = {};
        }
        run(inbox_->append(kept, stamp()));
        urgency = take_urgency();
    }
    finish(urgency);
}

std::uint64_t Intake::event(RecordKind kind, std::span<const std::byte> body) noexcept {
    Urgency urgency;
    std::uint64_t position = 0;
    {
        const std::lock_guard lock(mutex_);
        const InboxLog::Appended appended = inbox_->append(kind, stamp(), body);
        position = appended.position;
        run(appended);
        urgency = take_urgency();
    }
    finish(urgency);
    return position;
}

Intake::Commanded Intake::command(const ModelCommand& command, const ModelOrigin& origin) noexcept {
    Urgency urgency;
    Commanded done;
    {
        const std::lock_guard lock(mutex_);
        done.refusal = pipeline_->refusal_of(command, origin);
        if (done.refusal) return done;
        ByteWriter out(command_room_);
        encode(command, out);
        if (!out.ok() || out.used() > inbox_->record_bytes_max()) {
            done.refusal = ModelRefusal::too_large;
            return done;
        }
        const InboxLog::Appended appended = inbox_->append(RecordKind::model, stamp(), out.written());
        run(appended);
        done.position = appended.position;
        done.refusal = pipeline_->last_refusal();
        urgency = take_urgency();
    }
    finish(urgency);
    if (!urgency.fired && !urgency.inbox_filling) wake_();  // what it had been before is safe soon
    return done;
}

Intake::AlertCommanded Intake::command(const AlertCommand& command) noexcept {
    std::array<std::byte, AlertCommand::bytes_max> room;
    ByteWriter out(room);
    encode(command, out);
    if (!out.ok()) return {};
    Urgency urgency;
    AlertCommanded done;
    {
        const std::lock_guard lock(mutex_);
        const InboxLog::Appended appended = inbox_->append(RecordKind::alert, stamp(), out.written());
        run(appended);
        done = {appended.position, pipeline_->last_alerts_changed()};
        urgency = take_urgency();
    }
    finish(urgency);
    // An acknowledgement shows.
    if (!urgency.fired && publisher_ != nullptr) publisher_->drain();
    if (outputs_ != nullptr) {
        outputs_->look_again();
        outputs_->wake();
    }
    if (!urgency.fired && !urgency.inbox_filling) wake_();
    return done;
}

std::int64_t Intake::tick(std::int64_t latest_ns) noexcept {
    Urgency urgency;
    std::int64_t wait_ns = latest_ns;
    {
        const std::lock_guard lock(mutex_);
        const std::int64_t now_ns = stamp();
        const auto due = pipeline_->next_deadline_ns();
        if (due && *due <= now_ns) run(inbox_->append(RecordKind::tick, now_ns, {}));
        if (const auto next = pipeline_->next_deadline_ns())
            wait_ns = std::clamp<std::int64_t>(*next - now_ns, 0, latest_ns);
        urgency = take_urgency();
    }
    finish(urgency);
    return wait_ns;
}

void Intake::replay(const Record& record) noexcept {
    Urgency urgency;
    {
        const std::lock_guard lock(mutex_);
        last_stamp_ns_ = std::max(last_stamp_ns_, record.stamp_ns);
        pipeline_->on_record(record, *this);
        urgency = take_urgency();
    }
    finish(urgency);
}

void Intake::run(const InboxLog::Appended& appended) noexcept {
    if (appended.given_up > 0) {
        exposed_.fetch_add(appended.given_up);
        durable_.store(false);
    }
    if (const auto record = inbox_->find(appended.position)) pipeline_->on_record(*record, *this);
}

Intake::Urgency Intake::take_urgency() noexcept {
    return {.fired = std::exchange(fired_, false),
            .predicted = std::exchange(predicted_, false),
            .inbox_filling = inbox_->used_bytes() > inbox_->ring_bytes() / 2};
}

void Intake::finish(const Urgency& urgency) noexcept {
    if (urgency.fired && outputs_ != nullptr) outputs_->wake();
    if (urgency.fired && publisher_ != nullptr) publisher_->drain();
    if (urgency.predicted && predictions_ != nullptr) predictions_->drain();
    if (urgency.fired || urgency.inbox_filling) wake_();
}

void Intake::rule_state_added(std::uint32_t slot) noexcept {
    if (publisher_ != nullptr) publisher_->state_added(slot);
}

void Intake::alert(const AlertRow& row) noexcept {
    fired_ = true;
    results_->add(row);
    if (publisher_ != nullptr) publisher_->add(row);
    if (outputs_ != nullptr) outputs_->add(row);
}

void Intake::aggregate(const AggregateRow& row, std::uint32_t channel_slot) noexcept {
    results_->add(row, channel_slot);
}

void Intake::predicted(const PredictionEvent& event) noexcept {
    if (predictions_ == nullptr) return;
    predicted_ = true;
    predictions_->add(event);
}

std::unique_ptr<ResultList> Intake::Held::swap_results(std::unique_ptr<ResultList> empty) noexcept {
    std::swap(intake_.results_, empty);
    return empty;
}

}  // namespace redshank
