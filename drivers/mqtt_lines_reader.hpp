#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "model/outcome.hpp"
#include "model/record.hpp"

namespace redshank {

// One line of a recording; which members mean something depends on `kind` (message, connected, disconnected,
// subscribed, tick, down, flush).
struct RecordedEvent {
    std::int64_t time_ns = 0;     // running maximum of the recording's stamps
    std::int64_t written_ns = 0;  // the stamp of this line
    RecordKind kind = RecordKind::message;
    std::string broker;  // its name; empty: that of [mqtt]
    std::string topic;
    std::vector<std::byte> payload;
    std::uint8_t qos = 0;
    bool retain = false;
    bool duplicate = false;
    std::uint16_t packet_id = 0;
    bool session_present = false;  // of connected
};

// Reads a recording of MQTT traffic as it goes, one JSON object a line: {"t": ns, "topic": ..., "payload" as text or
// "payload_b64" (RFC 4648 with padding), "qos", "retain", "dup", "id"}, or {"t": ns, "event": "connected"
// ("session_present"), "disconnected", "subscribed", "tick", "down", "flush", "alert_command" (its body as
// "payload_b64") or "message"}; each may name its "broker"; or {"t": ns, "event":
// "gap", "count": records that are missing}, which is passed over and counted. Blank lines and unknown members are
// passed over. Topics are handed on unchecked. A line that is anything else is a failure with file, line and reason,
// and the end.
class MqttLinesReader {
public:
    static Outcome<std::unique_ptr<MqttLinesReader>> open(const std::filesystem::path& path);
    virtual ~MqttLinesReader() = default;
    virtual Outcome<bool> next(RecordedEvent& event) = 0;  // false at the end
    virtual std::uint64_t missing() const noexcept = 0;    // records in gaps so far
};

}  // namespace redshank
