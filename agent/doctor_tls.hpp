#pragma once

#include <string>

#include "agent/doctor_check.hpp"
#include "drivers/tcp_connection.hpp"
#include "drivers/tls_probe.hpp"

namespace redshank {

// The handshake with a broker, and how long its certificate is still good.
DoctorCheck check_tls(const std::string& name, const TcpConnection& connection, const TlsProbeSettings& settings);

// What the time that is left of a certificate means.
DoctorCheck judge_certificate(const std::string& name, const TlsPeer& peer);

}  // namespace redshank
