#include "drivers/mqtt_paho_message.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

#include "drivers/mqtt_publish_packet.hpp"

namespace redshank {

namespace {

std::uint32_t identifier_of(const mqtt::message& message, const std::vector<MqttSubscription>& subscriptions) noexcept {
    const MQTTProperties& properties = message.get_properties().c_struct();
    OwnIdentifier identifier(subscriptions);
    for (const MQTTProperty& property : std::span(properties.array, static_cast<std::size_t>(properties.count))) {
        if (property.identifier != MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER) continue;
        identifier.add(property.value.integer4);
    }
    return identifier.get();
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
