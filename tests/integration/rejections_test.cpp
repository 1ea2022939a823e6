#include <gtest/gtest.h>

#include "tests/integration/gateway.hpp"
#include "tests/support/scripted_broker.hpp"

namespace redshank::test {
namespace {

struct Offender {
    const char* name;
    std::string payload;
    const char* reason;
};

TEST(Rejections, each_offender_is_counted_by_its_reason_and_its_neighbours_are_counted) {
    Configuration configuration;
    configuration.sources =
        "[[source]]\ntopic = \"load/{device}\"\nfields = [\"value\"]\n"
        "[[source]]\ntopic = \"plain/#\"\nformat = \"number\"\n";
    configuration.mqtt = "payload_max = \"16KiB\"\n";
    Gateway gateway(configuration);
    gateway.start_all();
    const auto devices = gateway.devices();

    const Offender offenders[] = {
        {"broken", "{\"value\": 1", "invalid_json"},
        {"nan", "{\"value\": NaN}", "invalid_json"},
        {"infinity", "{\"value\": -Infinity}", "invalid_json"},
        {"empty", "", "invalid_json"},
        {"nul", std::string("{\"value\": 1}\0", 13), "invalid_json"},
        {"not_utf8", "{\"value\": 1, \"n\": \"\xff\xfe\"}", "not_utf8"},
        {"large", "{\"value\": 1, \"n\": \"" + std::string(20'000, 'x') + "\"}", "too_large"},
        {"deep", "{\"value\": " + std::string(200, '[') + std::string(200, ']') + "}", "too_deep"},
    };
    std::uint64_t messages = 0;
    std::uint64_t good = 0;
    for (const Offender& offender : offenders) {
        const std::string topic = std::string("load/") + offender.name;
        ASSERT_TRUE(devices->publish(topic, offender.payload)) << topic;
        ASSERT_TRUE(gateway.until([&](const Json& now) {
            return now.text("sources.0.last_rejected.topic") == topic &&
                   now.text("sources.0.last_rejected.reason") == offender.reason;
        })) << topic
            << ": " << gateway.said();
        ASSERT_TRUE(devices->publish("load/neighbour", value_json(++good)));
        messages += 2;
    }
    ASSERT_TRUE(devices->publish("plain/word", "twelve"));
    ASSERT_TRUE(devices->publish("plain/number", "12.5"));
    messages += 2;
    // Values that cannot be kept refuse the reading, not the message.
    ASSERT_TRUE(devices->publish("load/huge", "{\"value\": 1e400}"));
    ASSERT_TRUE(devices->publish("load/huge", "{\"value\": 1e300}"));
    messages += 2;
    ASSERT_TRUE(gateway.until_messages(messages));

    const auto status = gateway.status();
    EXPECT_EQ(status->count("ledger.messages"), messages);
    EXPECT_EQ(status->count("ledger.rejected_messages.invalid_json"), 5U) << gateway.said();
    for (const char* const reason : {"not_utf8", "too_large", "too_deep", "not_a_number"})
        EXPECT_EQ(status->count(std::string("ledger.rejected_messages.") + reason), 1U) << reason;
    EXPECT_EQ(status->count("ledger.rejected_readings.out_of_range"), 2U) << gateway.said();
    EXPECT_EQ(status->text("sources.1.last_rejected.topic"), "plain/word");
    EXPECT_EQ(out_of_balance(*status), "");
    EXPECT_EQ(gateway.flush(), 0);
    EXPECT_EQ(gateway.upstream_integer("select sum(count) from aggregates where channel = 'load/neighbour:value'"),
              static_cast<std::int64_t>(good));
    EXPECT_EQ(gateway.upstream().count, good + 1);
}

TEST(Rejections, a_message_with_too_many_fields_is_counted) {
    Configuration configuration;
    configuration.sources = "[[source]]\ntopic = \"load/{device}\"\n";
    configuration.more = "[limits]\nfields_per_message = 8\n";
    Gateway gateway(configuration);
    gateway.start_all();
    const auto devices = gateway.devices();
    std::string fields = "{\"value\": 1";
    for (int i = 0; i < 20; ++i) fields += ", \"f" + std::to_string(i) + "\": 1";
    ASSERT_TRUE(devices->publish("load/many", fields + "}"));
    ASSERT_TRUE(devices->publish("load/few", value_json(3)));
    ASSERT_TRUE(gateway.until_messages(2));
    const auto status = gateway.status();
    EXPECT_EQ(status->count("ledger.rejected_messages.too_many_fields"), 1U) << gateway.said();
    EXPECT_EQ(status->count("ledger.counted"), 1U);
}

TEST(Rejections, a_retained_message_is_no_fresh_reading) {
    Gateway gateway;
    const auto devices = gateway.devices();
    ASSERT_TRUE(devices->publish("load/old", value_json(99), true));
    gateway.start_all();
    ASSERT_TRUE(gateway.until_messages(1));
    ASSERT_TRUE(devices->publish("load/new", value_json(1)));
    ASSERT_TRUE(gateway.until_messages(2));
    const auto status = gateway.status();
    EXPECT_EQ(status->count("ledger.rejected_messages.retained"), 1U) << gateway.said();
    EXPECT_EQ(status->text("sources.0.last_rejected.topic"), "load/old");
    EXPECT_EQ(status->text("sources.0.last_rejected.reason"), "retained");
    EXPECT_EQ(status->count("ledger.counted"), 1U);
}

// No broker of good manners sends these; one of bad manners must not stop the agent.
TEST(Rejections, topics_with_wildcards_and_nul_are_counted_as_bad) {
    ScriptedBroker broker([](std::uint8_t first_byte, const std::string& body) -> std::string {
        switch (first_byte >> 4) {
            case 1:
                return mqtt5::connack(0);
            case 8:
                return mqtt5::suback(body, 1) + mqtt5::publish("load/+", value_json(1), 1) +
                       mqtt5::publish(std::string("load/\0x", 7), value_json(1), 2) +
                       mqtt5::publish("load/\xff", value_json(1), 3) +
                       mqtt5::publish("load/" + std::string(6000, 'x'), value_json(1), 4) +
                       mqtt5::publish("load/good", value_json(1), 5);
            case 3: {  // PUBACK for whatever it publishes
                const auto topic_bytes = static_cast<std::size_t>(static_cast<unsigned char>(body[0]) * 256 +
                                                                  static_cast<unsigned char>(body[1]));
                return mqtt5::packet(0x40, body.substr(2 + topic_bytes, 2));
            }
            case 12:
                return mqtt5::packet(0xd0, "");
            default:
                return "";
        }
    });
    Configuration configuration;
    // The smallest inbox: the long topic is more than a quarter of it.
    configuration.mqtt = "payload_max = \"1KiB\"\n";
    configuration.more = "[limits]\ninbox = \"16KiB\"\n";
    Gateway gateway(configuration, false);
    gateway.configure(configuration);
    ChildProcess agent({REDSHANK_PROGRAM, "run", "--config", gateway.configuration().string(), "--broker",
                        "mqtt://127.0.0.1:" + std::to_string(broker.port())});
    EXPECT_TRUE(gateway.until([](const Json& now) { return now.count("ledger.messages") == 5; })) << gateway.said();
    const auto status = gateway.status();
    ASSERT_TRUE(status.has_value()) << agent.errors();
    EXPECT_EQ(status->count("ledger.counted"), 1U) << gateway.said();
    EXPECT_EQ(status->at("ledger.rejected_messages").sum() + status->at("ledger.rejected_readings").sum(), 4U);
    EXPECT_GE(status->count("ledger.rejected_messages.bad_topic"), 3U) << gateway.said();
    EXPECT_EQ(out_of_balance(*status), "");
    EXPECT_EQ(agent.terminate(), 0) << agent.errors();
}

}  // namespace
}  // namespace redshank::test
