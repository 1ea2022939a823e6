#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "drivers/mqtt_client.hpp"
#include "tests/drivers/mqtt_recorder.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/support/network.hpp"

// TLS and passwords, with a real broker and certificates made here.

namespace redshank::test {
namespace {

using namespace std::chrono_literals;

// A broker with a second listener for TLS.
class TlsBroker {
public:
    TlsBroker(const CertificateAuthority& authority, const Certificate& certificate,
              const std::vector<std::string>& more = {})
        : port_(free_port()), broker_(options(authority, certificate, more)) {}

    Mosquitto& broker() { return broker_; }
    MqttClientSettings settings(const std::filesystem::path& ca, const std::string& host = "127.0.0.1") const {
        MqttClientSettings settings = mqtt_settings(port_, "agent", {{"t", 1}});
        settings.host = host;
        settings.tls = true;
        settings.ca = ca;
        return settings;
    }

private:
    MosquittoOptions options(const CertificateAuthority& authority, const Certificate& certificate,
                             const std::vector<std::string>& more) const {
        MosquittoOptions options;
        options.more = {"listener " + std::to_string(port_) + " 127.0.0.1", "cafile " + authority.ca().string(),
                        "certfile " + certificate.cert.string(), "keyfile " + certificate.key.string()};
        options.more.insert(options.more.end(), more.begin(), more.end());
        return options;
    }

