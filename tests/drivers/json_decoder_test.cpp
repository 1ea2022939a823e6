#include <gtest/gtest.h>

#include <string>

#include "drivers/payload_decoder.hpp"
#include "model/fnv1a.hpp"
#include "tests/drivers/allocation_count.hpp"
#include "tests/drivers/decoding.hpp"

namespace redshank::test {

namespace {

constexpr std::string_view typical_payload =
    R"({"ts":1396310400000,"temperature":21.53,"humidity":47.2,"vibration":{"rms":0.0123,"peak":0.31},"state":"ON","n":17})";

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + "1" + std::string(depth, ']');
}

class JsonDecoder : public testing::Test {
protected:
    std::string decode(std::string_view payload, const std::vector<std::string_view>& fields = {},
                       std::string_view time_field = {}) {
        return decoded_text(*decoder_, payload, fields, time_field);
    }

    std::optional<std::int64_t> time_of(std::string_view payload, std::string_view field, bool& unusable) {
        const auto decoded = decoder_->decode(bytes_of(payload), {.fields = {}, .time_field = field});
        unusable = decoded && decoded->rows[0].time_unusable;
        return decoded ? decoded->rows[0].time_ns : std::nullopt;
    }

    std::unique_ptr<PayloadDecoder> decoder_ = PayloadDecoder::make_json({});
};

}  // namespace

TEST_F(JsonDecoder, top_level_members_keep_their_key_and_nested_ones_are_pointers) {
    EXPECT_EQ(decode(R"({"t":21.50,"v":{"rms":-0.5},"a":[1,{"b":2}],"Volume Flow":3})"),
              "t=2150e-2 /v/rms=-5e-1 /a/0=1 /a/1/b=2 Volume Flow=3");
    EXPECT_EQ(decode(R"([7,[8]])"), "/0=7 /1/0=8");
    EXPECT_EQ(decode(R"({})"), "");
    EXPECT_EQ(decode(" [ ]\r\n"), "");
}

TEST_F(JsonDecoder, slashes_and_tildes_in_keys_are_escaped_as_rfc_6901_has_it) {
    EXPECT_EQ(decode(R"({"a/b":1,"m~n":2,"":3,"x":{"c/d~":4,"":5}})"), "/a~1b=1 /m~0n=2 /=3 /x/c~1d~0=4 /x/=5");
}

TEST_F(JsonDecoder, escaped_keys_are_unescaped) {
    EXPECT_EQ(decode(R"({"\u0074emp\"\\\t":1,"\u00b0C":2,"\ud83d\ude00":{"\/":3}})"),
              "temp\"\\\t=1 \xc2\xb0"
              "C=2 /\xf0\x9f\x98\x80/~1=3");
}

TEST_F(JsonDecoder, a_document_that_is_one_value_is_the_field_value) {
    EXPECT_EQ(decode("21.5"), "value=215e-1");
    EXPECT_EQ(decode(" -3 \n"), "value=-3");
    EXPECT_EQ(decode("true"), "value=1");
    EXPECT_EQ(decode("\"closed\""), "value=0");
    EXPECT_EQ(decode("null"), "");
    EXPECT_EQ(decode("\"21.5\""), "");
    EXPECT_EQ(decode("21.5", {"temperature"}), "");
}

TEST_F(JsonDecoder, states_and_booleans_are_0_or_1_and_other_strings_are_passed_over) {
    EXPECT_EQ(decode(R"({"a":"ON","b":"on","c":"open","d":"online","e":"true","f":true})"), "a=1 b=1 c=1 d=1 e=1 f=1");
    EXPECT_EQ(decode(R"({"a":"OFF","b":"off","c":"closed","d":"offline","e":"false","f":false})"),
              "a=0 b=0 c=0 d=0 e=0 f=0");
    EXPECT_EQ(decode(R"({"a":"On","b":"","c":"21.5","d":null,"e":" ON"})"), "");
    EXPECT_EQ(decode(R"({"c":"21.5"})", {"c"}), "");
    EXPECT_EQ(decode(R"({"a":"\u004fN"})"), "a=1");
}

TEST_F(JsonDecoder, housekeeping_is_left_out_unless_asked_for) {
    for (const std::string_view name : left_out_names) {
        const std::string payload =
            R"({")" + std::string(name) + R"(":1,"kept":2,"in":{")" + std::string(name) + R"(":3}})";
        EXPECT_EQ(decode(payload), "kept=2") << payload;
        EXPECT_EQ(decode(payload, {name}), std::string(name) + "=1") << payload;
    }
    EXPECT_EQ(decode(R"({"battery_low":false,"signal":3,"LINKQUALITY":4,"timestamp":5})"),
              "battery_low=0 signal=3 LINKQUALITY=4 timestamp=5");
    EXPECT_EQ(decode(R"({"Signal":{"level":3}})"), "/Signal/level=3");
}

