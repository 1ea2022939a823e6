#include <gtest/gtest.h>

#include <fstream>

#include "tests/integration/gateway.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/network.hpp"
#include "tests/support/tcp_relay.hpp"

// Several brokers, versions and qualities, with the real agent, exact up to the collector.

namespace redshank::test {
namespace {

std::string source_of(const std::string& broker) {
    return "[[source]]\ntopic = \"load/{device}\"\nfields = [\"value\"]\nbroker = \"" + broker + "\"\n";
}

std::string broker_table(const std::string& name, const std::string& url, const std::string& more = {}) {
    return "[[broker]]\nname = \"" + name + "\"\nurl = \"" + url + "\"\n" + more;
}

std::size_t index_of(const Json& status, const std::string& broker) {
    std::size_t index = 0;
    while (index < status.at("brokers").size() && status.text("brokers." + std::to_string(index) + ".name") != broker) {
        ++index;
    }
    return index;
}

bool connected(const Json& status, const std::string& broker) {
    return status.is("brokers." + std::to_string(index_of(status, broker)) + ".connected");
}

std::uint64_t messages(const Json& status, const std::string& broker) {
    return status.count("brokers." + std::to_string(index_of(status, broker)) + ".messages");
}

TEST(Brokers, one_topic_at_two_brokers_is_two_channels_and_one_broker_killed_does_not_stop_the_other) {
    Mosquitto second;
    Configuration configuration;
    configuration.sources = source_of("mqtt") + source_of("hall");
    configuration.more =
        broker_table("hall", second.url()) + "[[rule]]\nname = \"high\"\nchannel = \"hall/#\"\nabove = 1000\n";
    Gateway gateway(configuration);
    gateway.start_all();
    ASSERT_TRUE(gateway.until([](const Json& now) { return connected(now, "hall"); })) << gateway.agent().errors();
    const auto listener = gateway.listener();
    {
        const auto here = gateway.devices();
        MqttPeer there(second.port(), "devices");
        for (std::uint64_t value = 1; value <= 50; ++value) {
            ASSERT_TRUE(here->send("load/1", value_json(value)));
            ASSERT_TRUE(there.send("load/1", value_json(value)));
        }
        ASSERT_TRUE(here->settled());
        ASSERT_TRUE(there.settled());
        ASSERT_TRUE(there.publish("load/1", value_json(2000)));
    }
    ASSERT_TRUE(listener->receives(
        [](const Received& message) { return message.topic == "redshank/t/alert/high/hall/load/1:value"; }));
    ASSERT_TRUE(gateway.until_messages(101));
    EXPECT_EQ(messages(*gateway.status(), "mqtt"), 50U);
    EXPECT_EQ(messages(*gateway.status(), "hall"), 51U);

    second.save();
    second.kill();
    ASSERT_TRUE(gateway.until([](const Json& now) { return !connected(now, "hall"); }));
    const auto status = gateway.status();
    EXPECT_NE(status->text("brokers.1.error"), "");
    EXPECT_TRUE(connected(*status, "mqtt"));
    EXPECT_TRUE(status->is("mqtt.connected"));
    const auto here = gateway.devices();
    for (std::uint64_t value = 51; value <= 100; ++value) ASSERT_TRUE(here->publish("load/1", value_json(value)));
    ASSERT_TRUE(gateway.until_messages(151));

    second.start();
    MqttPeer there(second.port(), "devices");
    ASSERT_TRUE(there.publish("load/1", value_json(7)));
    ASSERT_TRUE(gateway.until_messages(152)) << gateway.agent().errors();
    ASSERT_EQ(gateway.flush(), 0) << gateway.said();
    EXPECT_EQ(gateway.upstream_integer("select sum(count) from aggregates where channel = 'load/1:value'"), 100);
    EXPECT_EQ(gateway.upstream_integer("select sum(count) from aggregates where channel = 'hall/load/1:value'"), 52);
    EXPECT_EQ(out_of_balance(*gateway.status()), "");
}

TEST(Brokers, a_second_one_that_never_was_does_not_hold_up_readiness) {
    Configuration configuration;
    configuration.sources = source_of("mqtt") + source_of("hall");
    configuration.more = broker_table("hall", "mqtt://127.0.0.1:" + std::to_string(free_port()));
    Gateway gateway(configuration);
    gateway.start_all();
    const auto devices = gateway.devices();
    ASSERT_TRUE(devices->publish("load/1", value_json(1)));
    ASSERT_TRUE(gateway.until_messages(1));
    EXPECT_FALSE(connected(*gateway.status(), "hall"));
}

TEST(Brokers, a_kill_of_the_agent_doubles_and_loses_nothing_at_either) {
    Mosquitto second;
    Configuration configuration;
    configuration.sources = source_of("mqtt") + source_of("hall");
    configuration.more = broker_table("hall", second.url(), "version = \"3.1.1\"\nqos = 2\n");
    Gateway gateway(configuration);
    gateway.start_all();
    ASSERT_TRUE(gateway.until([](const Json& now) { return connected(now, "hall"); }));
    const auto here = gateway.devices();
    MqttPeer there(second.port(), "devices");
    for (std::uint64_t value = 1; value <= 300; ++value) {
        ASSERT_TRUE(here->send("load/1", value_json(value)));
        ASSERT_TRUE(there.send("load/1", value_json(value)));
        if (value == 150) gateway.agent().kill();
    }
    ASSERT_TRUE(here->settled());
    ASSERT_TRUE(there.settled());
    gateway.start_ready();
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.count("ledger.decoded") >= 600; }));
    ASSERT_EQ(gateway.flush(), 0) << gateway.said();
    for (const char* channel : {"load/1:value", "hall/load/1:value"}) {
        EXPECT_EQ(gateway.upstream_integer(
                      "select sum(cast(round(count * mean) as integer)) from aggregates where channel = '" +
                      std::string(channel) + "'"),
                  300 * 301 / 2)
            << channel;
    }
    EXPECT_EQ(gateway.upstream().count, 600U);
}

