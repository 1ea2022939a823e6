#include "agent/model_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "drivers/hash.hpp"

namespace redshank {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

std::vector<std::byte> made() {
    return encode_model_file({.model = "pca",
                              .group = "pump-1",
                              .agent = "hall-3",
                              .inputs_fingerprint = 0x1122334455667788U,
                              .made_ns = 1'700'000'000'000'000'000,
                              .snapshot = bytes_of("snapshot")});
}

const SigningKey& key() {
    static const SigningKey made_key = SigningKey::generate();
    return made_key;
}

std::vector<std::byte> signed_file() {
    return *sign_model_file(made(), key());
}

std::optional<ModelRefusal> refusal_of(std::span<const std::byte> bytes) {
    const auto file = read_model_file(bytes);
    if (!file) return file.error();
    const PublicKey trusted = key().public_key();
    return check_signature(*file, {&trusted, 1});
}

TEST(ModelFile, is_read_as_it_was_made) {
    for (const auto& bytes : {made(), signed_file()}) {
        const auto file = read_model_file(bytes);
        ASSERT_TRUE(file);
        EXPECT_EQ(file->model, "pca");
        EXPECT_EQ(file->group, "pump-1");
        EXPECT_EQ(file->agent, "hall-3");
        EXPECT_EQ(file->inputs_fingerprint, 0x1122334455667788U);
        EXPECT_EQ(file->made_ns, 1'700'000'000'000'000'000);
        EXPECT_TRUE(std::ranges::equal(file->snapshot, bytes_of("snapshot")));
    }
    EXPECT_EQ(refusal_of(made()), ModelRefusal::not_signed);
    EXPECT_EQ(refusal_of(signed_file()), std::nullopt);
}

// The worked example of docs/model-files.md.
TEST(ModelFile, has_the_layout_that_the_documentation_shows) {
    const std::vector<std::byte> bytes = made();
    const std::string text = hex(bytes);
    EXPECT_EQ(text.substr(0, 12),
              "52534d46"
              "0100");
    EXPECT_EQ(text.substr(12, 10),
              "0300"
              "706361");
    EXPECT_EQ(text.substr(22, 16),
              "0600"
              "70756d702d31");
    EXPECT_EQ(text.substr(38, 16),
              "0600"
              "68616c6c2d33");
    EXPECT_EQ(text.substr(54, 16), "8877665544332211");
    EXPECT_EQ(text.substr(70, 16), "00002a36fe9c9717");
    EXPECT_EQ(text.substr(86, 24),
              "08000000"
              "736e617073686f74");
    EXPECT_EQ(text.substr(110, 64), hex(sha256(std::span(bytes).first(55))));
    EXPECT_EQ(text.substr(174), "00");
}

TEST(ModelFile, every_cut_is_refused) {
    for (const auto& bytes : {made(), signed_file()}) {
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            EXPECT_FALSE(read_model_file(std::span(bytes).first(size))) << size;
        }
        std::vector<std::byte> longer = bytes;
        longer.push_back(std::byte{0});
        EXPECT_EQ(refusal_of(longer), ModelRefusal::malformed);
    }
}

TEST(ModelFile, every_flipped_bit_is_refused) {
    std::vector<std::byte> bytes = signed_file();
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
        bytes[bit / 8] ^= std::byte{1} << (bit % 8);
        EXPECT_NE(refusal_of(bytes), std::nullopt) << bit;
        bytes[bit / 8] ^= std::byte{1} << (bit % 8);
    }
    EXPECT_EQ(refusal_of(bytes), std::nullopt);
    std::vector<std::byte> without = made();
    for (std::size_t bit = 0; bit < 8 * without.size(); ++bit) {
        without[bit / 8] ^= std::byte{1} << (bit % 8);
        EXPECT_FALSE(read_model_file(without)) << bit;
        without[bit / 8] ^= std::byte{1} << (bit % 8);
    }
}

TEST(ModelFile, says_what_is_wrong) {
    std::vector<std::byte> bytes = signed_file();
    bytes[60] ^= std::byte{1};
    EXPECT_EQ(refusal_of(bytes), ModelRefusal::checksum);
    bytes = signed_file();
    bytes[4] = std::byte{2};
    EXPECT_EQ(refusal_of(bytes), ModelRefusal::version);
    bytes = signed_file();
    bytes.back() ^= std::byte{1};
    EXPECT_EQ(refusal_of(bytes), ModelRefusal::signature);
    EXPECT_EQ(refusal_of(bytes_of("hello")), ModelRefusal::malformed);
    EXPECT_EQ(refusal_of(std::vector<std::byte>(model_file_bytes_max + 1)), ModelRefusal::too_large);
    EXPECT_EQ(refusal_of(*sign_model_file(made(), SigningKey::generate())), ModelRefusal::untrusted_key);
}

// Whoever changes a signed file can make its checksum right again, its signature not.
TEST(ModelFile, a_body_altered_under_a_new_checksum_is_refused) {
    std::vector<std::byte> bytes = signed_file();
    bytes[47] ^= std::byte{1};
    const Sha256 checksum = sha256(std::span(bytes).first(55));
    std::ranges::copy(checksum, bytes.begin() + 55);
    EXPECT_EQ(refusal_of(bytes), ModelRefusal::signature);
}

TEST(ModelFile, a_signature_is_replaced_by_the_next) {
    const SigningKey other = SigningKey::generate();
    const auto again = sign_model_file(*sign_model_file(made(), other), key());
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, signed_file());
    EXPECT_FALSE(sign_model_file(bytes_of("hello"), key()));
}

TEST(ModelFile, what_is_too_large_is_not_made) {
    const std::vector<std::byte> snapshot(model_file_bytes_max);
    EXPECT_TRUE(encode_model_file({.model = "pca", .group = "g", .agent = "a", .snapshot = snapshot}).empty());
    const auto fits = encode_model_file(
        {.model = "pca", .group = "g", .agent = "a", .snapshot = std::span(snapshot).first(snapshot.size() - 256)});
    ASSERT_FALSE(fits.empty());
    const auto with = sign_model_file(fits, key());
    ASSERT_TRUE(with);
    EXPECT_EQ(refusal_of(*with), std::nullopt);
}

}  // namespace
}  // namespace redshank
