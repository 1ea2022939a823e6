#include "drivers/json_value.hpp"

#include <gtest/gtest.h>

namespace redshank {
namespace {

TEST(JsonValue, hands_out_every_kind) {
    const auto read = JsonValue::parse(R"({"n":null,"t":true,"i":-3,"d":0.5,"s":"a\u001bb","a":[1,"x"],"o":{"p":7}})");
    ASSERT_TRUE(read) << read.error();
    const JsonValue& value = *read;
    EXPECT_EQ(value["n"].kind(), JsonValue::Kind::null);
    EXPECT_FALSE(value["n"].is_there());
    EXPECT_TRUE(value["t"].is(true));
    EXPECT_FALSE(value["t"].is(false));
    EXPECT_EQ(value["i"].integer(), -3);
    EXPECT_EQ(value["i"].count(), 0U);
    EXPECT_EQ(value["i"].number(), -3.0);
    EXPECT_EQ(value["d"].number(), 0.5);
    EXPECT_EQ(value["d"].integer(), std::nullopt);
    EXPECT_EQ(value["s"].text(),
              "a\x1b"
              "b");
    ASSERT_EQ(value["a"].members().size(), 2U);
    EXPECT_EQ(value["a"].members()[0].second.count(), 1U);
    EXPECT_EQ(value["a"].members()[1].second.text(), "x");
    EXPECT_EQ(value["o"]["p"].count(), 7U);
}

TEST(JsonValue, what_is_not_there_is_absent_at_any_depth) {
    const auto read = JsonValue::parse(R"({"a":1})");
    ASSERT_TRUE(read);
    EXPECT_EQ((*read)["b"]["c"]["d"].kind(), JsonValue::Kind::absent);
    EXPECT_EQ((*read)["a"]["c"].kind(), JsonValue::Kind::absent);
    EXPECT_EQ((*read)["b"].text(), "");
    EXPECT_EQ((*read)["b"].count(), 0U);
    EXPECT_FALSE((*read)["b"].is(false));
    EXPECT_TRUE((*read)["b"].members().empty());
}

TEST(JsonValue, whole_numbers_beyond_63_bits_end_there) {
    const auto read = JsonValue::parse("[9223372036854775807,18446744073709551615]");
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->members()[0].second.integer(), INT64_MAX);
    EXPECT_EQ(read->members()[1].second.integer(), INT64_MAX);
    EXPECT_EQ(read->members()[1].second.number(), 18446744073709551615.0);
}

TEST(JsonValue, what_is_no_json_says_why) {
    for (const std::string text : {"", "hello {", "{\"a\":", "{\"a\" 1}", "[1,", "{\"a\":1}x", "\"open", "\"\xff\""}) {
        const auto read = JsonValue::parse(text);
        ASSERT_FALSE(read) << text;
        EXPECT_FALSE(read.error().empty());
    }
    EXPECT_FALSE(JsonValue::parse(std::string(100'000, '[')));
    EXPECT_FALSE(JsonValue::parse(std::string(40, '[') + std::string(40, ']')));
}

}  // namespace
}  // namespace redshank
