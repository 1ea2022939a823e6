#include "drivers/mqtt_lines_reader.hpp"

#include <gtest/gtest.h>

#include "tests/drivers/files.hpp"

namespace redshank::test {

namespace {

std::string text_of(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<RecordedEvent> read_all(std::string_view text) {
    const TextFile file(text, "session.jsonl");
    std::vector<RecordedEvent> out;
    auto reader = MqttLinesReader::open(file.path());
    EXPECT_TRUE(reader) << reader.error();
    RecordedEvent event;
    for (;;) {
        const auto read = (*reader)->next(event);
        EXPECT_TRUE(read) << read.error();
        if (!read || !*read) return out;
        out.push_back(event);
    }
}

// Why the last line is refused, without the folder.
std::string refused(std::string_view text) {
    const TextFile file(text, "session.jsonl");
    auto reader = MqttLinesReader::open(file.path());
    RecordedEvent event;
    for (;;) {
        const auto read = (*reader)->next(event);
        if (read && *read) continue;
        if (read) return "nothing";
        EXPECT_FALSE((*reader)->next(event).value()) << "after a failure it is at its end";
        return read.error().substr(file.path().parent_path().string().size() + 1);
    }
}

}  // namespace

TEST(MqttLinesReader, a_line_may_name_its_broker) {
    const auto events =
        read_all("{\"t\": 1, \"topic\": \"a\", \"broker\": \"hall\"}\n{\"t\": 2, \"event\": \"connected\"}\n");
    EXPECT_EQ(events[0].broker, "hall");
    EXPECT_EQ(events[1].broker, "");
    EXPECT_EQ(refused("{\"t\": 1, \"topic\": \"a\", \"broker\": 7}\n"),
              "session.jsonl:1: 'broker' has no value that it can have");
}

TEST(MqttLinesReader, a_message_comes_back_whole) {
    const auto events = read_all(
        R"({"t":1396310400000000001,"topic":"plant/\u00b0/x","payload":"{\"a\":1}","qos":1,"retain":true,"dup":true,"id":65535,"more":[1]})"
        "\n\n  \r\n"
        R"({"topic":"b","t":1396310400000000002,"payload_b64":"AP+A","retain":0,"dup":1,"event":"message"})"
        "\r\n"
        R"({"t":1396310400000000003,"topic":""})");
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[0].time_ns, 1'396'310'400'000'000'001);
    EXPECT_EQ(events[0].kind, RecordKind::message);
    EXPECT_EQ(events[0].topic, "plant/\xc2\xb0/x");
    EXPECT_EQ(text_of(events[0].payload), "{\"a\":1}");
    EXPECT_EQ(events[0].qos, 1);
    EXPECT_TRUE(events[0].retain);
    EXPECT_TRUE(events[0].duplicate);
    EXPECT_EQ(events[0].packet_id, 65535);
    EXPECT_EQ(text_of(events[1].payload), std::string("\0\xff\x80", 3));
    EXPECT_FALSE(events[1].retain);
    EXPECT_TRUE(events[1].duplicate);
    EXPECT_EQ(events[1].qos, 0);
    EXPECT_EQ(events[1].packet_id, 0);
    EXPECT_EQ(events[2].topic, "");
    EXPECT_TRUE(events[2].payload.empty());
}

TEST(MqttLinesReader, connections_come_back_too) {
    const auto events = read_all(R"({"t":1,"event":"connected","session_present":true})"
                                 "\n"
                                 R"({"t":2,"event":"connected"})"
                                 "\n"
                                 R"({"t":3,"event":"subscribed"})"
                                 "\n"
                                 R"({"t":4,"event":"disconnected"})"
                                 "\n");
    ASSERT_EQ(events.size(), 4U);
    EXPECT_EQ(events[0].kind, RecordKind::connected);
    EXPECT_TRUE(events[0].session_present);
    EXPECT_FALSE(events[1].session_present);
    EXPECT_EQ(events[2].kind, RecordKind::subscribed);
    EXPECT_EQ(events[3].kind, RecordKind::disconnected);
}

