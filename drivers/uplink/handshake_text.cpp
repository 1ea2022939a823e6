#include "drivers/uplink/handshake_text.hpp"

#include <zmq.h>

namespace redshank::wire {
namespace {

constexpr std::uint32_t refused_by_zap = 400;  // RFC 27/ZAP

std::string_view protocol_text(std::uint32_t value, bool encrypted) noexcept {
    if (value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH) {
        return encrypted ? "the collector does not encrypt, this agent does (server_key, key_file)"
                         : "the collector encrypts, this agent does not: it needs server_key and key_file";
    }
    if (value == ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC) return "server_key is not the collector's public key";
    return "what answers there is no collector";
}

}  // namespace

std::string_view handshake_text(std::uint16_t event, std::uint32_t value, bool encrypted) noexcept {
    switch (event) {
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
            return value == refused_by_zap ? "the collector's allow file does not have this agent's public key"
                                           : "the collector could not look this agent's public key up";
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
            return protocol_text(value, encrypted);
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
            // A server that cannot open the first box ends the connection without a word (RFC 26/CURVEZMQ), and of two
            // ends that do not agree on encryption the first to see it does.
            return encrypted ? "the connection ended before the keys were agreed on: server_key is not the collector's "
                               "public key, or the collector does not encrypt"
                             : "the connection ended before both ends knew each other: perhaps the collector encrypts "
                               "(server_key, key_file)";
        default:
            return "";
    }
}

}  // namespace redshank::wire