struct Way {
    const char* version;
    int qos;
};
void PrintTo(const Way& way, std::ostream* out) {
    *out << "MQTT " << way.version << " QoS " << way.qos;
}

class ExactOverCutLines : public testing::TestWithParam<Way> {};

TEST_P(ExactOverCutLines, each_message_is_counted_once) {
    Mosquitto broker;
    TcpRelay line(broker.port());
    Configuration configuration;
    configuration.sources = source_of("line");
    configuration.more = broker_table(
        "line", "mqtt://127.0.0.1:" + std::to_string(line.port()),
        std::string("version = ") + GetParam().version + "\nqos = " + std::to_string(GetParam().qos) + "\n");
    Gateway gateway(configuration);
    gateway.start_all();
    ASSERT_TRUE(gateway.until([](const Json& now) { return connected(now, "line"); }));
    std::uint64_t sent = 0;
    const auto publish = [&](std::uint64_t count) {
        ChildProcess device({"sh", "-c",
                             "for i in $(seq " + std::to_string(sent + 1) + " " + std::to_string(sent + count) +
                                 "); do echo \"{\\\"value\\\": $i}\"; done | mosquitto_pub -p " +
                                 std::to_string(broker.port()) + " -V 5 -q 2 -t load/1 -l"});
        ASSERT_EQ(device.wait(20s), 0) << device.errors();
        sent += count;
    };
    for (int round = 0; round < 2; ++round) {
        publish(100);
        ASSERT_TRUE(gateway.until([&](const Json& now) { return now.count("ledger.decoded") >= sent; }));
        line.swallow_requests();  // what is acknowledged from here on comes again
        publish(100);
        ASSERT_TRUE(eventually(10s, [&] { return line.swallowed() > 0; }));
        const std::uint64_t before = line.connections();
        line.cut();
        ASSERT_TRUE(eventually(20s, [&] { return line.connections() > before; }));
    }
    ASSERT_TRUE(gateway.until([&](const Json& now) { return now.count("ledger.decoded") >= sent; })) << gateway.said();
    ASSERT_EQ(gateway.flush(), 0) << gateway.said();
    EXPECT_EQ(gateway.upstream(), sum_of(1, sent));
    EXPECT_GT(gateway.status()->count("ledger.duplicate"), 0U) << "nothing came again: the test tests nothing";
    EXPECT_EQ(out_of_balance(*gateway.status()), "");
}

