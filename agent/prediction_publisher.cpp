#include "agent/prediction_publisher.hpp"

#include <array>

#include "agent/heap.hpp"
#include "agent/json_writer.hpp"
#include "agent/topic_text.hpp"

namespace redshank {

PredictionPublisher::PredictionPublisher(std::string base_topic)
    : base_topic_(std::move(base_topic)), ring_(waiting_max) {}

void PredictionPublisher::add(const PredictionEvent& event) noexcept {
    if (!event.has_predicted) return;
    const std::lock_guard lock(mutex_);
    if (end_ - begin_ == ring_.size()) {
        ++begin_;
        ++dropped_;
    }
    Entry& entry = at(end_++);
    entry = {};
    entry.group.assign(event.group);
    entry.target.assign(event.target);
    entry.has_share = event.is_class && !event.joined;
    entry.has_actual = event.has_actual;
    entry.predicted = event.predicted;
    entry.actual = event.actual;
    entry.share = event.share;
    entry.time_ns = event.time_ns;
}

void PredictionPublisher::connected() noexcept {
    const std::lock_guard lock(mutex_);
    under_way_ = 0;
    ++connection_;
}

void PredictionPublisher::acknowledged(std::uint64_t token) noexcept {
    const std::lock_guard lock(mutex_);
    if (token == (token_bit | connection_) && under_way_ > 0) --under_way_;
}

// Whoever finds another one draining leaves a note and goes; the other looks again before it ends.
void PredictionPublisher::drain() noexcept {
    wanted_.store(true);
    while (wanted_.load()) {
        if (draining_.exchange(true)) return;
        wanted_.store(false);
        if (MqttClient* client = client_.load()) drain_ring(*client);
        draining_.store(false);
    }
}

void PredictionPublisher::drain_ring(MqttClient& client) noexcept {
    for (;;) {
        Entry entry;
        std::uint64_t sequence = 0;
        std::uint64_t token = 0;
        {
            const std::lock_guard lock(mutex_);
            if (begin_ == end_ || under_way_ >= under_way_max) return;
            sequence = begin_;
            entry = at(sequence);
            token = token_bit | connection_;
            ++under_way_;
        }
        const bool taken = publish(client, entry, token);
        const std::lock_guard lock(mutex_);
        if (!taken) {
            if (under_way_ > 0) --under_way_;
            return;
        }
        ++published_;
        if (begin_ == sequence) ++begin_;  // else it was pushed out meanwhile, and counted as dropped
    }
}

bool PredictionPublisher::publish(MqttClient& client, const Entry& entry, std::uint64_t token) noexcept {
    std::array<char, prediction_json_bytes_max> room;
    TopicText topic;
    topic.append(base_topic_);
    topic.append("/prediction/");
    append_topic(topic, entry.group.view());
    const std::string_view text = prediction_json(entry, room);
    const heap::LibraryScope library;
    return client.publish(topic.view(), std::as_bytes(std::span(text.data(), text.size())), false, token);
}

std::uint64_t PredictionPublisher::published() const noexcept {
    const std::lock_guard lock(mutex_);
    return published_;
}

std::uint64_t PredictionPublisher::waiting() const noexcept {
    const std::lock_guard lock(mutex_);
    return end_ - begin_;
}

std::uint64_t PredictionPublisher::dropped() const noexcept {
    const std::lock_guard lock(mutex_);
    return dropped_;
}

std::string_view prediction_json(const PredictionPublisher::Entry& entry, std::span<char> room) noexcept {
    JsonWriter json(room);
    json.begin_object().member("group", entry.group.view()).member("target", entry.target.view());
    json.member("predicted", entry.predicted);
    if (entry.has_actual) json.member("actual", entry.actual);
    if (entry.has_share) json.member("share", entry.share);
    json.member("t", entry.time_ns).end_object();
    return json.ok() ? json.text() : std::string_view{};
}

}  // namespace redshank
