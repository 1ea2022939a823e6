#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "model/bytes.hpp"

namespace redshank {

// What the outcome depends on, in one order. The inbox log keeps records, the pipeline eats them.
enum class RecordKind : std::uint8_t {
    message = 1,       // one MQTT publish, body as Message
    tick = 2,          // time passes, no body
    connected = 3,     // CONNACK; body: u8 session_present [, u8 broker]
    disconnected = 4,  // the connection is gone; body: [u8 broker]
    subscribed = 5,    // SUBACK: readings may come again; body: [u8 broker]
    down = 6,          // end of a recovery: the process had been away, no body
    flush = 7,         // command: close every open window now, no body
    began = 8,   // first of an inbox file; body: u8 wall clock trusted. What the restored state left over ends here
    model = 9,   // command: body as ModelCommand
    alert = 10,  // command: body as AlertCommand
};

// position: consecutive from 1 within a boot's inbox. stamp_ns: ns since the epoch on the gateway's frozen time line
// (monotonic clock plus the boot's wall offset), never falling from record to record.
struct Record {
    std::uint64_t position = 0;
    std::int64_t stamp_ns = 0;
    RecordKind kind = RecordKind::tick;
    std::span<const std::byte> body;
};

// One MQTT publish as it came from the broker. Views into somebody else's bytes.
struct Message {
    std::string_view topic;
    std::span<const std::byte> payload;
    std::uint8_t qos = 0;
    bool retain = false;
    bool duplicate = false;  // MQTT's DUP flag
    bool row_end = false;    // replay of a wide file: groups are scored when the message ends, not reading by reading
    std::uint16_t packet_id = 0;
    std::uint32_t subscription_id = 0;  // MQTT 5 subscription identifier, 0 = none
    std::uint8_t broker = 0;            // that it came from, below message_brokers_max
};

inline constexpr std::uint8_t message_brokers_max = 8;  // three bits

std::size_t encoded_bytes(const Message& message) noexcept;
void encode(const Message& message, ByteWriter& out) noexcept;
std::optional<Message> decode_message(std::span<const std::byte> body) noexcept;

// The broker of a record of kind connected, disconnected or subscribed: 0 where it says none.
std::uint8_t broker_of(const Record& record) noexcept;

}  // namespace redshank
