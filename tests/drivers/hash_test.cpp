#include "drivers/hash.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "tests/drivers/decoding.hpp"

namespace redshank::test {

// FIPS 180-4's examples.
constexpr std::string_view of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(Hash, sha256_is_the_standards) {
    EXPECT_EQ(hex(sha256(bytes_of("abc"))), of_abc);
    EXPECT_EQ(hex(sha256({})), of_nothing);
}

TEST(Hash, pieces_hash_like_the_whole_and_a_finished_stream_begins_again) {
    Sha256Stream stream;
    EXPECT_EQ(hex(stream.finish()), of_nothing);
    stream.add(bytes_of("a"));
    stream.add({});
    stream.add(bytes_of("bc"));
    EXPECT_EQ(hex(stream.finish()), of_abc);
    for (int i = 0; i < 1'000'000; ++i) stream.add(bytes_of("a"));
    EXPECT_EQ(hex(stream.finish()), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Hash, hex_is_lower_case_and_complete) {
    EXPECT_EQ(hex(bytes_of(std::string_view("\x00\x0f\xff", 3))), "000fff");
    EXPECT_EQ(hex({}), "");
}

TEST(Hash, random_numbers_differ) {
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 100; ++i) seen.insert(random_u64());
    EXPECT_EQ(seen.size(), 100U);
}

}  // namespace redshank::test
