#include "drivers/mqtt_publish_packet.hpp"

#include <string_view>

namespace redshank {

namespace {

// Network byte order. After a read that does not fit nothing fits any more.
class Reader {
public:
    explicit Reader(std::span<const std::byte> bytes) noexcept : left_(bytes) {}

    std::span<const std::byte> take(std::size_t bytes) noexcept {
        if (bytes > left_.size()) ok_ = false;
        const std::span<const std::byte> taken = ok_ ? left_.first(bytes) : left_.first(0);
        left_ = ok_ ? left_.subspan(bytes) : left_.first(0);
        return taken;
    }
    std::uint32_t number(std::size_t bytes) noexcept {
        std::uint32_t value = 0;
        for (const std::byte byte : take(bytes)) value = value << 8U | std::to_integer<std::uint32_t>(byte);
        return value;
    }
    // Seven bits a byte, the lowest first, four bytes at most (MQTT 5.0, 1.5.5).
    std::uint32_t variable() noexcept {
        std::uint32_t value = 0;
        for (unsigned shift = 0; shift < 28; shift += 7) {
            const std::uint32_t byte = number(1);
            value |= (byte & 0x7fU) << shift;
            if (byte < 0x80U) return value;
        }
        ok_ = false;
        return 0;
    }
    std::span<const std::byte> block() noexcept { return take(number(2)); }

    bool ok() const noexcept { return ok_; }
    std::span<const std::byte> left() const noexcept { return left_; }

private:
    std::span<const std::byte> left_;
    bool ok_ = true;
};

// MQTT 5.0, 3.3.2.3.
enum class Property : std::uint32_t {
    payload_format = 0x01,
    message_expiry = 0x02,
    content_type = 0x03,
    response_topic = 0x08,
    correlation_data = 0x09,
    subscription_identifier = 0x0b,
    topic_alias = 0x23,
    user_property = 0x26,
};

bool read_properties(Reader in, OwnIdentifier& identifier) noexcept {
    while (in.ok() && !in.left().empty()) {
        switch (static_cast<Property>(in.variable())) {
            case Property::payload_format:
                in.take(1);
                break;
            case Property::message_expiry:
                in.take(4);
                break;
            case Property::topic_alias:
                in.take(2);
                break;
            case Property::content_type:
            case Property::response_topic:
            case Property::correlation_data:
                in.block();
                break;
            case Property::user_property:
                in.block();
                in.block();
                break;
            case Property::subscription_identifier:
                identifier.add(in.variable());
                break;
            default:
                return false;
        }
    }
    return in.ok();
}

}  // namespace

void OwnIdentifier::add(std::uint32_t identifier) noexcept {
    if (found_ == 0) found_ = identifier;
    for (std::size_t at = 0; at < subscriptions_.size() && at < found_at_; ++at) {
        if (subscriptions_[at].identifier != identifier) continue;
        found_ = identifier;
        found_at_ = at;
    }
}

std::optional<Message> read_publish(std::byte first, std::span<const std::byte> body, bool has_properties,
                                    std::span<const MqttSubscription> subscriptions) noexcept {
    Reader in(body);
    Message message;
    message.qos = std::to_integer<std::uint8_t>(first >> 1U & std::byte{3});
    message.retain = (first & std::byte{1}) != std::byte{0};
    message.duplicate = (first & std::byte{8}) != std::byte{0};
    const std::span<const std::byte> topic = in.block();
    message.topic = {reinterpret_cast<const char*>(topic.data()), topic.size()};
    if (message.qos > 0) message.packet_id = static_cast<std::uint16_t>(in.number(2));
    OwnIdentifier identifier(subscriptions);
    if (has_properties && !read_properties(Reader(in.take(in.variable())), identifier)) return std::nullopt;
    if (!in.ok()) return std::nullopt;
    message.subscription_id = identifier.get();
    message.payload = in.left();
    return message;
}

}  // namespace redshank
