#include "drivers/tls_diagnosis.hpp"

#include <string_view>

#include "drivers/clock.hpp"
#include "drivers/tls_probe.hpp"

namespace redshank {

std::string why_tls_fails(const MqttClientSettings& settings, std::int64_t timeout_ns) {
    const std::int64_t until_ns = monotonic_ns() + timeout_ns;
    const auto addresses = look_up(settings.host, settings.port, timeout_ns);
    if (!addresses) return "";
    const auto connection = TcpConnection::open(*addresses, until_ns - monotonic_ns());
    if (!connection) return "";
    const auto peer =
        shake_hands(*connection, {settings.host, settings.ca, settings.cert, settings.key}, until_ns - monotonic_ns());
    if (peer) return "";
    constexpr std::string_view of_the_peer = "the certificate: ";
    const std::string& why = peer.error();
    return why.starts_with(of_the_peer) ? "the broker's " + why.substr(std::string_view("the ").size()) : why;
}

}  // namespace redshank
