#include "model/record.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace redshank {
namespace {

std::vector<std::byte> encoded(const Message& message) {
    std::vector<std::byte> body(encoded_bytes(message));
    ByteWriter out(body);
    encode(message, out);
    EXPECT_TRUE(out.ok());
    return body;
}

TEST(MessageRecord, keeps_every_flag_and_every_broker) {
    for (std::uint8_t broker = 0; broker < message_brokers_max; ++broker) {
        for (int flags = 0; flags < 8; ++flags) {
            const auto back = decode_message(encoded({.topic = "t",
                                                      .payload = {},
                                                      .qos = 2,
                                                      .retain = (flags & 1) != 0,
                                                      .duplicate = (flags & 2) != 0,
                                                      .row_end = (flags & 4) != 0,
                                                      .packet_id = 7,
                                                      .broker = broker}));
            ASSERT_TRUE(back);
            EXPECT_EQ(back->broker, broker);
            EXPECT_EQ(back->retain, (flags & 1) != 0);
            EXPECT_EQ(back->duplicate, (flags & 2) != 0);
            EXPECT_EQ(back->row_end, (flags & 4) != 0);
            EXPECT_EQ(back->qos, 2);
        }
    }
}

TEST(MessageRecord, of_the_first_broker_has_the_bytes_that_versions_with_one_broker_wrote) {
    const std::vector<std::byte> body =
        encoded({.topic = "t", .payload = {}, .qos = 1, .duplicate = true, .packet_id = 0x0102});
    const std::array<std::uint8_t, 14> expected{1, 2, 2, 1, 0, 0, 0, 0, 1, 0, 't', 0, 0, 0};
    ASSERT_EQ(body.size(), 15U);
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(std::to_integer<int>(body[i]), expected[i]) << i;
}

TEST(BrokerRecord, says_its_broker_or_means_the_first) {
    const std::array<std::byte, 2> body{std::byte{1}, std::byte{5}};
    EXPECT_EQ(broker_of({.kind = RecordKind::connected, .body = std::span(body)}), 5);
    EXPECT_EQ(broker_of({.kind = RecordKind::connected, .body = std::span(body).first(1)}), 0);
    EXPECT_EQ(broker_of({.kind = RecordKind::subscribed, .body = std::span(body).last(1)}), 5);
    EXPECT_EQ(broker_of({.kind = RecordKind::disconnected, .body = {}}), 0);
}

}  // namespace
}  // namespace redshank
