#pragma once

#include <cstdint>
#include <string>

#include "drivers/mqtt_client.hpp"

namespace redshank {

// Whether a broker accepts a CONNECT: connects as the settings say (host, port and credentials), waits for the answer
// for at most timeout_ns, and disconnects. The client id is one of its own, new every time, and the session ends with
// the connection, so that nobody's session is taken over; nothing is subscribed to and nothing published.
//   Empty: it does; else why not.
std::string why_not_accepted(MqttClientSettings settings, std::int64_t timeout_ns);

}  // namespace redshank
