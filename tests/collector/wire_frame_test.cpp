#include <gtest/gtest.h>

#include "drivers/uplink/digest.hpp"
#include "tests/collector/random_rows.hpp"

namespace redshank::test {
namespace {

using wire::decode_frame;
using wire::encode_frame;

template <class Frame>
Frame round_trip(const Frame& frame) {
    const auto bytes = encode_frame(frame);
    EXPECT_FALSE(bytes.empty());
    const auto back = decode_frame(bytes);
    EXPECT_TRUE(back.has_value()) << back.error();
    return std::get<Frame>(*back);
}

std::string agent_name(Random& random) {
    return std::string(random_name<wire::agent_name_bytes_max>(random, 1).view());
}

TEST(WireFrame, frames_without_rows_come_back) {
    for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
        Random random(seed);
        const std::uint64_t incarnation = random.unsigned_integer();
        const std::uint64_t number = random.unsigned_integer();
        const std::string agent = agent_name(random);

        const auto hello = round_trip(wire::Hello{agent, incarnation, number});
        EXPECT_EQ(std::tie(hello.agent, hello.incarnation, hello.boot), std::tie(agent, incarnation, number)) << seed;

        wire::Digest digest{};
        if (random.coin()) digest = wire::digest_of(std::as_bytes(std::span(&seed, 1)));
        const auto welcome = round_trip(wire::Welcome{incarnation, number, digest});
        EXPECT_EQ(std::tie(welcome.incarnation, welcome.last_sequence, welcome.digest),
                  std::tie(incarnation, number, digest))
            << seed;

        const auto acknowledge = round_trip(wire::Acknowledge{incarnation, number});
        EXPECT_EQ(std::tie(acknowledge.incarnation, acknowledge.sequence), std::tie(incarnation, number)) << seed;
        const auto refuse = round_trip(wire::Refuse{incarnation, number});
        EXPECT_EQ(std::tie(refuse.incarnation, refuse.expected), std::tie(incarnation, number)) << seed;
        const std::uint64_t first = (number >> 1) | 1;
        const auto skip = round_trip(wire::Skip{agent, incarnation, first, first + 3});
        EXPECT_EQ(std::tie(skip.agent, skip.incarnation, skip.first), std::tie(agent, incarnation, first)) << seed;
        EXPECT_EQ(skip.last, first + 3) << seed;
    }
}

TEST(WireFrame, a_batch_carries_its_rows_byte_for_byte_and_within_the_stated_overhead) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        Random random(seed);
        std::vector<std::vector<std::byte>> rows;
        std::size_t room = wire::batch_bytes_max - wire::batch_overhead_bytes;
        while (true) {
            auto row = random.below(4) == 0 ? wire_of(random_alert(random)) : wire_of(random_aggregate(random));
            if (row.size() + wire::row_overhead_bytes > room) break;
            room -= row.size() + wire::row_overhead_bytes;
            rows.push_back(std::move(row));
        }
        wire::Batch batch{std::string(wire::agent_name_bytes_max, 'a'), ~std::uint64_t{0}, ~std::uint64_t{0}, {}};
        for (const auto& row : rows) batch.rows.emplace_back(row);

        const auto bytes = encode_frame(batch);
        ASSERT_LE(bytes.size(), wire::batch_bytes_max) << "seed " << seed;
        const auto back = decode_frame(bytes);
        ASSERT_TRUE(back.has_value()) << "seed " << seed << ": " << back.error();
        const auto& got = std::get<wire::Batch>(*back);
        EXPECT_EQ(got.agent, batch.agent);
        EXPECT_EQ(got.incarnation, batch.incarnation);
        EXPECT_EQ(got.sequence, batch.sequence);
        ASSERT_EQ(got.rows.size(), rows.size()) << "seed " << seed;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            EXPECT_TRUE(std::ranges::equal(got.rows[i], rows[i])) << "seed " << seed << " row " << i;
            EXPECT_GE(got.rows[i].data(), bytes.data());
            EXPECT_LE(got.rows[i].data() + got.rows[i].size(), bytes.data() + bytes.size());
        }
    }
}

TEST(WireFrame, a_newer_version_is_refused_with_a_clear_text) {
    auto bytes = encode_frame(wire::Acknowledge{1, 2});
    ASSERT_EQ(bytes[0], std::byte{0x08});  // field 1, varint
    bytes[1] = std::byte{9};
    auto back = decode_frame(bytes);
    ASSERT_FALSE(back.has_value());
    EXPECT_NE(back.error().find("format 9"), std::string::npos) << back.error();
    EXPECT_NE(back.error().find("update"), std::string::npos) << back.error();

    const std::vector<std::byte> unreadable{std::byte{0x08}, std::byte{9}, std::byte{0x12}, std::byte{0x7f}};
    back = decode_frame(unreadable);
    ASSERT_FALSE(back.has_value());
    EXPECT_NE(back.error().find("format 9"), std::string::npos) << back.error();

    bytes[1] = std::byte{0};
    EXPECT_FALSE(decode_frame(bytes).has_value());
    EXPECT_FALSE(decode_frame({}).has_value());
}