TEST_F(JsonDecoder, only_fields_asked_for_are_returned_in_the_order_of_the_document) {
    EXPECT_EQ(decode(R"({"a":1,"b":2,"c":{"d":3},"e":4})", {"/c/d", "a", "nowhere"}), "a=1 /c/d=3");
}

TEST_F(JsonDecoder, of_equal_names_the_last_value_stands_and_is_counted_once) {
    EXPECT_EQ(decode(R"({"a":1,"b":2,"a":3,"c":{"d":4},"c":{"d":5}})"), "a=3 b=2 /c/d=5");
    EXPECT_EQ(decode(R"({"a":1,"a":1e99})"), "a=out_of_range");
    EXPECT_EQ(decode(R"({"\u0061":1,"a":2})"), "a=2");
}

TEST_F(JsonDecoder, a_number_too_large_refuses_its_field_and_no_neighbour) {
    EXPECT_EQ(decode(R"({"a":1,"b":1e300,"c":1e999999999999,"d":123456789012345678901234567890,"e":2})"),
              "a=1 b=out_of_range c=out_of_range d=out_of_range e=2");
    EXPECT_EQ(decode("1e400"), "value=out_of_range");
    EXPECT_EQ(decode(R"({"tiny":1e-12,"large":1e12,"p":101325.00,"n":123456789012345})"),
              "tiny=1e-12 large=1000000000000 p=10132500e-2 n=123456789012345");
}

TEST_F(JsonDecoder, what_is_not_json_is_refused_whole) {
    for (const std::string_view payload : {
             "",
             " ",
             "{",
             "}",
             "[",
             "]",
             "[1",
             "[1,",
             "[1,]",
             "[,1]",
             "[1 2]",
             "[1}",
             "{]",
             "[[1]",
             "[1]]",
             "[]]",
             "{}{}",
             "{} {}",
             "1 2",
             "1,",
             "[1],",
             "nul",
             "nulll",
             "true false",
             "tru",
             "True",
             "\"a\" 1",
             "\"a\"b",
             "\"a",
             "\"",
             "a",
             "'a'",
             "\"a\"\"b\"",
             "{\"a\"}",
             "{\"a\":}",
             "{\"a\":1,}",
             "{,}",
             "{\"a\" 1}",
             "{\"a\"::1}",
             "{1:1}",
             "{a:1}",
             "{\"a\":1 \"b\":2}",
             "{\"a\":{\"b\":1}",
             "{\"a\":1}}",
             "{\"a\":[1}",
             "{\"a\":1]",
             "{\"a\":1}x",
             "[1]//",
             "/*1*/1",
             "\xef\xbb\xbf{}",
             "NaN",
             "Infinity",
             "-Infinity",
             "inf",
             "nan",
             "01",
             "-01",
             "+1",
             "1.",
             ".5",
             "-",
             "1e",
             "1e+",
             "0x10",
             "1_000",
             "--1",
             "1.e3",
             "1\f",
             "{\"a\":NaN}",
             "{\"a\":Infinity}",
             "{\"a\":01}",
             "{\"a\":+1}",
             "{\"a\":1e999x}",
             "{\"a\":-}",
             "{\"a\":1.2.3}",
             "{\"a\":1\"b\"}",
             "{\"a\":true\"b\"}",
             "{\"a\":truefalse}",
             "{\"a\":null1}",
             "{\"a\":nul}",
             "{\"skipped\":{\"x\":NaN}}",
             "[\"a\\x\"]",
             "[\"\\u12g4\"]",
             "[\"\\u123\"]",
             "{\"\\x\":1}",
             "[\"a\nb\"]",
             "[\"a\tb\"]",
             "{\"a\nb\":1}",
             "[\"\\ud800\"]",
             "[\"\\udc00\"]",
             "[\"\\ud800\\u0041\"]",
             "[\"\\ud800x\"]",
             "{\"\\udc00\":1}",
             "{\"Button<x>\":{\"Action\":\"HOLD\"}}` when",
             "{\"ZbReceived\":{xxx:yyy}}",
             "{\"a\":\"",
         }) {
        EXPECT_EQ(decode(payload), "!invalid_json") << payload;
        EXPECT_EQ(decode(payload, {"none"}), "!invalid_json") << payload;
    }
    EXPECT_EQ(decode(std::string_view("{\"a\":1}\0", 8)), "!invalid_json");
    EXPECT_EQ(decode(std::string_view("[\"\0\"]", 5)), "!invalid_json");
    EXPECT_EQ(decode(R"({"a":1})"), "a=1");  // and it goes on
}

