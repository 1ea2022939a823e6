#include <gtest/gtest.h>

#include "drivers/payload_decoder.hpp"
#include "tests/drivers/decoding.hpp"

namespace redshank::test {

namespace {

class JsonReadings : public testing::Test {
protected:
    std::string of(std::string_view payload, std::string_view readings, std::string_view time = {},
                   const std::vector<std::string_view>& fields = {}) {
        return rows_text(*decoder_, payload, {.fields = fields, .time_field = time, .readings = readings});
    }
    std::unique_ptr<PayloadDecoder> decoder_ =
        PayloadDecoder::make_json({.payload_bytes_max = 4096, .fields_max = 6, .depth_max = 5});
};

}  // namespace

TEST_F(JsonReadings, each_element_is_a_row_with_its_own_time_and_names) {
    EXPECT_EQ(of(R"({"n":2,"samples":[{"t":1396310400,"v":1},{"t":"2014-04-01T00:00:01Z","v":2,"w":{"x":3}}],"m":4})",
                 "/samples", "t"),
              "v=1 @1396310400000000000; v=2 /w/x=3 @1396310401000000000");
    EXPECT_EQ(of(R"([{"v":1},{"v":[2,3]}])", ""), "v=1; /v/0=2 /v/1=3");
    EXPECT_EQ(of(R"([{"v":1}])", "/"), "v=1");
    EXPECT_EQ(of(R"({"a":{"b~/":[{"v":1}]}})", "/a/b~0~1"), "v=1");
    EXPECT_EQ(of(R"({"a":[[{"v":1}],[{"v":2}]]})", "/a/1"), "v=2");
    EXPECT_EQ(of(R"([{"d":{"t":1396310400},"v":1}])", "", "/d/t"), "v=1 @1396310400000000000");
    EXPECT_EQ(of(R"([{"t":"soon","v":1},{"v":2},{"t":null,"v":3}])", "", "t"), "v=1 @?; v=2; v=3 @?");
}

TEST_F(JsonReadings, nothing_outside_of_the_array_is_read) {
    EXPECT_EQ(of(R"({"t":1396310400,"v":9,"s":[{"v":1}],"x":[{"v":5}],"y":{"s":[{"v":6}]}})", "/s", "t"), "v=1");
    EXPECT_EQ(of(R"({"v":1})", "/s"), "");
    EXPECT_EQ(of(R"({"s":{"v":1}})", "/s"), "");
    EXPECT_EQ(of("1", ""), "");
    EXPECT_EQ(of("[]", ""), "");
    EXPECT_EQ(of(R"({"s":[{"v":1},{"s":[{"v":2}],"v":3}]})", "/s"), "v=1; /s/0/v=2 v=3");
    EXPECT_EQ(of(R"({"s":[[{"v":1}],{"v":2}]})", "/s"), "v=2");
    EXPECT_EQ(of(R"([{"v":1},[[{"v":7}],8],{"v":2}])", ""), "v=1; v=2");
}

TEST_F(JsonReadings, an_element_that_is_a_number_or_a_state_is_the_field_value) {
    EXPECT_EQ(of(R"([1, 2.5, "ON", false, null, "x", {}])", ""), "value=1; value=25e-1; value=1; value=0");
    EXPECT_EQ(of("[1,2]", "", {}, {"v"}), "");
}

TEST_F(JsonReadings, of_several_arrays_by_one_name_the_last_stands) {
    EXPECT_EQ(of(R"({"s":[{"v":1},{"v":2}],"s":[{"v":3}]})", "/s"), "v=3");
    EXPECT_EQ(of(R"({"s":[{"v":1}],"s":null})", "/s"), "");
    EXPECT_EQ(of(R"([{"v":1,"v":2},{"v":3}])", ""), "v=2; v=3");
}

TEST_F(JsonReadings, the_rest_of_the_document_is_validated_as_ever) {
    EXPECT_EQ(of(R"({"s":[{"v":1}],"x":NaN})", "/s"), "!invalid_json");
    EXPECT_EQ(of(R"({"x":01,"s":[{"v":1}]})", "/s"), "!invalid_json");
    EXPECT_EQ(of(R"([{"v":1},{"v":tru}])", ""), "!invalid_json");
    EXPECT_EQ(of(R"([{"v":1}]])", ""), "!invalid_json");
    EXPECT_EQ(of(R"([{"v":1},{"v":1e99}])", ""), "v=1; v=out_of_range");
    EXPECT_EQ(of(R"([{"a":{"b":{"c":1}}}])", ""), "/a/b/c=1");
    EXPECT_EQ(of(R"([{"a":{"b":{"c":[1]}}}])", ""), "/a/b/c/0=1");
    EXPECT_EQ(of(R"([{"a":{"b":{"c":[[1]]}}}])", ""), "!too_deep");
}

TEST_F(JsonReadings, fields_of_all_rows_together_are_bounded) {
    EXPECT_EQ(of(R"([{"a":1,"b":2},{"a":1,"b":2},{"a":1,"b":2}])", ""), "a=1 b=2; a=1 b=2; a=1 b=2");
    EXPECT_EQ(of("[1,2,3,4,5,6,7]", ""), "!too_many_fields");
}

TEST_F(JsonReadings, strings_are_numbers_where_that_is_said) {
    const DecodeRequest request{.fields = {}, .numeric_strings = true};
    EXPECT_EQ(rows_text(*decoder_, R"({"a":"21.5","b":" -3\n","c":"1e400","d":"0x1","e":"","f":"ON"})", request),
              "a=215e-1 b=-3 c=out_of_range f=1");
    EXPECT_EQ(rows_text(*decoder_, R"({"a":"007","b":"+1","c":"1 2","d":"NaN"})", request), "");
    EXPECT_EQ(rows_text(*decoder_, R"("7")", request), "value=7");
    EXPECT_EQ(rows_text(*decoder_, R"({"a":"21.5"})"), "");
}

TEST_F(JsonReadings, words_of_the_source_are_states_before_those_of_every_source) {
    const std::vector<std::string_view> states{"idle", "heat", "off"};
    const DecodeRequest request{.fields = {}, .states = states};
    EXPECT_EQ(rows_text(*decoder_, R"({"a":"idle","b":"heat","c":"off","d":"OFF","e":"Heat","f":true})", request),
              "a=0 b=1 c=2 d=0 f=1");
    EXPECT_EQ(rows_text(*PayloadDecoder::make_number({}), " heat ", request), "value=1");
}

TEST_F(JsonReadings, times_are_read_as_the_request_says) {
    const DecodeRequest milliseconds{.fields = {}, .time_field = "t", .times = {.format = TimeFormat::milliseconds}};
    EXPECT_EQ(rows_text(*decoder_, R"({"t":1500,"v":1})", milliseconds), "v=1 @1500000000");
    EXPECT_EQ(rows_text(*decoder_, R"({"t":"2014-04-01","v":1})", milliseconds), "v=1 @?");
    const DecodeRequest berlin{
        .fields = {}, .time_field = "t", .times = {.zone = *ZoneRule::parse("CET-1CEST,M3.5.0,M10.5.0/3")}};
    EXPECT_EQ(rows_text(*decoder_, R"({"t":"2014-04-01T02:00:00","v":1})", berlin), "v=1 @1396310400000000000");
}

}  // namespace redshank::test
