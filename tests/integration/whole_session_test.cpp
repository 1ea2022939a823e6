#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "tests/integration/gateway.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/network.hpp"

// One session with everything on: MQTT over TLS with a client certificate, the uplink with CURVE, every kind of rule,
// derived channels, commands, and a kill in the middle.

namespace redshank::test {
namespace {

constexpr const char* rules = R"(
[alerts]
commands = true
limit = 100
[[group]]
name = "machine-{m}"
channels = ["t", "v"]
warmup = 20
model = "pca"
[[rule]]
name = "hot"
channel = "plant/line/+:t"
above = 80
clear_below = 75
severity = "critical"
[[rule]]
name = "cold"
channel = "plant/line/+:t"
below = 5
[[rule]]
name = "heating"
channel = "plant/line/+:t"
rate_above = 1000
rate_per = "1h"
[[rule]]
name = "hot-and-shaking"
channel = "plant/line/{m}:t"
above = 80
and = { channel = "plant/line/{m}:v", above = 5 }
[[rule]]
name = "hot-or-shaking"
channel = "plant/line/{m}:t"
above = 80
or = { channel = "plant/line/{m}:v", above = 5 }
[[rule]]
name = "rough"
channel = "plant/line/+:v/rms"
above = 3
for = "200ms"
[[rule]]
name = "strange"
group = "machine-{m}"
score_above = 0.5
[[rule]]
name = "silent"
channel = "plant/#"
absent_for = "3s"
per = "topic"
[[rule]]
name = "off-rhythm"
channel = "plant/line/2:t"
absent_for = "auto"
[[rule]]
name = "once"
channel = "plant/line/+:v"
above = 5
cooldown = "1h"
per = "source"
)";

class WholeSession : public testing::Test {
protected:
    void SetUp() override {
        const Certificate server = authority_.issue("server", "IP:127.0.0.1");
        const Certificate client = authority_.issue("client", "DNS:gateway");
        const std::uint16_t port = free_port();
        MosquittoOptions options;
        options.more = {"listener " + std::to_string(port) + " 127.0.0.1",
                        "cafile " + authority_.ca().string(),
                        "certfile " + server.cert.string(),
                        "keyfile " + server.key.string(),
                        "require_certificate true",
                        "allow_anonymous true"};
        broker_ = std::make_unique<Mosquitto>(options);
        configuration_.sources =
            "[[source]]\ntopic = \"line/{m}\"\nfields = [\"t\", \"v\"]\nbroker = \"plant\"\n"
            "preprocess = { derive = [\"rms:4\"], range = [-50, 500] }\n";
        configuration_.more = "[[broker]]\nname = \"plant\"\nurl = \"mqtts://127.0.0.1:" + std::to_string(port) +
                              "\"\nca = \"" + authority_.ca().string() + "\"\ncert = \"" + client.cert.string() +
                              "\"\nkey = \"" + client.key.string() + "\"\n" + rules;
        std::ofstream(files_ / "allow") << keygen("agent.key") << " t\n";
        configuration_.uplink_keys = "server_key = \"" + keygen("collector.key") + "\"\nkey_file = \"" +
                                     (files_ / "agent.key").string() + "\"\n";
        gateway_.configure(configuration_);
        gateway_.start_collector(
            {"--key-file", (files_ / "collector.key").string(), "--allow", (files_ / "allow").string()});
        gateway_.start_ready();
    }

    std::string keygen(const std::string& name) {
        EXPECT_EQ(gateway_.command({"keygen", (files_ / name).string()}), 0) << gateway_.said();
        return gateway_.said().substr(0, gateway_.said().find('\n'));
    }
    void send(MqttPeer& devices, int machine, double t, double v) {
        ASSERT_TRUE(devices.send("line/" + std::to_string(machine),
                                 "{\"t\": " + std::to_string(t) + ", \"v\": " + std::to_string(v) + "}"));
        ++sent_;
    }
    bool fired(const std::string& rule) {
        return eventually(40s, [&] {
            return gateway_.upstream_integer("SELECT count(*) FROM alerts WHERE state = 'firing' AND rule = '" + rule +
                                             "'") > 0;
        });
    }

    CertificateAuthority authority_;
    TemporaryDirectory files_;
    std::unique_ptr<Mosquitto> broker_;
    Configuration configuration_;
    Gateway gateway_;
    std::uint64_t sent_ = 0;
};

TEST_F(WholeSession, every_kind_of_rule_fires_over_tls_and_curve_and_everything_is_counted_once) {
    ASSERT_TRUE(gateway_.until([](const Json& now) {
        return now.is("uplink.connected") && now.is("uplink.encrypted") && now.is("brokers.1.connected");
    })) << gateway_.agent().errors();
    MqttPeer devices(broker_->port(), "devices");
    ASSERT_TRUE(devices.connected());
    for (int i = 0; i < 120; ++i) {
        send(devices, 1, 20 + i % 3, 1 + 0.1 * (i % 2));
        send(devices, 2, 21 + i % 3, 1);
        if (i % 10 == 9) std::this_thread::sleep_for(30ms);  // a rhythm of its own, for off-rhythm
    }
    ASSERT_TRUE(devices.settled());
    ASSERT_TRUE(gateway_.until_messages(sent_));
    gateway_.agent().kill();
    send(devices, 1, 90, 9);  // waits in the broker
    ASSERT_TRUE(devices.settled());
    gateway_.start_ready();
    for (int i = 0; i < 6; ++i) send(devices, 1, 91, 9);
    send(devices, 2, 1, 1);
    ASSERT_TRUE(devices.settled());
    for (const char* rule : {"hot", "cold", "heating", "hot-and-shaking", "hot-or-shaking", "rough", "strange",
                             "silent", "off-rhythm", "once"}) {
        EXPECT_TRUE(fired(rule)) << rule;
    }
    EXPECT_EQ(gateway_.upstream_text("SELECT DISTINCT channel FROM alerts WHERE rule = 'once'"), "plant/line");
    EXPECT_EQ(gateway_.command({"ack", "--rule", "hot"}), 0) << gateway_.said();
    ASSERT_EQ(gateway_.flush(), 0) << gateway_.said();
    const auto status = gateway_.status();
    ASSERT_TRUE(status);
    EXPECT_EQ(out_of_balance(*status), "");
    EXPECT_EQ(status->count("ledger.messages") - status->count("ledger.duplicate"), sent_);
    EXPECT_EQ(gateway_.upstream_integer("SELECT sum(count) FROM aggregates WHERE channel IN "
                                        "('plant/line/1:t', 'plant/line/1:v', 'plant/line/2:t', 'plant/line/2:v')"),
              static_cast<std::int64_t>(2 * sent_));
    EXPECT_EQ(gateway_.upstream_integer("SELECT count(*) FROM aggregates WHERE sketch IS NULL"), 0);
}

}  // namespace
}  // namespace redshank::test
