#include "agent/record_lines.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "drivers/mqtt_lines_reader.hpp"
#include "tests/support/temporary_directory.hpp"

namespace redshank::test {
namespace {

std::vector<std::byte> body_of(const Message& message) {
    std::vector<std::byte> body(encoded_bytes(message));
    ByteWriter out(body);
    encode(message, out);
    return body;
}

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

// What a replay reads of the lines.
std::vector<RecordedEvent> read_back(const std::string& lines) {
    const TemporaryDirectory directory;
    std::ofstream(directory / "recording") << lines;
    auto reader = MqttLinesReader::open(directory / "recording");
    EXPECT_TRUE(reader) << reader.error();
    std::vector<RecordedEvent> events;
    RecordedEvent event;
    for (auto more = (*reader)->next(event); more && *more; more = (*reader)->next(event)) events.push_back(event);
    return events;
}

TEST(RecordLines, a_message_is_written_so_that_people_can_read_it) {
    RecordLines lines;
    const auto body = body_of({.topic = "plant/a",
                               .payload = bytes_of("{\"value\": 21.5}"),
                               .qos = 1,
                               .duplicate = true,
                               .packet_id = 513,
                               .subscription_id = 2});
    EXPECT_EQ(lines.line({9, 1'700'000'000'123'456'789, RecordKind::message, body}),
              R"({"t":1700000000123456789,"topic":"plant/a","payload":"{\"value\": 21.5}","qos":1,"retain":false,)"
              R"("dup":true,"id":513})");
}

TEST(RecordLines, any_payload_comes_back_byte_by_byte) {
    RecordLines lines;
    std::string every_byte;
    for (int i = 0; i < 256; ++i) every_byte.push_back(static_cast<char>(i));
    using namespace std::string_literals;
    const std::vector<std::string> payloads{"",
                                            "21.5",
                                            "\xc2\xb0\n\t\"\\\x01\x7f",
                                            "\0"s,
                                            "a\0b"s,
                                            "\xff\xfe"s,
                                            "\xc3"s,
                                            "\xed\xa0\x80"s,
                                            every_byte,
                                            std::string(200'000, '"'),
                                            std::string(65'537, '\xff')};
    for (const std::string& payload : payloads) {
        const auto body = body_of({.topic = "t", .payload = bytes_of(payload)});
        const auto events = read_back(std::string(lines.line({1, 5, RecordKind::message, body})) + "\n");
        ASSERT_EQ(events.size(), 1U);
        EXPECT_EQ(std::string(reinterpret_cast<const char*>(events[0].payload.data()), events[0].payload.size()),
                  payload);
    }
}

TEST(RecordLines, a_topic_that_is_none_stays_a_bad_one) {
    RecordLines lines;
    const auto body = body_of({.topic = "a/\xff", .payload = bytes_of("1")});
    const auto events = read_back(std::string(lines.line({1, 5, RecordKind::message, body})) + "\n");
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].topic, "");
}

TEST(RecordLines, what_happened_beside_messages_comes_back_in_order) {
    RecordLines lines;
    const std::byte yes{1};
    std::string text;
    std::vector<RecordKind> kinds;
    std::int64_t stamp_ns = 100;
    for (const RecordKind kind : {RecordKind::began, RecordKind::connected, RecordKind::subscribed, RecordKind::tick,
                                  RecordKind::flush, RecordKind::model, RecordKind::disconnected, RecordKind::down}) {
        const bool has_body = kind == RecordKind::connected;
        const std::string_view line = lines.line({1, ++stamp_ns, kind, std::span(&yes, has_body ? 1 : 0)});
        const bool left_out = kind == RecordKind::began || kind == RecordKind::model;
        EXPECT_EQ(line.empty(), left_out);
        if (left_out) continue;
        kinds.push_back(kind);
        text.append(line).append("\n");
    }
    const auto events = read_back(text);
    ASSERT_EQ(events.size(), kinds.size());
    for (std::size_t i = 0; i < kinds.size(); ++i) EXPECT_EQ(events[i].kind, kinds[i]);
    EXPECT_EQ(events[0].time_ns, 102);
    EXPECT_TRUE(events[0].session_present);
}

TEST(RecordLines, a_gap_is_one_line_that_a_replay_counts) {
    RecordLines lines;
    EXPECT_EQ(lines.gap(7, 41), R"({"t":7,"event":"gap","count":41})");
    const TemporaryDirectory directory;
    std::ofstream(directory / "recording") << lines.gap(7, 41) << "\n"
                                           << R"({"t":8,"topic":"a","count":5})"
                                           << "\n"
                                           << lines.gap(9, 1) << "\n";
    auto reader = MqttLinesReader::open(directory / "recording");
    ASSERT_TRUE(reader);
    RecordedEvent event;
    ASSERT_TRUE((*reader)->next(event).value());
    EXPECT_EQ(event.topic, "a");
    EXPECT_EQ((*reader)->missing(), 41U);
    EXPECT_FALSE((*reader)->next(event).value());
    EXPECT_EQ((*reader)->missing(), 42U);
}

}  // namespace
}  // namespace redshank::test
