#include <gtest/gtest.h>

#include "storage/sqlite/database.hpp"
#include "tests/integration/gateway.hpp"

namespace redshank::test {
namespace {

// While it lives no commit of the agent succeeds: another process has the write lock of its database.
class StalledStore {
public:
    explicit StalledStore(const std::filesystem::path& file) {
        Database::Options options;
        options.busy_ms = 20'000;
        auto opened = Database::open(file, options);
        EXPECT_TRUE(opened) << opened.error();
        database_ = std::move(*opened);
        auto begun = Transaction::begin(*database_);
        EXPECT_TRUE(begun) << begun.error();
        transaction_ = std::make_unique<Transaction>(std::move(*begun));
    }

private:
    std::unique_ptr<Database> database_;
    std::unique_ptr<Transaction> transaction_;
};

Configuration small_inbox() {
    Configuration configuration;
    configuration.storage = "loss_window = \"200ms\"\n";
    configuration.window = "length = \"1h\"\n";  // no tick between the messages
    configuration.mqtt = "payload_max = \"1KiB\"\n";
    configuration.more =
        "[limits]\ninbox = \"16KiB\"\n[[rule]]\nname = \"hot\"\nchannel = \"load/#\"\nabove = 100000\n";
    return configuration;
}

struct Stall : testing::Test {
    // Until the first messages are given up; then some more.
    void overflow() {
        // The records of the connection are covered: those that will be given up are messages.
        ASSERT_TRUE(gateway.until([](const Json& now) { return now.count("storage.inbox_bytes") == 0; }));
        stalled = std::make_unique<StalledStore>(gateway.database());
        ASSERT_TRUE(eventually(60s, [&] {
            for (int i = 0; i < 50; ++i) EXPECT_TRUE(devices->send("load/1", value_json(++last)));
            EXPECT_TRUE(devices->settled());
            const auto status = gateway.status();
            if (!status) return false;
            EXPECT_EQ(out_of_balance(*status), "");
            return !status->is("storage.durable") && status->count("storage.exposed_messages") > 0;
        })) << gateway.said();
        ASSERT_TRUE(gateway.until([this](const Json& now) { return now.count("ledger.counted") == last; }));
    }

    Gateway gateway{small_inbox()};
    std::unique_ptr<MqttPeer> devices;
    std::unique_ptr<MqttPeer> listener;
    std::unique_ptr<StalledStore> stalled;
    std::uint64_t last = 0;
};

TEST_F(Stall, a_full_inbox_gives_up_the_oldest_and_alerting_goes_on_until_the_store_is_back) {
    gateway.start_all();
    devices = gateway.devices();
    listener = gateway.listener("redshank/t/alerts");
    ASSERT_NO_FATAL_FAILURE(overflow());
    ASSERT_TRUE(devices->publish("load/hot", value_json(100'001)));
    EXPECT_TRUE(eventually(5s, [&] { return !listener->received().empty(); })) << "an alarm waits for the disk";
    EXPECT_FALSE(gateway.status()->is("storage.durable"));
    EXPECT_TRUE(gateway.until([](const Json& now) {
        EXPECT_EQ(out_of_balance(now), "");
        return now.count("storage.checkpoint_failures") >= 2 && now.text("storage.last_error") != "";
    })) << gateway.said();
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(devices->send("load/1", value_json(++last)));
    stalled.reset();
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.is("storage.durable"); })) << gateway.said();
    EXPECT_EQ(gateway.flush(), 0) << gateway.said();
    EXPECT_EQ(gateway.upstream().count, last + 1);
    EXPECT_EQ(gateway.upstream().sum, sum_of(1, last).sum + 100'001);
    EXPECT_EQ(gateway.upstream_integer("select count(*) from gaps"), 0);
    EXPECT_EQ(gateway.upstream_integer("select count(*) from alerts"), 1);
    EXPECT_TRUE(gateway.until([](const Json& now) { return now.text("storage.last_error").empty(); }));
    EXPECT_EQ(out_of_balance(*gateway.status()), "");
}

TEST_F(Stall, a_kill_while_messages_are_exposed_reports_the_exact_gap) {
    gateway.start_all();
    devices = gateway.devices();
    ASSERT_NO_FATAL_FAILURE(overflow());
    gateway.agent().kill();
    stalled.reset();
    gateway.start_ready();
    ASSERT_TRUE(devices->publish("load/2", value_json(0)));
    ASSERT_TRUE(gateway.until(
        [](const Json& now) { return now.at("sources.0").count("messages") > 0 && now.is("mqtt.connected"); }));
    EXPECT_TRUE(gateway.until([&](const Json& now) { return now.count("limits.channels") == 2; }));
    EXPECT_EQ(gateway.flush(), 0) << gateway.said();
    // Every record of the gap was a message of one reading.
    ASSERT_EQ(gateway.upstream_integer("select count(*) from gaps"), 1);
    EXPECT_EQ(gateway.upstream_text("select reason from gaps"), "inbox_given_up");
    const auto lost = static_cast<std::uint64_t>(gateway.upstream_integer("select sum(count) from gaps"));
    EXPECT_GT(lost, 0U);
    EXPECT_EQ(gateway.upstream_integer("select last_seq - first_seq + 1 - count from gaps"), 0);
    EXPECT_EQ(gateway.upstream().count, last + 1 - lost);
    EXPECT_EQ(out_of_balance(*gateway.status()), "");
}

}  // namespace
}  // namespace redshank::test