    std::uint16_t port_;
    Mosquitto broker_;
};

std::string error_of(const MqttClientSettings& settings) {
    MqttProbe agent(settings);
    agent.start();
    EXPECT_TRUE(agent.until(
        [&] {
            const std::string error = agent.client->last_error();
            return agent.client->connected() || error.find("TLS: ") != std::string::npos ||
                   error.starts_with("cannot find");
        },
        15s));
    EXPECT_FALSE(agent.client->connected());
    EXPECT_TRUE(agent.events.all().empty());
    return agent.client->last_error();
}

TEST(MqttTls, a_trusted_broker_is_spoken_to_by_name_and_by_address) {
    const CertificateAuthority authority;
    TlsBroker broker(authority, authority.issue("server", "DNS:localhost,IP:127.0.0.1"));
    for (const char* host : {"localhost", "127.0.0.1"}) {
        MqttProbe agent(broker.settings(authority.ca(), host));
        ASSERT_TRUE(agent.start_and_subscribe()) << agent.client->last_error();
        ChildProcess device(
            {"mosquitto_pub", "-p", std::to_string(broker.broker().port()), "-q", "1", "-t", "t", "-m", host});
        ASSERT_EQ(device.wait(20s), 0);
        ASSERT_TRUE(agent.wait_for(MqttEvent::message, 1));
        EXPECT_EQ(agent.events.all(MqttEvent::message)[0].payload, host);
        ASSERT_TRUE(agent.publish("out", std::string(50'000, 'x')));
    }
}

TEST(MqttTls, a_certificate_of_another_authority_is_refused) {
    const CertificateAuthority authority;
    const CertificateAuthority other;
    TlsBroker broker(authority, authority.issue("server", "IP:127.0.0.1"));
    const std::string error = error_of(broker.settings(other.ca()));
    EXPECT_TRUE(error.starts_with("cannot connect to 127.0.0.1:")) << error;
    EXPECT_NE(error.find("TLS: the broker's certificate: self-signed certificate in certificate chain"),
              std::string::npos)
        << error;
}

TEST(MqttTls, without_ca_only_the_authorities_of_the_system_are_trusted) {
    const CertificateAuthority authority;
    TlsBroker broker(authority, authority.issue("server", "IP:127.0.0.1"));
    const std::string error = error_of(broker.settings({}));
    EXPECT_NE(error.find("TLS: the broker's certificate: self-signed certificate in certificate chain"),
              std::string::npos)
        << error;
}

TEST(MqttTls, a_certificate_that_is_over_is_refused) {
    const CertificateAuthority authority;
    TlsBroker broker(authority, authority.issue("server", "IP:127.0.0.1", -1));
    const std::string error = error_of(broker.settings(authority.ca()));
    EXPECT_NE(error.find("TLS: the broker's certificate: certificate has expired"), std::string::npos) << error;
}

TEST(MqttTls, a_certificate_for_another_name_is_refused) {
    const CertificateAuthority authority;
    TlsBroker broker(authority, authority.issue("server", "DNS:elsewhere.example,IP:127.0.0.2"));
    const std::string error = error_of(broker.settings(authority.ca()));
    EXPECT_NE(error.find("TLS: the broker's certificate: IP address mismatch"), std::string::npos) << error;
    const std::string by_name = error_of(broker.settings(authority.ca(), "localhost"));
    EXPECT_NE(by_name.find("TLS: the broker's certificate: hostname mismatch"), std::string::npos) << by_name;
}

TEST(MqttTls, a_broker_that_demands_a_certificate_gets_one) {
    const CertificateAuthority authority;
    const CertificateAuthority other;
    TlsBroker broker(authority, authority.issue("server", "IP:127.0.0.1"), {"require_certificate true"});
    const std::string without = error_of(broker.settings(authority.ca()));
    EXPECT_NE(without.find("certificate required"), std::string::npos) << without;
    const Certificate mine = authority.issue("agent", "DNS:agent");
    MqttClientSettings settings = broker.settings(authority.ca());
    settings.cert = mine.cert;
    settings.key = mine.key;
    {
        MqttProbe agent(settings);
        ASSERT_TRUE(agent.start_and_subscribe()) << agent.client->last_error();
    }
    const Certificate foreign = other.issue("agent", "DNS:agent");
    settings.cert = foreign.cert;
    settings.key = foreign.key;
    const std::string refused = error_of(settings);
    EXPECT_NE(refused.find("unknown ca"), std::string::npos) << refused;
    settings.key = mine.key;  // of another certificate
    const std::string mismatch = error_of(settings);
    EXPECT_NE(mismatch.find("TLS: key " + mine.key.string() + ": key values mismatch"), std::string::npos) << mismatch;
}

TEST(MqttTls, it_goes_on_trying_and_connects_once_the_certificate_is_good) {
    const CertificateAuthority authority;
    const Certificate good = authority.issue("good", "IP:127.0.0.1");
    const Certificate used = authority.issue("server", "IP:127.0.0.9");
    TlsBroker broker(authority, used);
    MqttProbe agent(broker.settings(authority.ca()));
    agent.start();
    ASSERT_TRUE(agent.until([&] { return !agent.client->last_error().empty(); }));
    std::filesystem::copy_file(good.cert, used.cert, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::copy_file(good.key, used.key, std::filesystem::copy_options::overwrite_existing);
    broker.broker().stop();
    broker.broker().start();
    EXPECT_TRUE(agent.until([&] { return agent.client->connected(); })) << agent.client->last_error();
    EXPECT_EQ(agent.client->last_error(), "");
}

TEST(MqttTls, a_broker_without_tls_is_no_broker) {
    Mosquitto broker;
    MqttClientSettings settings = mqtt_settings(broker.port(), "agent");
    settings.tls = true;
    const std::string error = error_of(settings);
    EXPECT_NE(error.find("TLS: the other end does not go on"), std::string::npos) << error;
}

class MqttPassword : public testing::TestWithParam<std::uint8_t> {
protected:
    MqttPassword() : broker_(options()) {}

    MosquittoOptions options() const {
        ChildProcess made({"mosquitto_passwd", "-b", "-c", (directory_ / "passwords").string(), "gate", "open sesame"});
        EXPECT_EQ(made.wait(20s), 0) << made.errors();
        MosquittoOptions options;
        options.more = {"allow_anonymous false", "password_file " + (directory_ / "passwords").string()};
        return options;
    }
    MqttClientSettings settings(const std::string& password) const {
        std::ofstream(file_) << password << "\n";
        std::filesystem::permissions(file_, std::filesystem::perms{0600});
        MqttClientSettings settings = mqtt_settings(broker_.port(), "agent", {{"t", 1}});
        settings.version = GetParam();
        settings.username = "gate";
        settings.password_file = file_;
        return settings;
    }

    TemporaryDirectory directory_;
    std::filesystem::path file_ = directory_ / "password";
    Mosquitto broker_;
};

TEST_P(MqttPassword, a_right_one_opens_also_when_it_comes_later) {
    MqttProbe agent(settings("open barley"));
    agent.start();
    ASSERT_TRUE(agent.until([&] { return !agent.client->last_error().empty(); }));
    const std::string error = agent.client->last_error();
    EXPECT_NE(error.find("the broker refuses the connection"), std::string::npos) << error;
    EXPECT_EQ(error.find("barley"), std::string::npos);
    settings("open sesame");  // read anew for every connection
    EXPECT_TRUE(agent.until([&] { return agent.client->connected(); })) << agent.client->last_error();
    // And it is there again for the next one.
    broker_.stop();
    ASSERT_TRUE(agent.wait_for(MqttEvent::disconnected, 1));
    broker_.start();
    EXPECT_TRUE(agent.until([&] { return agent.client->connected(); })) << agent.client->last_error();
}

TEST_P(MqttPassword, a_file_that_others_can_read_is_not_used) {
    MqttProbe agent(settings("open sesame"));
    std::filesystem::permissions(file_, std::filesystem::perms{0644});
    agent.start();
    ASSERT_TRUE(agent.until([&] { return !agent.client->last_error().empty(); }));
    EXPECT_NE(agent.client->last_error().find("open to others"), std::string::npos) << agent.client->last_error();
    std::filesystem::permissions(file_, std::filesystem::perms{0600});
    EXPECT_TRUE(agent.until([&] { return agent.client->connected(); })) << agent.client->last_error();
}

INSTANTIATE_TEST_SUITE_P(Each, MqttPassword, testing::Values(std::uint8_t{5}, std::uint8_t{3}),
                         [](const auto& version) { return "mqtt" + std::to_string(version.param); });

TEST(MqttName, that_nobody_has_is_said) {
    MqttClientSettings settings = mqtt_settings(1883, "agent");
    settings.host = "broker.invalid";
    const std::string error = error_of(settings);
    EXPECT_TRUE(error.starts_with("cannot find broker.invalid: ")) << error;
}

}  // namespace
}  // namespace redshank::test