INSTANTIATE_TEST_SUITE_P(Each, ExactOverCutLines, testing::Values(Way{"5", 1}, Way{"5", 2}, Way{"3", 1}, Way{"3", 2}),
                         [](const auto& way) {
                             return "mqtt" + std::string(way.param.version) + "_qos" + std::to_string(way.param.qos);
                         });

TEST(Brokers, overlapping_sources_under_3_1_1_count_once) {
    Configuration configuration;
    configuration.mqtt = "version = 3\n";
    configuration.sources = "[[source]]\ntopic = \"load/{device}\"\nfields = [\"value\"]\n[[source]]\ntopic = \"#\"\n";
    Gateway gateway(configuration);
    gateway.start_all();
    const auto devices = gateway.devices();
    for (std::uint64_t value = 1; value <= 20; ++value) ASSERT_TRUE(devices->send("load/1", value_json(value)));
    ASSERT_TRUE(devices->publish("else/1", value_json(1)));
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.count("ledger.decoded") >= 21; }));
    const auto status = gateway.status();
    EXPECT_EQ(status->count("sources.0.decoded"), 20U);
    EXPECT_EQ(status->count("sources.1.decoded"), 1U);
    EXPECT_EQ(status->count("ledger.duplicate"), 0U);
    EXPECT_EQ(out_of_balance(*status), "");
}

TEST(Brokers, tls_and_a_password_at_the_first_one) {
    const CertificateAuthority authority;
    const Certificate certificate = authority.issue("server", "IP:127.0.0.1");
    TemporaryDirectory directory;
    const std::string passwords = (directory / "passwords").string();
    ChildProcess made({"mosquitto_passwd", "-b", "-c", passwords, "gate", "open sesame"});
    ASSERT_EQ(made.wait(20s), 0) << made.errors();
    const std::string password = (directory / "password").string();
    std::ofstream(password) << "open sesame\n";
    std::filesystem::permissions(password, std::filesystem::perms{0600});
    const std::uint16_t port = free_port();
    MosquittoOptions options;
    options.more = {"listener " + std::to_string(port) + " 127.0.0.1",
                    "allow_anonymous false",
                    "password_file " + passwords,
                    "cafile " + authority.ca().string(),
                    "certfile " + certificate.cert.string(),
                    "keyfile " + certificate.key.string()};
    Mosquitto broker(options);
    Configuration configuration;
    configuration.sources = source_of("secret");
    configuration.more = broker_table(
        "secret", "mqtts://127.0.0.1:" + std::to_string(port),
        "ca = \"" + authority.ca().string() + "\"\nusername = \"gate\"\npassword_file = \"" + password + "\"\n");
    Gateway gateway(configuration);
    gateway.start_all();
    ASSERT_TRUE(gateway.until([](const Json& now) { return connected(now, "secret"); })) << gateway.agent().errors();
    ChildProcess device({"mosquitto_pub", "-h", "127.0.0.1", "-p", std::to_string(port), "--cafile",
                         authority.ca().string(), "-u", "gate", "-P", "open sesame", "-q", "1", "-t", "load/1", "-m",
                         value_json(5)});
    ASSERT_EQ(device.wait(20s), 0) << device.errors();
    ASSERT_TRUE(gateway.until_messages(1));
    EXPECT_EQ(gateway.agent().errors().find("sesame"), std::string::npos) << "never logged";
    EXPECT_EQ(gateway.command({"check"}), 0) << gateway.said();
    std::filesystem::permissions(password, std::filesystem::perms{0644});
    EXPECT_EQ(gateway.command({"check"}), 78);
    EXPECT_NE(gateway.said().find("is open to others than its owner"), std::string::npos) << gateway.said();
    EXPECT_EQ(gateway.command({"status"}), 0) << "who only asks needs no password";
}

}  // namespace
}  // namespace redshank::test
