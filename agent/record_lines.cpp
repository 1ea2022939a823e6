#include "agent/record_lines.hpp"

#include <algorithm>

#include "agent/json_writer.hpp"
#include "drivers/signature.hpp"
#include "drivers/uplink/utf8.hpp"

namespace redshank {

namespace {

constexpr std::size_t beside_bytes_max = 256;

// Empty: a replay makes it itself, or cannot know it.
std::string_view event_name(RecordKind kind) noexcept {
    switch (kind) {
        case RecordKind::message:
            return "message";
        case RecordKind::tick:
            return "tick";
        case RecordKind::connected:
            return "connected";
        case RecordKind::disconnected:
            return "disconnected";
        case RecordKind::subscribed:
            return "subscribed";
        case RecordKind::down:
            return "down";
        case RecordKind::flush:
            return "flush";
        case RecordKind::alert:
            return "alert_command";
        case RecordKind::began:
        case RecordKind::model:
            break;
    }
    return {};
}

}  // namespace

std::string_view RecordLines::line(const Record& record) {
    const std::string_view event = event_name(record.kind);
    if (event.empty()) return {};
    // Every byte may need six.
    room_.resize(std::max(room_.size(), beside_bytes_max + 6 * record.body.size()));
    JsonWriter json(room_);
    json.begin_object().member("t", record.stamp_ns);
    if (record.kind == RecordKind::message) {
        const std::optional<Message> message = decode_message(record.body);
        if (!message) return {};
        json.member("topic", wire::is_name(message->topic) ? message->topic : std::string_view());
        const std::string_view payload(reinterpret_cast<const char*>(message->payload.data()), message->payload.size());
        if (wire::is_name(payload)) {
            json.member("payload", payload);
        } else {
            json.member("payload_b64", base64(message->payload));
        }
        json.member("qos", unsigned{message->qos}).member("retain", message->retain).member("dup", message->duplicate);
        json.member("id", message->packet_id);
    } else {
        json.member("event", event);
        if (record.kind == RecordKind::alert) json.member("payload_b64", base64(record.body));
        if (record.kind == RecordKind::connected && !record.body.empty())
            json.member("session_present", record.body.front() != std::byte{0});
    }
    json.end_object();
    return json.ok() ? json.text() : std::string_view{};
}

std::string_view RecordLines::gap(std::int64_t stamp_ns, std::uint64_t count) {
    room_.resize(std::max(room_.size(), beside_bytes_max));
    JsonWriter json(room_);
    json.begin_object().member("t", stamp_ns).member("event", "gap").member("count", count).end_object();
    return json.text();
}

}  // namespace redshank
