#include <gtest/gtest.h>

#include <string>

#include "drivers/payload_decoder.hpp"
#include "tests/drivers/decoding.hpp"
#include "tests/drivers/fuzz_random.hpp"
#include "tests/drivers/reference_json.hpp"

namespace redshank::test {

namespace {

constexpr std::string_view seeds[] = {
    R"({"ts":1396310400000,"temperature":21.53,"humidity":47.2,"vibration":{"rms":0.0123,"peak":-0.31e-5},"state":"ON","n":17})",
    R"({"Time":"2019-10-31T18:55:09","ANALOG":{"Illuminance":8},"a":[1,[2,[3]],{"b":null}],"c":true,"d":false})",
    R"({"\u0074\"\\\/\b\f\n\r\t":"\ud83d\ude00\u00e9","deep":[[[[[[[[1]]]]]]]],"e":{}})",
    "[0,-0,1.5,1e5,1E+5,1e-5,123456789012345678901234567890,1e400, \"\xc2\xb0\xe2\x82\xac\xf0\x9f\x98\x80\" ]",
    " 21.5 ",
    "\"open\"",
    "true",
    "[]",
};
constexpr std::string_view tokens[] = {
    "{",  "}",  "[",  "]",    ",",    ":",    "\"",           "\\",           "0",        "1",
    "-",  "+",  ".",  "e",    "NaN",  "true", "null",         "\\u",          "\\ud800",  " ",
    "\n", "\t", "\f", "\x01", "\xff", "\xc2", "\xed\xa0\x80", "\xef\xbb\xbf", "Infinity", "//",
    "'"};

void mutate(std::string& text, Random& random) {
    const std::size_t at = random.below(text.size() + 1);
    const std::size_t size = std::min(random.below(4) + 1, text.size() - at);
    switch (random.below(5)) {
        case 0:
            text.erase(at, size);
            break;
        case 1:
            text.insert(at, tokens[random.below(std::size(tokens))]);
            break;
        case 2:
            text.replace(at, size, tokens[random.below(std::size(tokens))]);
            break;
        case 3:
            if (at < text.size()) text[at] = static_cast<char>(random.below(256));
            break;
        default:
            text.insert(at, text.substr(random.below(text.size() + 1), size));
    }
}

}  // namespace

TEST(JsonFuzz, mutated_payloads_are_judged_as_the_reference_judges_them) {
    const auto decoder = PayloadDecoder::make_json({});
    std::size_t valid = 0;
    for (std::uint64_t seed = 0; seed < 40'000; ++seed) {
        Random random(seed);
        std::string text(seeds[random.below(std::size(seeds))]);
        for (std::size_t mutations = random.below(4) + 1; mutations > 0; --mutations) mutate(text, random);

        ReferenceJson reference(text);
        const std::string expected = !reference_utf8(text) ? "not_utf8" : reference.valid() ? "" : "invalid_json";
        const auto decoded = decoder->decode(bytes_of(text), {.fields = {}, .time_field = "ts"});
        ASSERT_EQ(decoded ? "" : name_of(decoded.error()), expected) << "seed " << seed << ": " << text;
        if (!decoded) continue;
        ++valid;
        for (const DecodedField& field : decoded->rows[0].fields) {
            ASSERT_FALSE(field.name.empty()) << "seed " << seed;
            ASSERT_TRUE(reference_utf8(field.name)) << "seed " << seed;
        }
    }
    EXPECT_GT(valid, 4'000U);
}

TEST(JsonFuzz, every_truncation_of_a_payload_is_refused) {
    const auto decoder = PayloadDecoder::make_json({});
    for (const std::string_view seed : seeds) {
        for (std::size_t size = 0; size < seed.size(); ++size) {
            const std::string_view text = seed.substr(0, size);
            const bool accepted = decoder->decode(bytes_of(text), {}).has_value();
            ASSERT_EQ(accepted, reference_utf8(text) && ReferenceJson(text).valid()) << text;
        }
    }
}

TEST(JsonFuzz, random_structure_of_any_depth_is_judged_right) {
    constexpr std::string_view alphabet[] = {"[", "[",     "]", "]", "{\"a\":", "{", "}",     "}",
                                             "1", "\"x\"", ",", ",", ":",       " ", "\"b\":"};
    const auto decoder = PayloadDecoder::make_json({.payload_bytes_max = 1024, .fields_max = 256, .depth_max = 3});
    std::size_t valid = 0;
    for (std::uint64_t seed = 0; seed < 200'000; ++seed) {
        Random random(seed);
        std::string text;
        for (std::size_t size = random.below(9) + 1; size > 0; --size)
            text += alphabet[random.below(std::size(alphabet))];
        ReferenceJson reference(text);
        const bool expected = reference.valid();
        const auto decoded = decoder->decode(bytes_of(text), {});
        if (expected && reference.deepest() > 3) {
            ASSERT_EQ(decoded.error(), Error::too_deep) << "seed " << seed << ": " << text;
        } else {
            ASSERT_EQ(decoded.has_value(), expected) << "seed " << seed << ": " << text;
        }
        valid += expected ? 1U : 0U;
    }
    EXPECT_GT(valid, 1'000U);
}

}  // namespace redshank::test
