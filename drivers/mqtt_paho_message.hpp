#pragma once

// Opens message::c_struct(), the only way to the packet identifier, which redeliveries are told by. It adds inline
// accessors and changes no layout.
#define UNIT_TESTS
#include <mqtt/async_client.h>
#undef UNIT_TESTS

#include <vector>

#include "drivers/mqtt_client.hpp"
#include "model/record.hpp"

namespace redshank {

// Views into `message`. A broker may put the identifiers of all matching subscriptions into one message: then the
// first one of `subscriptions` is its own.
Message message_from(const mqtt::message& message, const std::vector<MqttSubscription>& subscriptions) noexcept;

}  // namespace redshank
