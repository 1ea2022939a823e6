#include "drivers/signature.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace redshank {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

// RFC 8032, section 7.1, test 2.
constexpr std::string_view seed = "ed25519-secret:4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
constexpr std::string_view known = "ed25519-public:3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";

TEST(Signature, is_that_of_the_rfc) {
    const auto key = SigningKey::parse(seed);
    ASSERT_TRUE(key);
    EXPECT_EQ(text_of(key->public_key()), known);
    const Signature signature = key->sign(bytes_of("\x72"));
    EXPECT_EQ(static_cast<int>(signature[0]), 0x92);
    EXPECT_EQ(static_cast<int>(signature[1]), 0xa0);
    EXPECT_EQ(static_cast<int>(signature[63]), 0x00);
    EXPECT_EQ(static_cast<int>(signature[62]), 0x0c);
    EXPECT_TRUE(verify(signature, bytes_of("\x72"), key->public_key()));
}

TEST(Signature, no_other_key_no_other_message_and_no_other_signature_holds) {
    const SigningKey key = SigningKey::generate();
    const SigningKey other = SigningKey::generate();
    Signature signature = key.sign(bytes_of("message"));
    EXPECT_TRUE(verify(signature, bytes_of("message"), key.public_key()));
    EXPECT_FALSE(verify(signature, bytes_of("message"), other.public_key()));
    EXPECT_FALSE(verify(signature, bytes_of("messagf"), key.public_key()));
    for (std::size_t bit = 0; bit < 8 * signature.size(); ++bit) {
        signature[bit / 8] ^= std::byte{1} << (bit % 8);
        EXPECT_FALSE(verify(signature, bytes_of("message"), key.public_key())) << bit;
        signature[bit / 8] ^= std::byte{1} << (bit % 8);
    }
}

TEST(Signature, a_key_is_read_from_the_text_it_was_written_as) {
    const SigningKey key = SigningKey::generate();
    const auto again = SigningKey::parse(key.text());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->public_key(), key.public_key());
    EXPECT_EQ(parse_public_key(text_of(key.public_key())), key.public_key());
    EXPECT_NE(key_id(key.public_key()), key_id(SigningKey::generate().public_key()));
}

TEST(Signature, what_is_no_key_is_refused) {
    const std::string good(known);
    for (const std::string& text :
         {std::string(), good.substr(0, good.size() - 1), good + "0", good.substr(1), std::string(seed),
          "ed25519-public:" + std::string(64, 'g'), "ed25519-public:" + std::string(64, '0'),
          // Of small order: signatures that hold under it are made without any secret.
          "ed25519-public:01" + std::string(62, '0')}) {
        EXPECT_FALSE(parse_public_key(text)) << text;
    }
    EXPECT_FALSE(SigningKey::parse(known));
    EXPECT_FALSE(SigningKey::parse("ed25519-secret:"));
}

TEST(Base64, is_read_as_it_was_written_and_nothing_else_is) {
    std::vector<std::byte> bytes;
    for (int i = 0; i < 100; ++i) {
        std::vector<std::byte> room(bytes.size());
        const auto size = parse_base64(base64(bytes), room);
        ASSERT_TRUE(size) << i;
        EXPECT_EQ(*size, bytes.size());
        EXPECT_EQ(room, bytes);
        bytes.push_back(static_cast<std::byte>(i * 37));
    }
    std::vector<std::byte> room(2);
    EXPECT_FALSE(parse_base64("AAAA", room)) << "does not fit";
    for (const std::string_view text : {"A", "AA", "AA=A", "AA==A", "A A=", "!!!!"}) {
        std::vector<std::byte> wide(16);
        EXPECT_FALSE(parse_base64(text, wide)) << text;
    }
}

}  // namespace
}  // namespace redshank
