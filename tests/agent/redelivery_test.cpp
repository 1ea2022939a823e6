#include "agent/redelivery.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace redshank {
namespace {

std::vector<std::byte> written(const Redelivery& table) {
    std::vector<std::byte> bytes(table.written_bytes_max());
    ByteWriter out(bytes);
    table.write(out);
    EXPECT_TRUE(out.ok());
    bytes.resize(out.used());
    return bytes;
}

TEST(Redelivery, a_message_of_this_connection_is_not_one_of_an_earlier) {
    Redelivery table(4);
    table.received(1, 100, 0);
    EXPECT_FALSE(table.seen_in_earlier_connection(1, 100));
    table.connected(true);
    EXPECT_TRUE(table.seen_in_earlier_connection(1, 100));
}

TEST(Redelivery, packet_id_and_hash_must_both_agree) {
    Redelivery table(4);
    table.received(1, 100, 0);
    table.connected(true);
    EXPECT_FALSE(table.seen_in_earlier_connection(2, 100));
    EXPECT_FALSE(table.seen_in_earlier_connection(1, 101));
}

TEST(Redelivery, a_lost_session_clears_the_table) {
    Redelivery table(4);
    table.received(1, 100, 0);
    table.connected(true);
    table.received(2, 200, 0);
    table.connected(false);
    EXPECT_FALSE(table.seen_in_earlier_connection(1, 100));
    EXPECT_FALSE(table.seen_in_earlier_connection(2, 200));
    table.connected(true);
    EXPECT_FALSE(table.seen_in_earlier_connection(2, 200));
}

TEST(Redelivery, a_connection_without_messages_keeps_those_before_it) {
    Redelivery table(4);
    table.received(1, 100, 0);
    for (int i = 0; i < 3; ++i) table.connected(true);
    EXPECT_TRUE(table.seen_in_earlier_connection(1, 100));
}

TEST(Redelivery, the_newest_push_out_the_oldest) {
    Redelivery table(3);
    for (std::uint16_t id = 1; id <= 2; ++id) table.received(id, id, 0);
    table.connected(true);
    for (std::uint16_t id = 3; id <= 4; ++id) table.received(id, id, 0);
    table.connected(true);
    EXPECT_FALSE(table.seen_in_earlier_connection(1, 1));
    for (std::uint16_t id = 2; id <= 4; ++id) EXPECT_TRUE(table.seen_in_earlier_connection(id, id)) << id;
    for (std::uint16_t id = 5; id <= 11; ++id) table.received(id, id, 0);
    table.connected(true);
    for (std::uint16_t id = 1; id <= 8; ++id) EXPECT_FALSE(table.seen_in_earlier_connection(id, id)) << id;
    for (std::uint16_t id = 9; id <= 11; ++id) EXPECT_TRUE(table.seen_in_earlier_connection(id, id)) << id;
}

TEST(Redelivery, a_copy_is_the_same_message_directly_behind_under_another_subscription) {
    Redelivery table(4);
    EXPECT_FALSE(table.is_copy_of_newest(2, 100));
    table.received(1, 100, 1);
    EXPECT_TRUE(table.is_copy_of_newest(2, 100));
    EXPECT_FALSE(table.is_copy_of_newest(1, 100));
    EXPECT_FALSE(table.is_copy_of_newest(2, 101));
    table.received(2, 200, 1);
    EXPECT_FALSE(table.is_copy_of_newest(2, 100));
    table.received(3, 100, 1);
    table.connected(true);
    EXPECT_FALSE(table.is_copy_of_newest(2, 100));
}

TEST(Redelivery, what_was_written_goes_on_the_same) {
    Redelivery table(3);
    for (std::uint16_t id = 1; id <= 2; ++id) table.received(id, id, 1);
    table.connected(true);
    for (std::uint16_t id = 3; id <= 7; ++id) table.received(id, id, 2);
    const std::vector<std::byte> bytes = written(table);

    Redelivery again(3);
    ByteReader in(bytes);
    again.read(in);
    EXPECT_TRUE(in.ok());
    EXPECT_EQ(in.left(), 0U);
    EXPECT_EQ(written(again), bytes);
    EXPECT_TRUE(again.is_copy_of_newest(1, 7));
    for (Redelivery* one : {&table, &again}) {
        one->received(8, 8, 2);
        one->connected(true);
    }
    EXPECT_EQ(written(again), written(table));
    for (std::uint16_t id = 6; id <= 8; ++id) EXPECT_TRUE(again.seen_in_earlier_connection(id, id)) << id;
}

TEST(Redelivery, a_smaller_table_takes_the_newest) {
    Redelivery table(4);
    for (std::uint16_t id = 1; id <= 4; ++id) table.received(id, id, 0);
    table.connected(true);
    const std::vector<std::byte> bytes = written(table);
    Redelivery smaller(2);
    ByteReader in(bytes);
    smaller.read(in);
    EXPECT_TRUE(in.ok());
    for (std::uint16_t id = 1; id <= 2; ++id) EXPECT_FALSE(smaller.seen_in_earlier_connection(id, id)) << id;
    for (std::uint16_t id = 3; id <= 4; ++id) EXPECT_TRUE(smaller.seen_in_earlier_connection(id, id)) << id;
}

}  // namespace
}  // namespace redshank
