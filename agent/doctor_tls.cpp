#include "agent/doctor_tls.hpp"

#include "agent/doctor_checks.hpp"
#include "agent/human_text.hpp"

namespace redshank {

namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;
constexpr std::int64_t days_least = 14;

}  // namespace

DoctorCheck check_tls(const std::string& name, const TcpConnection& connection, const TlsProbeSettings& settings) {
    const Outcome<TlsPeer> peer = shake_hands(connection, settings, doctor_step_ns);
    if (!peer) {
        return failed(name, connection.address() + ": " + peer.error(),
                      "see ca, cert and key, the name in the broker's certificate, and this machine's clock");
    }
    return judge_certificate(name, *peer);
}

DoctorCheck judge_certificate(const std::string& name, const TlsPeer& peer) {
    const std::string what =
        peer.version + ", the broker's certificate ends in " + duration_text(peer.left_s * ns_per_s);
    return peer.left_s < days_least * 24 * 3600 ? warned(name, what, "renew the broker's certificate")
                                                : passed(name, what);
}

}  // namespace redshank
