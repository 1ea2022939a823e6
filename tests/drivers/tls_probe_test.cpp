#include "drivers/tls_probe.hpp"

#include <gtest/gtest.h>

#include <csignal>

#include "drivers/clock.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/support/network.hpp"

namespace redshank::test {
namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;
constexpr std::int64_t day_s = 24 * 3600;

class TlsProbe : public testing::Test {
protected:
    void SetUp() override { std::signal(SIGPIPE, SIG_IGN); }

    // A broker with a second listener for TLS.
    void start(const Certificate& certificate, const std::vector<std::string>& more = {}) {
        MosquittoOptions options;
        port_ = free_port();
        options.more = {"listener " + std::to_string(port_) + " 127.0.0.1", "cafile " + authority_.ca().string(),
                        "certfile " + certificate.cert.string(), "keyfile " + certificate.key.string()};
        options.more.insert(options.more.end(), more.begin(), more.end());
        broker_ = std::make_unique<Mosquitto>(options);
    }

    static Outcome<TlsPeer> shaken(std::uint16_t port, const TlsProbeSettings& settings,
                                   std::int64_t timeout_ns = 5 * ns_per_s) {
        const auto addresses = look_up("127.0.0.1", port, 5 * ns_per_s);
        if (!addresses) return failure(addresses.error());
        const auto connection = TcpConnection::open(*addresses, 5 * ns_per_s);
        if (!connection) return failure(connection.error());
        return shake_hands(*connection, settings, timeout_ns);
    }
    Outcome<TlsPeer> shaken(const TlsProbeSettings& settings) const { return shaken(port_, settings); }

    CertificateAuthority authority_;
    std::unique_ptr<Mosquitto> broker_;
    std::uint16_t port_ = 0;
};

TEST_F(TlsProbe, says_when_the_certificate_ends) {
    start(authority_.issue("broker", "IP:127.0.0.1,DNS:broker.test", 5));
    for (const char* const host : {"127.0.0.1", "broker.test"}) {
        const auto peer = shaken({.host = host, .ca = authority_.ca(), .cert = {}, .key = {}});
        ASSERT_TRUE(peer) << host << ": " << peer.error();
        EXPECT_EQ(peer->version, "TLSv1.3");
        EXPECT_GT(peer->left_s, 4 * day_s);
        EXPECT_LE(peer->left_s, 5 * day_s);
    }
}

TEST_F(TlsProbe, another_name_another_authority_and_a_missing_file_are_told_apart) {
    start(authority_.issue("broker", "DNS:broker.test"));
    const auto other_name = shaken({.host = "127.0.0.1", .ca = authority_.ca(), .cert = {}, .key = {}});
    ASSERT_FALSE(other_name);
    EXPECT_NE(other_name.error().find("mismatch"), std::string::npos) << other_name.error();
    const CertificateAuthority other;
    const auto stranger = shaken({.host = "broker.test", .ca = other.ca(), .cert = {}, .key = {}});
    ASSERT_FALSE(stranger);
    EXPECT_TRUE(stranger.error().starts_with("the certificate: ")) << stranger.error();
    EXPECT_EQ(stranger.error().find("mismatch"), std::string::npos) << stranger.error();
    const auto missing = shaken({.host = "broker.test", .ca = "/no/such/ca.pem", .cert = {}, .key = {}});
    ASSERT_FALSE(missing);
    EXPECT_TRUE(missing.error().starts_with("ca /no/such/ca.pem: ")) << missing.error();
}

TEST_F(TlsProbe, a_certificate_that_has_ended_says_so) {
    start(authority_.issue("broker", "IP:127.0.0.1", -1));
    const auto peer = shaken({.host = "127.0.0.1", .ca = authority_.ca(), .cert = {}, .key = {}});
    ASSERT_FALSE(peer);
    EXPECT_NE(peer.error().find("expired"), std::string::npos) << peer.error();
}

TEST_F(TlsProbe, a_broker_that_wants_a_certificate_of_ours_refuses_who_has_none) {
    start(authority_.issue("broker", "IP:127.0.0.1"), {"require_certificate true"});
    TlsProbeSettings settings{.host = "127.0.0.1", .ca = authority_.ca(), .cert = {}, .key = {}};
    EXPECT_FALSE(shaken(settings));
    const Certificate own = authority_.issue("agent", "DNS:agent");
    settings.cert = own.cert;
    settings.key = own.key;
    const auto peer = shaken(settings);
    EXPECT_TRUE(peer) << peer.error();
}

TEST_F(TlsProbe, who_does_not_speak_tls_is_not_waited_for_for_ever) {
    const Mosquitto plain;
    const std::int64_t begin_ns = monotonic_ns();
    EXPECT_FALSE(
        shaken(plain.port(), {.host = "127.0.0.1", .ca = authority_.ca(), .cert = {}, .key = {}}, ns_per_s / 2));
    EXPECT_LT(monotonic_ns() - begin_ns, 3 * ns_per_s);
}

}  // namespace
}  // namespace redshank::test
