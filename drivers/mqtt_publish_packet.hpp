#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "drivers/mqtt_client.hpp"
#include "model/record.hpp"

namespace redshank {

// Of the subscription identifiers on one copy the one that counts: that of the first of `subscriptions`, or the first
// that was on it when none is of these.
class OwnIdentifier {
public:
    explicit OwnIdentifier(std::span<const MqttSubscription> subscriptions) noexcept : subscriptions_(subscriptions) {}

    void add(std::uint32_t identifier) noexcept;
    std::uint32_t get() const noexcept { return found_; }

private:
    std::span<const MqttSubscription> subscriptions_;
    std::uint32_t found_ = 0;
    std::size_t found_at_ = SIZE_MAX;
};

// A PUBLISH as it stands on the wire (MQTT 3.1.1 and 5.0, section 3.3): its first byte, and all that follows the
// remaining length. Views into `body`; nothing when its parts do not fit it.
std::optional<Message> read_publish(std::byte first, std::span<const std::byte> body, bool has_properties,
                                    std::span<const MqttSubscription> subscriptions) noexcept;

}  // namespace redshank
