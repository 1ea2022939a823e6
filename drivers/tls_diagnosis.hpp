#pragma once

#include <cstdint>
#include <string>

#include "drivers/mqtt_client.hpp"

namespace redshank {

// Why no TLS connection comes about, in OpenSSL's words, found out by trying one; empty when it does, or when TLS is
// not what it fails at. Waits for the other end, timeout_ns at most.
std::string why_tls_fails(const MqttClientSettings& settings, std::int64_t timeout_ns);

}  // namespace redshank