TEST(MqttLinesReader, base64_of_any_length) {
    const auto events = read_all(
        "{\"t\":1,\"topic\":\"a\",\"payload_b64\":\"\"}\n{\"t\":1,\"topic\":\"a\",\"payload_b64\":\"YQ==\"}\n"
        "{\"t\":1,\"topic\":\"a\",\"payload_b64\":\"YWI=\"}\n{\"t\":1,\"topic\":\"a\",\"payload_b64\":\"YWJjZA==\"}\n");
    ASSERT_EQ(events.size(), 4U);
    EXPECT_EQ(text_of(events[0].payload), "");
    EXPECT_EQ(text_of(events[1].payload), "a");
    EXPECT_EQ(text_of(events[2].payload), "ab");
    EXPECT_EQ(text_of(events[3].payload), "abcd");
}

TEST(MqttLinesReader, stamps_that_fall_are_raised_to_the_running_maximum) {
    const auto events = read_all(
        "{\"t\":-5,\"event\":\"subscribed\"}\n{\"t\":7,\"event\":\"subscribed\"}\n{\"t\":3,\"event\":\"subscribed\"}\n{"
        "\"t\":8,\"event\":\"subscribed\"}\n");
    ASSERT_EQ(events.size(), 4U);
    EXPECT_EQ(events[0].time_ns, -5);
    EXPECT_EQ(events[1].time_ns, 7);
    EXPECT_EQ(events[2].time_ns, 7);
    EXPECT_EQ(events[3].time_ns, 8);
}

TEST(MqttLinesReader, a_line_that_is_anything_else_is_refused_with_its_number) {
    const std::string good = "{\"t\":1,\"topic\":\"a\"}\n";
    EXPECT_TRUE(refused(good + "\n{\"t\":1,\"topic\":\"a\"").starts_with("session.jsonl:3: not a JSON object: "));
    EXPECT_TRUE(refused("[1]\n").starts_with("session.jsonl:1: not a JSON object: "));
    EXPECT_TRUE(refused("{\"t\":1,\"topic\":\"\xff\"}").starts_with("session.jsonl:1: not a JSON object: "));
    EXPECT_EQ(refused(good + "{\"topic\":\"a\"}"), "session.jsonl:2: 't' is missing");
    EXPECT_EQ(refused("{\"t\":1}"), "session.jsonl:1: 'topic' is missing");
    for (const auto& [key, value] : {std::pair{"t", "1.5"},
                                     {"t", "\"1\""},
                                     {"t", "9223372036854775808"},
                                     {"topic", "1"},
                                     {"payload", "{}"},
                                     {"payload", "null"},
                                     {"payload_b64", "\"AP+\""},
                                     {"payload_b64", "\"AP+A \""},
                                     {"payload_b64", "\"AP-A\""},
                                     {"payload_b64", "5"},
                                     {"qos", "3"},
                                     {"qos", "-1"},
                                     {"id", "65536"},
                                     {"retain", "2"},
                                     {"dup", "\"no\""},
                                     {"event", "\"connect\""},
                                     {"event", "1"},
                                     {"session_present", "null"}}) {
        const std::string line = std::string("{\"t\":1,\"topic\":\"a\",\"") + key + "\":" + value + "}";
        EXPECT_EQ(refused(good + line), std::string("session.jsonl:2: '") + key + "' has no value that it can have")
            << line;
    }
    EXPECT_EQ(refused("{\"t\":1,\"topic\":\"a\",\"payload\":\"\",\"payload_b64\":\"\"}"),
              "session.jsonl:1: 'payload' and 'payload_b64' exclude each other");
}

TEST(MqttLinesReader, a_missing_file_is_named) {
    const TemporaryDirectory directory;
    const auto missing = MqttLinesReader::open(directory / "none.jsonl");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error(), (directory / "none.jsonl").string() + ": No such file or directory");
}

}  // namespace redshank::test
