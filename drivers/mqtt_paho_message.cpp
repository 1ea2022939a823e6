#include "drivers/mqtt_paho_message.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace redshank {

namespace {

std::uint32_t identifier_of(const mqtt::message& message, const std::vector<MqttSubscription>& subscriptions) noexcept {
    const MQTTProperties& properties = message.get_properties().c_struct();
    std::uint32_t found = 0;
    std::size_t found_at = subscriptions.size();
    for (const MQTTProperty& property : std::span(properties.array, static_cast<std::size_t>(properties.count))) {
        if (property.identifier != MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER) continue;
        const std::uint32_t identifier = property.value.integer4;
        if (found == 0) found = identifier;
        if (properties.count == 1) break;
        for (std::size_t at = 0; at < found_at; ++at) {
            if (subscriptions[at].identifier != identifier) continue;
            found = identifier;
            found_at = at;
        }
    }
    return found;
}

}  // namespace

Message message_from(const mqtt::message& message, const std::vector<MqttSubscription>& subscriptions) noexcept {
    const MQTTAsync_message& wire = message.c_struct();
    Message out;
    out.topic = message.get_topic();
    out.payload = std::as_bytes(std::span(message.get_payload()));
    out.qos = static_cast<std::uint8_t>(wire.qos);
    out.retain = wire.retained != 0;
    out.duplicate = wire.dup != 0;
    out.packet_id = static_cast<std::uint16_t>(wire.msgid);
    out.subscription_id = identifier_of(message, subscriptions);
    return out;
}

}  // namespace redshank
