#include "drivers/mqtt_publish_packet.hpp"

#include <gtest/gtest.h>

#include <string>

namespace redshank {
namespace {

using namespace std::string_literals;

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
}

std::string payload_of(const Message& message) {
    return {reinterpret_cast<const char*>(message.payload.data()), message.payload.size()};
}

TEST(MqttPublishPacket, of_3_1_1_gives_all_its_parts) {
    const std::string body = "\0\3a/b\x02\x01hello"s;
    const auto message = read_publish(std::byte{0x3d}, bytes_of(body), false, {});
    ASSERT_TRUE(message);
    EXPECT_EQ(message->topic, "a/b");
    EXPECT_EQ(payload_of(*message), "hello");
    EXPECT_EQ(message->packet_id, 0x0201);
    EXPECT_EQ(message->qos, 2);
    EXPECT_TRUE(message->duplicate);
    EXPECT_TRUE(message->retain);
    EXPECT_EQ(message->subscription_id, 0U);
}

TEST(MqttPublishPacket, at_qos_0_has_no_packet_identifier) {
    const std::string body = "\0\1t12"s;
    const auto message = read_publish(std::byte{0x30}, bytes_of(body), false, {});
    ASSERT_TRUE(message);
    EXPECT_EQ(payload_of(*message), "12");
    EXPECT_EQ(message->packet_id, 0);
    EXPECT_FALSE(message->duplicate);
}

TEST(MqttPublishPacket, of_5_finds_its_subscription_among_every_other_property) {
    const std::string properties =
        "\x01\x01\x02\0\0\0\x09\x23\0\1\x08\0\2rt\x09\0\1c\x26\0\1k\0\1v\x0b\xac\x02\x03\0\1x\x0b\x07"s;
    const std::string body = "\0\1t\0\5"s + static_cast<char>(properties.size()) + properties + "p";
    const std::vector<MqttSubscription> subscriptions{{"x", 7}, {"y", 300}};
    const auto message = read_publish(std::byte{0x34}, bytes_of(body), true, subscriptions);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->subscription_id, 7U) << "the first subscription's";
    EXPECT_EQ(payload_of(*message), "p");
    const auto unknown = read_publish(std::byte{0x34}, bytes_of(body), true, {});
    EXPECT_EQ(unknown->subscription_id, 300U) << "the first on the message";
}

TEST(MqttPublishPacket, cut_anywhere_before_the_payload_it_is_refused) {
    const std::string body = "\0\2tt\0\5\x06\x0b\x07\x08\0\1r"s;
    ASSERT_TRUE(read_publish(std::byte{0x34}, bytes_of(body), true, {}));
    for (std::size_t size = 0; size < body.size(); ++size) {
        EXPECT_FALSE(read_publish(std::byte{0x34}, bytes_of(body).first(size), true, {})) << size;
    }
}

TEST(MqttPublishPacket, properties_that_do_not_exist_or_do_not_end_are_refused) {
    for (const std::string& properties : {"\x02\x7f\x01"s, "\x05\x0b\xff\xff\xff\xff"s, "\x03\x08\0\5"s}) {
        const std::string body = "\0\1t\0\5"s + properties;
        EXPECT_FALSE(read_publish(std::byte{0x34}, bytes_of(body), true, {}));
    }
}

}  // namespace
}  // namespace redshank
