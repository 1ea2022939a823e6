#include "model/record.hpp"

namespace redshank {

namespace {

constexpr int broker_shift = 3;  // of the flags: 0 in what versions with one broker wrote

}  // namespace

std::size_t encoded_bytes(const Message& message) noexcept {
    return 1 + 1 + 2 + 4 + 2 + message.topic.size() + 4 + message.payload.size();
}

void encode(const Message& message, ByteWriter& out) noexcept {
    const auto flags = static_cast<std::uint8_t>((message.retain ? 1 : 0) | (message.duplicate ? 2 : 0) |
                                                 (message.row_end ? 4 : 0) | message.broker << broker_shift);
    out.put(message.qos);
    out.put(flags);
    out.put(message.packet_id);
    out.put(message.subscription_id);
    out.put_text(message.topic);
    out.put(static_cast<std::uint32_t>(message.payload.size()));
    out.put_bytes(message.payload);
}

std::optional<Message> decode_message(std::span<const std::byte> body) noexcept {
    ByteReader in(body);
    Message message;
    message.qos = in.get<std::uint8_t>();
    const auto flags = in.get<std::uint8_t>();
    message.retain = (flags & 1) != 0;
    message.duplicate = (flags & 2) != 0;
    message.row_end = (flags & 4) != 0;
    message.broker = static_cast<std::uint8_t>(flags >> broker_shift & (message_brokers_max - 1));
    message.packet_id = in.get<std::uint16_t>();
    message.subscription_id = in.get<std::uint32_t>();
    message.topic = in.get_text();
    message.payload = in.get_bytes(in.get<std::uint32_t>());
    if (!in.ok() || in.left() != 0) return std::nullopt;
    return message;
}

std::uint8_t broker_of(const Record& record) noexcept {
    const std::size_t at = record.kind == RecordKind::connected ? 1 : 0;
    return record.body.size() > at ? std::to_integer<std::uint8_t>(record.body[at]) : std::uint8_t{0};
}

}  // namespace redshank
