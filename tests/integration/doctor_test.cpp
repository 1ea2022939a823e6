#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "tests/integration/gateway.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/network.hpp"

// `redshank doctor` and the page of `redshank status`, against real programs.

namespace redshank::test {
namespace {

class Doctor : public testing::Test {
protected:
    int examine() {
        const int code = gateway_.command({"doctor", "--json"});
        checks_ = Json::parse(gateway_.said());
        return code;
    }

    // "ok", "warning", "error", or "" for a check that there is not.
    std::string result(const std::string& name) const { return text(name, "result"); }
    std::string text(const std::string& name, const std::string& of) const {
        for (const auto& [index, check] : checks_.at("checks").members()) {
            if (check.text("name") == name) return check.text(of);
        }
        return "";
    }

    std::string keygen(const std::string& name) {
        EXPECT_EQ(gateway_.command({"keygen", (files_ / name).string()}), 0) << gateway_.said();
        return gateway_.said().substr(0, gateway_.said().find('\n'));
    }
    void configure_keys(const std::string& server_key) {
        Configuration configuration;
        configuration.uplink_keys =
            "server_key = \"" + server_key + "\"\nkey_file = \"" + (files_ / "agent.key").string() + "\"\n";
        gateway_.configure(configuration);
    }

    TemporaryDirectory files_;
    Gateway gateway_{{}, false};
    Json checks_;
};

TEST_F(Doctor, with_everything_there_and_an_agent_that_runs_there_is_no_error) {
    gateway_.start_broker();
    ASSERT_NO_FATAL_FAILURE(gateway_.start_all());
    const std::uint64_t boot = gateway_.status()->count("boot");
    EXPECT_EQ(examine(), 0) << gateway_.said();
    for (const char* const name :
         {"configuration", "broker mqtt: name", "broker mqtt: TCP", "broker mqtt: login", "collector: TCP",
          "collector: handshake", "state directory", "runtime directory", "agent", "agent: ledger"}) {
        EXPECT_EQ(result(name), "ok") << name << ": " << text(name, "what");
    }
    const auto status = gateway_.status();
    ASSERT_TRUE(status);
    EXPECT_TRUE(status->is("mqtt.connected"));  // nobody took its session over
    EXPECT_TRUE(status->is("uplink.connected"));
    EXPECT_EQ(status->count("boot"), boot);
    EXPECT_EQ(gateway_.broker().log().find("already connected"), std::string::npos);
}

TEST_F(Doctor, without_broker_collector_and_agent_each_is_named_with_what_to_do) {
    EXPECT_EQ(examine(), 1) << gateway_.said();
    for (const char* const name : {"broker mqtt: TCP", "collector: TCP"}) {
        EXPECT_EQ(result(name), "error") << gateway_.said();
        EXPECT_NE(text(name, "what").find("Connection refused"), std::string::npos) << text(name, "what");
        EXPECT_NE(text(name, "do"), "");
    }
    EXPECT_EQ(result("agent"), "warning");
    EXPECT_EQ(result("broker mqtt: login"), "");
    EXPECT_EQ(result("state directory"), "ok");
    EXPECT_FALSE(std::filesystem::exists(gateway_.state()));  // nothing is made
}

TEST_F(Doctor, a_broker_over_tls_is_shaken_hands_with_and_a_wrong_authority_is_named) {
    const CertificateAuthority authority;
    const CertificateAuthority other;
    const Certificate server = authority.issue("server", "IP:127.0.0.1", 5);
    const std::uint16_t port = free_port();
    MosquittoOptions options;
    options.more = {"listener " + std::to_string(port) + " 127.0.0.1", "cafile " + authority.ca().string(),
                    "certfile " + server.cert.string(), "keyfile " + server.key.string(), "allow_anonymous true"};
    Mosquitto broker(options);
    gateway_.start_broker();
    Configuration configuration;
    const auto configure = [&](const std::filesystem::path& ca) {
        configuration.more = "[[broker]]\nname = \"safe\"\nurl = \"mqtts://127.0.0.1:" + std::to_string(port) +
                             "\"\nca = \"" + ca.string() + "\"\n";
        gateway_.configure(configuration);
        examine();
    };
    configure(authority.ca());
    EXPECT_EQ(result("broker safe: TLS"), "warning") << gateway_.said();  // ends in five days
    EXPECT_EQ(result("broker safe: login"), "ok") << gateway_.said();
    EXPECT_EQ(result("broker mqtt: TLS"), "");
    configure(other.ca());
    EXPECT_EQ(result("broker safe: TLS"), "error") << gateway_.said();
    EXPECT_EQ(result("broker safe: TCP"), "ok");
    EXPECT_NE(text("broker safe: TLS", "do"), "");
}

TEST_F(Doctor, a_collector_that_encrypts_is_told_from_one_that_does_not_know_the_agent) {
    gateway_.start_broker();
    const std::string agent_key = keygen("agent.key");
    const std::string collector_key = keygen("collector.key");
    const std::string other_key = keygen("other.key");
    std::ofstream(files_ / "allow") << agent_key << " t\n";
    const std::vector<std::string> keys{"--key-file", (files_ / "collector.key").string(), "--allow",
                                        (files_ / "allow").string()};
    configure_keys(collector_key);
    ASSERT_NO_FATAL_FAILURE(gateway_.start_collector(keys));
    EXPECT_EQ(examine(), 0) << gateway_.said();
    EXPECT_EQ(text("collector: handshake", "what"), "succeeds, encrypted");
    EXPECT_EQ(result("key of the uplink"), "ok");

    configure_keys(other_key);
    EXPECT_EQ(examine(), 1) << gateway_.said();
    EXPECT_EQ(result("collector: handshake"), "error");
    EXPECT_NE(text("collector: handshake", "what").find("server_key is not"), std::string::npos);

    configure_keys(collector_key);
    gateway_.stop_collector();
    std::ofstream(files_ / "allow") << other_key << " t\n";
    ASSERT_NO_FATAL_FAILURE(gateway_.start_collector(keys));
    EXPECT_EQ(examine(), 1) << gateway_.said();
    EXPECT_NE(text("collector: handshake", "do").find("add " + agent_key), std::string::npos) << gateway_.said();

    std::filesystem::permissions(files_ / "agent.key", std::filesystem::perms{0644});
    EXPECT_EQ(examine(), 1) << gateway_.said();
    EXPECT_EQ(result("key of the uplink"), "error");
    EXPECT_NE(text("key of the uplink", "what").find("mode 0644"), std::string::npos);
    EXPECT_EQ(result("collector: handshake"), "");
    std::string secret = read_text(files_ / "agent.key");
    secret.pop_back();
    EXPECT_EQ(gateway_.said().find(secret), std::string::npos);
    EXPECT_EQ(gateway_.said().find("curve-secret"), std::string::npos);
}

TEST_F(Doctor, a_configuration_that_is_bad_is_78) {
    std::ofstream(gateway_.configuration()) << "[agent]\nid = \"t\"\nno_such_key = 1\n";
    EXPECT_EQ(examine(), 78);
    EXPECT_EQ(checks_.at("checks").size(), 1U);
    EXPECT_EQ(result("configuration"), "error");
    EXPECT_NE(text("configuration", "what").find(":3:1: "), std::string::npos) << gateway_.said();
    EXPECT_EQ(gateway_.command({"doctor"}), 78);
    EXPECT_TRUE(gateway_.said().starts_with("error  configuration  ")) << gateway_.said();
}

TEST_F(Doctor, ends_in_time_when_nothing_answers) {
    gateway_.start_broker();
    ASSERT_NO_FATAL_FAILURE(gateway_.start_all());
    gateway_.broker().pause();
    gateway_.agent().signal(SIGSTOP);
    gateway_.collector().signal(SIGSTOP);
    const auto begin = std::chrono::steady_clock::now();
    const int code = examine();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 15s);
    gateway_.broker().resume();
    gateway_.agent().signal(SIGCONT);
    gateway_.collector().signal(SIGCONT);
    EXPECT_EQ(code, 1) << gateway_.said();
    EXPECT_EQ(result("broker mqtt: login"), "error") << gateway_.said();
    EXPECT_EQ(result("agent"), "error") << gateway_.said();
}

TEST_F(Doctor, a_broker_whose_name_nobody_knows_is_told_from_one_that_is_down) {
    Configuration configuration;
    configuration.uplink = false;
    gateway_.configure(configuration);
    const int code = gateway_.command({"doctor", "--json", "--broker", "mqtt://no-such-host.invalid"});
    checks_ = Json::parse(gateway_.said());
    EXPECT_EQ(code, 1);
    EXPECT_EQ(result("broker mqtt: name"), "error") << gateway_.said();
    EXPECT_EQ(result("broker mqtt: TCP"), "");
    EXPECT_EQ(result("collector"), "ok");
}

TEST_F(Doctor, the_page_of_a_running_agent_has_a_line_for_everything) {
    gateway_.start_broker();
    ASSERT_NO_FATAL_FAILURE(gateway_.start_all());
    const auto devices = gateway_.devices();
    ASSERT_TRUE(devices->publish("load/1", value_json(7)));
    ASSERT_TRUE(devices->publish("load/1", "oops"));
    ASSERT_TRUE(gateway_.until_messages(2));
    ASSERT_EQ(gateway_.command({"status"}), 0) << gateway_.said();
    const std::string page = gateway_.said();
    EXPECT_TRUE(page.starts_with("redshank t, version ")) << page;
    for (const char* const part :
         {"ready       yes\n", "ledger      balanced\n", "2 = 1 decoded + 1 rejected", "load/{device}  2 messages",
          "last invalid_json: load/1\n", "connected", "uplink      tcp://", "storage     durable",
          "models      1 group", "alerts      none fires\n", "clock       ", "memory      budget"}) {
        EXPECT_NE(page.find(part), std::string::npos) << part << "\n" << page;
    }
}

}  // namespace
}  // namespace redshank::test
