#include "drivers/mqtt_client.hpp"

#include <exception>

#include "drivers/mqtt_paho_client.hpp"

namespace redshank {

Outcome<std::unique_ptr<MqttClient>> MqttClient::create(const MqttClientSettings& settings, MqttEvents& events) {
    constexpr std::uint32_t identifier_max = 268'435'455;  // a variable byte integer of four bytes
    if (settings.host.empty()) return failure("MQTT: no host");
    if (settings.client_id.empty()) return failure("MQTT: a session that is kept needs a client id");
    if (settings.version != 5 && settings.version != 3) return failure("MQTT: the version is 5 or 3");
    if (settings.qos > 2) return failure("MQTT: QoS is 0, 1 or 2");
    if (settings.receive_maximum == 0) return failure("MQTT: Receive Maximum must be 1 or more");
    if (!settings.will_topic.empty() && !can_be_published_to(settings.will_topic)) {
        return failure("MQTT: not a topic: " + settings.will_topic);
    }
    for (const MqttSubscription& subscription : settings.subscriptions) {
        if (subscription.filter.empty()) return failure("MQTT: an empty topic filter");
        if (subscription.identifier == 0 || subscription.identifier > identifier_max) {
            return failure("MQTT: subscription identifier out of 1..268435455 for " + subscription.filter);
        }
    }
    try {
        return std::make_unique<PahoClient>(settings, events);
    } catch (const std::exception& error) {
        return failure(std::string("MQTT: ") + error.what());
    }
}

}  // namespace redshank