TEST(WireFrame, what_no_frame_may_say_is_refused) {
    EXPECT_FALSE(decode_frame(encode_frame(wire::Hello{"", 1, 1})).has_value());
    EXPECT_FALSE(decode_frame(encode_frame(wire::Hello{"a\xff", 1, 1})).has_value());
    EXPECT_FALSE(decode_frame(encode_frame(wire::Batch{"a", 1, 0, {}})).has_value());
    EXPECT_FALSE(decode_frame(encode_frame(wire::Batch{"", 1, 1, {}})).has_value());
    EXPECT_FALSE(decode_frame(encode_frame(wire::Skip{"a", 1, 0, 3})).has_value());
    EXPECT_FALSE(decode_frame(encode_frame(wire::Skip{"a", 1, 4, 3})).has_value());
    EXPECT_TRUE(encode_frame(wire::Hello{std::string(wire::agent_name_bytes_max + 1, 'a'), 1, 1}).empty());

    const std::vector<std::byte> long_row(wire::row_bytes_max + 1);
    EXPECT_FALSE(decode_frame(encode_frame(wire::Batch{"a", 1, 1, {long_row}})).has_value());
    const std::vector<std::byte> row(wire::row_bytes_max);
    const auto frame = encode_frame(wire::Batch{"a", 1, 1, {row, row, row, row, row, row, row, row}});
    ASSERT_GT(frame.size(), wire::batch_bytes_max);
    EXPECT_FALSE(decode_frame(frame).has_value());

    auto two = encode_frame(wire::Acknowledge{1, 2});
    const auto other = encode_frame(wire::Refuse{1, 2});
    two.insert(two.end(), other.begin(), other.end());
    EXPECT_FALSE(decode_frame(two).has_value());

    // Batch.rows (field 4) as a varint, as 32 and as 64 bits
    for (const auto& rows : {std::vector<int>{0x20, 0x05}, std::vector<int>{0x25, 1, 2, 3, 4},
                             std::vector<int>{0x21, 1, 2, 3, 4, 5, 6, 7, 8}}) {
        std::vector<std::byte> bytes{std::byte{0x08}, std::byte{1}, std::byte{0x22},
                                     static_cast<std::byte>(rows.size())};
        for (const int value : rows) bytes.push_back(static_cast<std::byte>(value));
        EXPECT_FALSE(decode_frame(bytes).has_value());
    }
}

TEST(WireFrame, unknown_fields_are_ignored) {
    auto bytes = encode_frame(wire::Acknowledge{3, 4});
    for (const int value : {0xfa, 0x07, 0x02, 0x01, 0x02}) bytes.push_back(static_cast<std::byte>(value));
    const auto back = decode_frame(bytes);
    ASSERT_TRUE(back.has_value()) << back.error();
    EXPECT_EQ(std::get<wire::Acknowledge>(*back).sequence, 4U);
}

TEST(WireFrame, cut_flipped_or_invented_bytes_never_crash) {
    Random random(5);
    const auto row = wire_of(random_aggregate(random));
    const auto alert = wire_of(random_alert(random));
    const std::vector<wire::Frame> frames{wire::Hello{"hall-3", 7, 2},
                                          wire::Welcome{7, 9, wire::digest_of(row)},
                                          wire::Batch{"hall-3", 7, 10, {row, alert}},
                                          wire::Acknowledge{7, 10},
                                          wire::Refuse{7, 11},
                                          wire::Skip{"hall-3", 7, 10, 12}};
    for (const wire::Frame& frame : frames) {
        const auto bytes = encode_frame(frame);
        ASSERT_TRUE(decode_frame(bytes).has_value());
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
            static_cast<void>(decode_frame(cut));
        }
        for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
            auto flipped = bytes;
            flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
            const auto back = decode_frame(flipped);
            if (const auto* batch = back ? std::get_if<wire::Batch>(&*back) : nullptr; batch != nullptr) {
                for (const auto part : batch->rows) static_cast<void>(wire::decode_row(part));
            }
        }
    }
    for (int round = 0; round < 20'000; ++round) {
        std::vector<std::byte> bytes{std::byte{0x08}, std::byte{1}};
        for (std::size_t left = random.index(60); left > 0; --left)
            bytes.push_back(static_cast<std::byte>(random.next()));
        static_cast<void>(decode_frame(bytes));
    }
}

TEST(WireFrame, the_digest_is_sha_256) {
    const std::string text = "abc";
    const auto digest = wire::digest_of(std::as_bytes(std::span(text)));
    EXPECT_EQ(digest[0], std::byte{0xba});  // FIPS 180-4, example of one block
    EXPECT_EQ(digest[1], std::byte{0x78});
    EXPECT_EQ(digest[31], std::byte{0xad});
}

}  // namespace
}  // namespace redshank::test
