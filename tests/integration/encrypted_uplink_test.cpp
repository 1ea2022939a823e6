#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "tests/integration/gateway.hpp"

// Agent and collector with keys that `redshank keygen` made: the real programs, a real broker.

namespace redshank::test {
namespace {

class EncryptedUplink : public testing::Test {
protected:
    void SetUp() override {
        agent_key_ = keygen("agent.key");
        collector_key_ = keygen("collector.key");
        allow(agent_key_ + " t\n");
        configure(collector_key_);
    }

    std::string keygen(const std::string& name) {
        EXPECT_EQ(gateway_.command({"keygen", (files_ / name).string()}), 0) << gateway_.said();
        return gateway_.said().substr(0, gateway_.said().find('\n'));
    }

    void configure(const std::string& server_key) {
        Configuration configuration;
        configuration.uplink_keys =
            "server_key = \"" + server_key + "\"\nkey_file = \"" + (files_ / "agent.key").string() + "\"\n";
        gateway_.configure(configuration);
    }

    void allow(const std::string& text) const { std::ofstream(files_ / "allow") << text; }

    void start_collector() {
        gateway_.start_collector(
            {"--key-file", (files_ / "collector.key").string(), "--allow", (files_ / "allow").string()});
    }

    // One reading more; the numbers count up.
    void send(MqttPeer& devices) {
        ASSERT_TRUE(devices.send("load/1", value_json(++sent_)));
        ASSERT_TRUE(devices.settled());
        ASSERT_TRUE(gateway_.until_messages(sent_));
    }

    bool fails_with(const std::string& part) {
        return gateway_.until([&](const Json& now) {
            return !now.is("uplink.connected") && now.text("uplink.handshake_failure").find(part) != std::string::npos;
        });
    }

    TemporaryDirectory files_;
    Gateway gateway_;
    std::string agent_key_;
    std::string collector_key_;
    std::uint64_t sent_ = 0;
};

TEST_F(EncryptedUplink, delivers_and_who_is_taken_from_the_allow_file_buffers_until_he_is_back) {
    ASSERT_NO_FATAL_FAILURE(start_collector());
    ASSERT_NO_FATAL_FAILURE(gateway_.start_ready());
    const auto devices = gateway_.devices();
    for (int i = 0; i < 20; ++i) ASSERT_NO_FATAL_FAILURE(send(*devices));
    ASSERT_EQ(gateway_.flush(), 0) << gateway_.said();
    EXPECT_EQ(gateway_.upstream(), sum_of(1, sent_));
    auto status = gateway_.status();
    ASSERT_TRUE(status);
    EXPECT_EQ(out_of_balance(*status), "");
    EXPECT_TRUE(status->is("uplink.connected"));
    EXPECT_TRUE(status->is("uplink.encrypted"));
    EXPECT_EQ(status->text("uplink.handshake_failure"), "");
    EXPECT_EQ(gateway_.upstream_text("SELECT agent FROM keys WHERE key = '" + agent_key_ + "'"), "t");

    const std::uint64_t delivered = sent_;
    allow("# nobody\n");
    gateway_.collector().signal(SIGHUP);
    ASSERT_TRUE(fails_with("allow file")) << gateway_.said();
    for (int i = 0; i < 10; ++i) ASSERT_NO_FATAL_FAILURE(send(*devices));
    EXPECT_EQ(gateway_.flush("2s"), 1);
    status = gateway_.status();
    ASSERT_TRUE(status);
    EXPECT_EQ(out_of_balance(*status), "");
    EXPECT_EQ(status->count("ledger.buffered_readings"), sent_ - delivered);
    EXPECT_EQ(gateway_.upstream(), sum_of(1, delivered));

    allow(agent_key_ + " t\n");
    gateway_.collector().signal(SIGHUP);
    EXPECT_EQ(gateway_.flush("60s"), 0) << gateway_.said();
    EXPECT_EQ(gateway_.upstream(), sum_of(1, sent_));
    status = gateway_.status();
    ASSERT_TRUE(status);
    EXPECT_EQ(out_of_balance(*status), "");
    EXPECT_EQ(status->count("heap.allocations_after_start"), 0U);
    EXPECT_EQ(gateway_.agent().terminate(), 0);
    gateway_.stop_collector();
    const std::string log = gateway_.agent().errors();
    EXPECT_NE(log.find("uplink: the collector's allow file"), std::string::npos) << log;
    EXPECT_NE(log.find("uplink: the handshake succeeds again"), std::string::npos) << log;
}

TEST_F(EncryptedUplink, a_wrong_server_key_is_said_once_and_another_agents_id_is_not_taken) {
    configure(keygen("third.key"));
    allow(agent_key_ + " hall-3\n");
    ASSERT_NO_FATAL_FAILURE(start_collector());
    ASSERT_NO_FATAL_FAILURE(gateway_.start_ready());
    ASSERT_TRUE(fails_with("server_key")) << gateway_.said();
    const auto failures = [this] {
        const std::string log = gateway_.agent().errors();
        std::size_t count = 0;
        for (std::size_t at = 0; (at = log.find("server_key", at)) != std::string::npos; ++at) ++count;
        return count;
    };
    const auto devices = gateway_.devices();
    ASSERT_NO_FATAL_FAILURE(send(*devices));
    EXPECT_EQ(gateway_.flush("5s"), 1) << "time for several more tries";
    EXPECT_EQ(failures(), 1U) << gateway_.agent().errors();
    ASSERT_EQ(gateway_.agent().terminate(), 0);

    configure(collector_key_);
    ASSERT_NO_FATAL_FAILURE(gateway_.start_ready());
    EXPECT_TRUE(eventually(30s, [this] {
        return gateway_.collector().errors().find("speaks for \"hall-3\" by the allow file, not for \"t\"") !=
               std::string::npos;
    })) << gateway_.collector().errors();
    EXPECT_FALSE(gateway_.status()->is("uplink.connected"));
    EXPECT_EQ(gateway_.upstream_integer("SELECT count(*) FROM agents"), 0);
    EXPECT_EQ(gateway_.agent().terminate(), 0);
    gateway_.stop_collector();
}

TEST_F(EncryptedUplink, without_its_key_file_the_agent_refuses_to_start_and_check_says_where) {
    std::filesystem::permissions(files_ / "agent.key", std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    EXPECT_EQ(gateway_.command({"check"}), 78);
    EXPECT_NE(gateway_.said().find("redshank.toml:10:12: key_file has mode 0604"), std::string::npos)
        << gateway_.said();
    gateway_.start_agent();
    EXPECT_EQ(gateway_.agent().wait(30s), 78);
}

}  // namespace
}  // namespace redshank::test
