#include "agent/alert_publisher.hpp"

#include <algorithm>
#include <array>
#include <variant>
#include <vector>

#include "agent/heap.hpp"
#include "agent/json_writer.hpp"
#include "agent/topic_text.hpp"
#include "drivers/uplink/wire.hpp"

namespace redshank {

namespace {

constexpr std::uint64_t untracked = 0;  // token of publishes whose PUBACK changes nothing

std::span<const std::byte> bytes_of(std::string_view text) noexcept {
    return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

std::string_view alert_json(const AlertRow& row, std::span<char> room, std::string_view input) noexcept {
    JsonWriter json(room);
    json.begin_object();
    if (!input.empty()) json.member("input", input);
    json.member("id", alert_id_text(row.id).view())
        .member("rule", row.rule.view())
        .member("channel", row.channel.view());
    json.member("state", name_of(row.state)).member("since_ns", row.since_ns).member("value", row.value);
    json.member("severity", name_of(row.severity));
    if (row.acknowledged_ns != 0) json.member("acknowledged_ns", row.acknowledged_ns);
    json.end_object();
    return json.ok() ? json.text() : std::string_view{};
}

AlertPublisher::AlertPublisher(std::string base_topic, std::size_t capacity, std::uint32_t rule_slots, StateOf state_of)
    : base_topic_(std::move(base_topic)),
      rule_slots_(rule_slots),
      state_of_(std::move(state_of)),
      ring_(capacity),
      next_state_(rule_slots),
      states_end_(rule_slots) {}

void AlertPublisher::add(const AlertRow& row) noexcept {
    const std::lock_guard lock(ring_mutex_);
    ring_.add(row);
    next_ = std::max(next_, ring_.begin());
}

void AlertPublisher::connected() noexcept {
    const std::lock_guard lock(ring_mutex_);
    next_ = ring_.begin();
    next_state_ = 0;
    states_end_ = rule_slots_;
}

void AlertPublisher::state_added(std::uint32_t slot) noexcept {
    const std::lock_guard lock(ring_mutex_);
    const bool idle = next_state_ >= states_end_;
    next_state_ = idle ? slot : std::min(next_state_, slot);
    states_end_ = idle ? slot + 1 : std::max(states_end_, slot + 1);
}

void AlertPublisher::acknowledged(std::uint64_t token) noexcept {
    if (token == untracked) return;
    const std::lock_guard lock(ring_mutex_);
    ring_.remove_through(token - 1);
    next_ = std::max(next_, ring_.begin());
}

// Whoever finds another one draining leaves a note and goes; the other looks again before it ends.
void AlertPublisher::drain() noexcept {
    wanted_.store(true);
    while (wanted_.load()) {
        if (draining_.exchange(true)) return;
        wanted_.store(false);
        if (MqttClient* client = client_.load()) {
            drain_ring(*client);
            drain_states(*client);
        }
        draining_.store(false);
    }
}

void AlertPublisher::drain_ring(MqttClient& client) noexcept {
    for (;;) {
        AlertRow row;
        std::uint64_t sequence = 0;
        {
            const std::lock_guard lock(ring_mutex_);
            if (next_ == ring_.end()) return;
            sequence = next_;
            row = ring_[sequence];
        }
        std::array<char, alert_json_bytes_max> room;
        TopicText stream;
        stream.append(base_topic_);
        stream.append("/alerts");
        const std::span<const std::byte> event = bytes_of(alert_json(row, room));
        if (!publish_state(client, row)) return;
        {
            const heap::LibraryScope library;
            // Tokens begin at 1: 0 is for publishes that nobody waits for.
            if (!client.publish(stream.view(), event, false, sequence + 1)) return;
        }
        const std::lock_guard lock(ring_mutex_);
        next_ = std::max(next_, sequence + 1);
    }
}

void AlertPublisher::drain_states(MqttClient& client) noexcept {
    for (;;) {
        std::uint32_t slot = 0;
        {
            const std::lock_guard lock(ring_mutex_);
            if (next_state_ >= states_end_ || next_ != ring_.end()) return;
            slot = next_state_;
        }
        if (const std::optional<AlertRow> row = state_of_(slot); row && !publish_state(client, *row)) return;
        const std::lock_guard lock(ring_mutex_);
        if (next_state_ == slot) ++next_state_;  // else a new connection began
    }
}

bool AlertPublisher::publish_state(MqttClient& client, const AlertRow& row) noexcept {
    std::array<char, alert_json_bytes_max> room;
    TopicText topic;
    topic.append(base_topic_);
    topic.append("/alert/");
    topic.append(row.rule.view());
    topic.append("/");
    // One that cannot be published must not hold up those behind it; the event stream still has it.
    if (!append_topic(topic, row.channel.view())) return true;
    const heap::LibraryScope library;
    return client.publish(topic.view(), bytes_of(alert_json(row, room)), true, untracked);
}

std::uint64_t AlertPublisher::waiting() const noexcept {
    const std::lock_guard lock(ring_mutex_);
    return ring_.end() - ring_.begin();
}

std::uint64_t AlertPublisher::dropped() const noexcept {
    const std::lock_guard lock(ring_mutex_);
    return ring_.dropped();
}

void AlertPublisher::save(ByteWriter& out) const noexcept {
    const std::lock_guard lock(ring_mutex_);
    out.put(static_cast<std::uint32_t>(ring_.end() - ring_.begin()));
    for (std::uint64_t sequence = ring_.begin(); sequence != ring_.end(); ++sequence) {
        std::array<std::byte, wire::row_bytes_max> row;
        const std::size_t size = wire::encode_row(ring_[sequence], row);
        out.put(static_cast<std::uint16_t>(size));
        out.put_bytes(std::span(row).first(size));
    }
}

void AlertPublisher::restore(ByteReader& in) noexcept {
    const auto count = in.get<std::uint32_t>();
    for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
        const auto row = wire::decode_row(in.get_bytes(in.get<std::uint16_t>()));
        if (row && std::holds_alternative<AlertRow>(*row)) add(std::get<AlertRow>(*row));
    }
}

std::size_t AlertPublisher::saved_bytes_max() const noexcept {
    return 4 + ring_.capacity() * (2 + wire::row_bytes_max);
}

}  // namespace redshank
