#include "agent/json_writer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <string>

namespace redshank {
namespace {

std::string string_of(std::string_view text) {
    std::array<char, 256> room{};
    JsonWriter json(room);
    json.value(text);
    EXPECT_TRUE(json.complete());
    return std::string(json.text());
}

TEST(JsonWriter, nests_and_separates_by_itself) {
    std::array<char, 512> room{};
    JsonWriter json(room);
    json.begin_object().member("a", 1).key("list").begin_array().value("x").value(true).null();
    json.begin_object().end_object().begin_array().end_array().end_array().member("b", false).end_object();
    EXPECT_TRUE(json.complete());
    EXPECT_EQ(json.text(), R"({"a":1,"list":["x",true,null,{},[]],"b":false})");
}

TEST(JsonWriter, takes_every_width_of_number_without_ambiguity) {
    std::array<char, 512> room{};
    JsonWriter json(room);
    json.begin_array();
    json.value(std::size_t{1}).value(std::int8_t{-2}).value(std::uint8_t{3}).value(std::int32_t{-4});
    json.value(std::uint32_t{5}).value(6L).value(7UL).value(8LL).value(9ULL);
    json.value(std::numeric_limits<std::int64_t>::min()).value(std::numeric_limits<std::uint64_t>::max());
    json.value(std::string("s")).value(std::string_view("v")).end_array();
    EXPECT_TRUE(json.complete());
    EXPECT_EQ(json.text(), R"([1,-2,3,-4,5,6,7,8,9,-9223372036854775808,18446744073709551615,"s","v"])");
}

TEST(JsonWriter, writes_decimals_in_shortest_round_trip_form_and_no_nan) {
    std::array<char, 512> room{};
    JsonWriter json(room);
    json.begin_array().value(0.1).value(85.0).value(0.8F).value(-0.5).value(1e300).value(5e-324);
    json.value(std::numeric_limits<double>::quiet_NaN()).value(-std::numeric_limits<float>::infinity()).end_array();
    EXPECT_EQ(json.text(), "[0.1,85,0.8,-0.5,1e+300,5e-324,null,null]");
}

TEST(JsonWriter, escapes_what_json_must_escape) {
    EXPECT_EQ(string_of("a\"b\\c\n\t\r/"), R"("a\"b\\c\n\t\r/")");
    EXPECT_EQ(string_of(std::string_view("\0\x01\x1f\x7f", 4)), "\"\\u0000\\u0001\\u001f\x7f\"");
    EXPECT_EQ(string_of("\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa6"), "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa6\"");
}

TEST(JsonWriter, replaces_bytes_that_are_not_utf8) {
    const std::string mark = "\xef\xbf\xbd";
    EXPECT_EQ(string_of("\xff"), '"' + mark + '"');
    EXPECT_EQ(string_of("a\xc3"), "\"a" + mark + '"');                                // cut short
    EXPECT_EQ(string_of("\xc0\xaf"), '"' + mark + mark + '"');                        // overlong
    EXPECT_EQ(string_of("\xed\xa0\x80"), '"' + mark + mark + mark + '"');             // surrogate
    EXPECT_EQ(string_of("\xf4\x90\x80\x80"), '"' + mark + mark + mark + mark + '"');  // beyond U+10FFFF
    EXPECT_EQ(string_of("\xe2\x82z"), '"' + mark + mark + "z\"");
}

TEST(JsonWriter, says_when_it_did_not_fit_and_writes_nothing_beyond_its_room) {
    std::array<char, 16> room{};
    room.fill('#');
    JsonWriter json(std::span<char>(room).first(8));
    json.begin_object().member("key", 123456);
    EXPECT_FALSE(json.ok());
    json.end_object();
    EXPECT_FALSE(json.complete());
    for (std::size_t i = 8; i < room.size(); ++i) EXPECT_EQ(room[i], '#');
}

TEST(JsonWriter, refuses_what_is_no_document) {
    std::array<char, 256> room{};
    EXPECT_FALSE(JsonWriter(room).begin_object().value(1).ok());               // value without a key
    EXPECT_FALSE(JsonWriter(room).begin_array().key("k").ok());                // key in an array
    EXPECT_FALSE(JsonWriter(room).begin_object().key("k").end_object().ok());  // key without a value
    EXPECT_FALSE(JsonWriter(room).begin_object().end_array().ok());            // another bracket
    EXPECT_FALSE(JsonWriter(room).value(1).value(2).ok());                     // two roots
    EXPECT_FALSE(JsonWriter(room).end_array().ok());                           // end without begin
    EXPECT_FALSE(JsonWriter(room).begin_object().key("a").key("b").ok());      // two keys
    EXPECT_FALSE(JsonWriter(room).begin_array().complete());                   // not closed
    JsonWriter deep(room);
    for (std::size_t i = 0; i < JsonWriter::nesting_max; ++i) deep.begin_array();
    EXPECT_TRUE(deep.ok());
    EXPECT_FALSE(deep.begin_array().ok());
}

}  // namespace
}  // namespace redshank