TEST_F(JsonDecoder, what_an_earlier_longer_message_left_behind_completes_no_later_one) {
    EXPECT_EQ(decode(R"({"a":1,"b":[2,3]})"), "a=1 /b/0=2 /b/1=3");
    EXPECT_EQ(decode(R"({"a":1,"b":[2,3])"), "!invalid_json");
    EXPECT_EQ(decode(R"({"a":1,"b":[2)"), "!invalid_json");
    EXPECT_EQ(decode(R"({"a":1)"), "!invalid_json");
    EXPECT_EQ(decode(R"({"a":tru)"), "!invalid_json");
}

TEST_F(JsonDecoder, bad_utf8_anywhere_is_named_so) {
    for (const std::string_view payload :
         {"{\"a\":\"\xff\"}", "{\"\xc0\xaf\":1}", "{\"a\":1}\xff", "\x80", "[\"\xed\xa0\x80\"]",
          "{\"a\":NaN,\"\xfe\":1}", "\"\xf5\x80\x80\x80\"", "{\"a\xe2\x82"}) {
        EXPECT_EQ(decode(payload), "!not_utf8") << payload;
    }
}

TEST_F(JsonDecoder, limits_are_kept_to_the_last_unit) {
    EXPECT_EQ(decode(nested(16)), "/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0=1");
    EXPECT_EQ(decode(nested(17)), "!too_deep");
    EXPECT_EQ(decode(nested(30000)), "!too_deep");
    EXPECT_EQ(decode(R"({"a":)" + nested(16) + "}"), "!too_deep");

    decoder_ = PayloadDecoder::make_json({.payload_bytes_max = 30, .fields_max = 3, .depth_max = 1});
    EXPECT_EQ(decode("[1,2,3]"), "/0=1 /1=2 /2=3");
    EXPECT_EQ(decode("[1,2,3,\"x\",null]"), "/0=1 /1=2 /2=3");
    EXPECT_EQ(decode("[1,2,3,4]"), "!too_many_fields");
    EXPECT_EQ(decode("[1,2,3,1e99]"), "!too_many_fields");
    EXPECT_EQ(decode("[1,2,3,4]", {"/3"}), "/3=4");
    EXPECT_EQ(decode("[[1]]"), "!too_deep");
    EXPECT_EQ(decode("[1,2" + std::string(25, ' ') + "]"), "/0=1 /1=2");
    EXPECT_EQ(decode("[1,2" + std::string(26, ' ') + "]"), "!too_large");
    EXPECT_EQ(decode(std::string(31, '\xff')), "!too_large");
}

TEST_F(JsonDecoder, a_full_house_of_fields_is_found_again) {
    std::string payload = "{";
    for (int i = 0; i < 256; ++i) payload += "\"field" + std::to_string(i) + "\":" + std::to_string(i) + ",";
    EXPECT_EQ(decoder_->decode(bytes_of(payload + "\"field0\":1}"), {})->rows[0].fields.size(), 256U);
    EXPECT_EQ(decode(payload + "\"one_more\":1}"), "!too_many_fields");
}

TEST_F(JsonDecoder, a_name_too_long_for_a_channel_refuses_its_field) {
    const std::string longest(channel_name_bytes_max, 'a');
    EXPECT_EQ(decode("{\"" + longest + "\":1}"), longest + "=1");
    EXPECT_EQ(decode("{\"b\":2,\"" + longest + "a\":1,\"" + longest + "b\":1}"),
              "b=2 " + longest + "=channel_limit " + longest + "=channel_limit");
    EXPECT_EQ(decode("{\"x\":{\"" + longest + "\":1,\"y\":2}}"), "/x/" + longest.substr(3) + "=channel_limit /x/y=2");
    const std::string umlauts = "a" + longest.substr(2) + "\xc3\xa4";  // the cut would go through it
    EXPECT_EQ(decode("{\"" + umlauts + "\":1}"), umlauts.substr(0, channel_name_bytes_max - 1) + "=channel_limit");
}

