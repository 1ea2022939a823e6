#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "drivers/tcp_connection.hpp"
#include "model/outcome.hpp"

namespace redshank {

struct TlsProbeSettings {
    std::string host;                 // that the certificate must name
    std::filesystem::path ca;         // PEM; empty: what the system trusts
    std::filesystem::path cert, key;  // PEM, of this client; empty: none
};

struct TlsPeer {
    std::string version;      // "TLSv1.3"
    std::int64_t left_s = 0;  // until the peer's certificate ends
};

// A TLS handshake on a fresh connection, with the peer's chain and name verified as the MQTT client does (RFC 5280,
// RFC 6125). The failure is OpenSSL's sentence, with the file it is about.
//   SIGPIPE must be ignored: a peer that hangs up would end the process.
Outcome<TlsPeer> shake_hands(const TcpConnection& connection, const TlsProbeSettings& settings,
                             std::int64_t timeout_ns);

}  // namespace redshank