TEST_F(JsonDecoder, the_time_field_is_a_time_and_no_field) {
    bool unusable = true;
    EXPECT_EQ(time_of(R"({"ts":1396310400,"a":1})", "ts", unusable), 1'396'310'400'000'000'000);
    EXPECT_FALSE(unusable);
    EXPECT_EQ(time_of(R"({"Time":"2014-04-01T00:00:00.5+02:00"})", "Time", unusable), 1'396'303'200'500'000'000);
    EXPECT_EQ(time_of(R"({"h":{"t":1396310400123}})", "/h/t", unusable), 1'396'310'400'123'000'000);
    EXPECT_EQ(time_of(R"({"ts":1,"ts":2})", "ts", unusable), 2'000'000'000);
    EXPECT_FALSE(unusable);
    EXPECT_EQ(decode(R"({"ts":5,"a":1})", {}, "ts"), "a=1");
    EXPECT_EQ(decode(R"({"ts":5,"a":1})", {"ts", "a"}, "ts"), "a=1");
}

TEST_F(JsonDecoder, a_time_field_that_is_no_time_is_reported_and_one_that_is_missing_is_not) {
    bool unusable = false;
    for (const std::string_view payload :
         {R"({"ts":"soon"})", R"({"ts":1e300})", R"({"ts":null})", R"({"ts":true})", R"({"ts":{"a":1}})",
          R"({"ts":[]})", R"({"ts":1,"ts":"x"})", R"({"ts":"ON"})"}) {
        EXPECT_EQ(time_of(payload, "ts", unusable), std::nullopt) << payload;
        EXPECT_TRUE(unusable) << payload;
    }
    EXPECT_EQ(time_of(R"({"a":1})", "ts", unusable), std::nullopt);
    EXPECT_FALSE(unusable);
    EXPECT_EQ(time_of(R"({"a":1,"":5})", "", unusable), std::nullopt);
    EXPECT_FALSE(unusable);
}

TEST_F(JsonDecoder, the_id_field_is_its_characters_and_no_field) {
    const auto id_of = [this](std::string_view payload) {
        const auto decoded = decoder_->decode(bytes_of(payload), {.fields = {}, .id_field = "part"});
        EXPECT_TRUE(decoded && decoded->rows[0].fields.size() == 1 && decoded->rows[0].fields[0].name == "v")
            << payload;
        return decoded ? decoded->rows[0].id : std::nullopt;
    };
    EXPECT_EQ(id_of(R"({"part":"P-7","v":1})"), fnv1a("P-7"));
    EXPECT_EQ(id_of(R"({"part":"P\u002d7","v":1})"), fnv1a("P-7")) << "as it reads, not as it is written";
    EXPECT_EQ(id_of(R"({"part":17 ,"v":1})"), id_of(R"({"part":"17","v":1})"));
    EXPECT_EQ(id_of(R"({"part":"ON","v":1})"), fnv1a("ON"));
    EXPECT_FALSE(id_of(R"({"v":1})"));
    EXPECT_FALSE(id_of(R"({"part":null,"v":1})"));
}

TEST_F(JsonDecoder, decoding_allocates_nothing) {
    if (!AllocationCount::works()) GTEST_SKIP() << "the sanitizer has its own operator new";
    const std::string deep = nested(17);
    const std::string large = "[\"" + std::string(65532, 'x') + "\"]";
    const AllocationCount count;
    for (int i = 0; i < 10'000; ++i) {
        ASSERT_TRUE(decoder_->decode(bytes_of(typical_payload), {.fields = {}, .time_field = "ts"}));
        ASSERT_FALSE(decoder_->decode(bytes_of("{\"a\":NaN}"), {}));
        ASSERT_FALSE(decoder_->decode(bytes_of(deep), {}));
        if (i % 100 == 0) {
            ASSERT_TRUE(decoder_->decode(bytes_of(large), {}));
        }
    }
    EXPECT_EQ(count.calls(), 0U);
}

TEST_F(JsonDecoder, says_how_much_memory_it_holds) {
    if (!AllocationCount::works()) GTEST_SKIP() << "the sanitizer has its own operator new";
    for (const std::size_t payload_bytes : {1000, 65536, 1 << 20}) {
        const AllocationCount count;
        const auto decoder = PayloadDecoder::make_json({.payload_bytes_max = payload_bytes});
        EXPECT_LE(count.bytes(), decoder->bytes());
        EXPECT_GE(count.bytes(), decoder->bytes() - 4096);
    }
}

}  // namespace redshank::test
