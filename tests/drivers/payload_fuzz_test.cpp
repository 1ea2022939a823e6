#include <gtest/gtest.h>

#include <string>

#include "drivers/payload_decoder.hpp"
#include "drivers/time_text.hpp"
#include "drivers/zone_rule.hpp"
#include "tests/drivers/decoding.hpp"
#include "tests/drivers/fuzz_random.hpp"
#include "tests/drivers/reference_json.hpp"

// Payloads that nobody wrote: whatever the bytes and whatever is asked for, a decoder refuses or gives decimals.

namespace redshank::test {

namespace {

using Names = std::vector<std::string_view>;

constexpr std::string_view seeds[] = {
    "time,temperature,\"a \"\"b\"\"\"\n2024-03-31T02:30:00,21.5,ON\n1709187300,-3e2,\n",
    "1396310400;21,5;heat\r\n1396310401;\"1,25\";idle\r\n",
    "1\t2\t3\n4\t\t\"6\"\n",
    R"({"n":2,"samples":[{"t":1396310400,"v":1,"w":{"x":"3.5"}},{"t":"2014-04-01T00:00:01Z","v":"heat"},7],"t":3})",
    R"([{"t":1,"v":[1,2,{"a":3}]},{"v":1e400},null,"ON",[{"v":2}]])",
    R"({"samples":[],"samples":{"samples":[{"v":"-0"}]}})",
    " 21.5 ",
    "heat",
};
constexpr std::string_view tokens[] = {"\"",     "\"\"",
                                       ",",      ";",
                                       "\t",     "\n",
                                       "\r\n",   "|",
                                       "1",      "-",
                                       ".",      "e9",
                                       "NaN",    "[",
                                       "]",      "{",
                                       "}",      "\"samples\":",
                                       "heat",   "\xef\xbb\xbf",
                                       "\0",     "\xff",
                                       " ",      "0",
                                       "inf",    "2024-03-31T02:30",
                                       "1e18",   ":",
                                       "\\u0000"};

std::string mutated(Random& random) {
    std::string text(seeds[random.below(std::size(seeds))]);
    for (std::size_t mutations = random.below(4); mutations > 0; --mutations) {
        const std::size_t at = random.below(text.size() + 1);
        const std::size_t size = std::min(random.below(5) + 1, text.size() - at);
        switch (random.below(4)) {
            case 0:
                text.erase(at, size);
                break;
            case 1:
                text.insert(at, tokens[random.below(std::size(tokens))]);
                break;
            case 2:
                if (at < text.size()) text[at] = static_cast<char>(random.below(256));
                break;
            default:
                text.insert(at, text.substr(random.below(text.size() + 1), size * 4));
        }
    }
    return text;
}

std::string random_bytes(Random& random) {
    std::string text(random.below(120), '\0');
    const std::size_t letters = random.below(2) == 0 ? 256 : 96;
    for (char& byte : text) byte = static_cast<char>(letters == 256 ? random.below(256) : 32 + random.below(letters));
    return text;
}

class Decoders {
public:
    static constexpr std::size_t fields_max = 12;

    PayloadDecoder& any(Random& random) { return *decoders_[random.below(std::size(decoders_))]; }

private:
    static constexpr PayloadDecoder::Limits limits{.payload_bytes_max = 400, .fields_max = fields_max, .depth_max = 6};
    std::unique_ptr<PayloadDecoder> decoders_[3] = {PayloadDecoder::make_json(limits), PayloadDecoder::make_csv(limits),
                                                    PayloadDecoder::make_number(limits)};
};

// What is asked for, at random. The lists outlive the request.
const Names no_names;
const Names columns{"t", "v", "", "w"};
const Names fields{"v", "/w/x", "2"};
const Names states{"idle", "heat"};

DecodeRequest any_request(Random& random) {
    const auto one_in = [&random](std::size_t bound) { return random.below(bound) == 0; };
    constexpr std::string_view arrays[] = {"", "/", "/samples", "/samples/0", "/a~1"};
    DecodeRequest request{.fields = one_in(3) ? fields : no_names};
    if (one_in(2)) request.time_field = "t";
    if (one_in(4)) request.id_field = "id";
    request.times.format = static_cast<TimeFormat>(random.below(6));
    if (one_in(2)) request.times.zone = *ZoneRule::parse("CET-1CEST,M3.5.0,M10.5.0/3");
    if (one_in(2)) request.states = states;
    if (one_in(2)) request.readings = arrays[random.below(std::size(arrays))];
    request.numeric_strings = one_in(2);
    if (one_in(2)) request.columns = columns;
    request.separator = std::string_view("\0,;\t|", 5)[random.below(5)];
    request.decimal_comma = request.separator != ',' && one_in(2);
    return request;
}

void expect_sound(const Decoded& decoded, std::uint64_t seed) {
    std::size_t count = 0;
    for (const DecodedRow& row : decoded.rows) {
        EXPECT_FALSE(row.time_ns && row.time_unusable) << "seed " << seed;
        for (const DecodedField& field : row.fields) {
            ++count;
            ASSERT_TRUE(!field.name.empty() && reference_utf8(field.name)) << "seed " << seed;
            if (!field.value) continue;
            ASSERT_LT(field.value->mantissa, 1'000'000'000'000'000'000) << "seed " << seed;
            ASSERT_GT(field.value->mantissa, -1'000'000'000'000'000'000) << "seed " << seed;
            ASSERT_LE(field.value->scale, 40) << "seed " << seed;
        }
    }
    ASSERT_LE(count, Decoders::fields_max) << "seed " << seed;
}

}  // namespace

TEST(PayloadFuzz, any_bytes_are_refused_or_give_decimals_within_the_bounds) {
    Decoders decoders;
    std::size_t decoded_count = 0;
    std::size_t rows = 0;
    for (std::uint64_t seed = 0; seed < 120'000; ++seed) {
        Random random(seed);
        const std::string text = random.below(4) == 0 ? random_bytes(random) : mutated(random);
        PayloadDecoder& decoder = decoders.any(random);
        const DecodeRequest request = any_request(random);
        const auto decoded = decoder.decode(bytes_of(text), request);
        if (!decoded) {
            ASSERT_LT(static_cast<std::size_t>(decoded.error()), message_error_count) << "seed " << seed;
            continue;
        }
        ++decoded_count;
        rows += decoded->rows.size();
        expect_sound(*decoded, seed);
        if (HasFatalFailure()) return;
        ASSERT_EQ(rows_text(decoder, text, request), rows_text(decoder, text, request)) << "seed " << seed;
    }
    EXPECT_GT(decoded_count, 10'000U);
    EXPECT_GT(rows, 5'000U);
}

TEST(PayloadFuzz, a_csv_payload_reads_the_same_quoted_and_with_either_end_of_line) {
    const auto decoder = PayloadDecoder::make_csv({.payload_bytes_max = 4096, .fields_max = 64});
    for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
        Random random(seed);
        const std::size_t width = random.below(4) + 1;
        std::string plain;
        std::string quoted;
        for (std::size_t line = random.below(5) + 1; line > 0; --line) {
            for (std::size_t column = 0; column < width; ++column) {
                const std::string cell = std::to_string(random.below(2'000'000)) + (random.below(2) == 0 ? ".25" : "");
                plain += (column > 0 ? "," : "") + cell;
                quoted += (column > 0 ? ", \"" : "\"") + cell + "\"";
            }
            plain += '\n';
            quoted += "\r\n";
        }
        const std::string expected = rows_text(*decoder, plain);
        ASSERT_EQ(rows_text(*decoder, quoted), expected) << plain;
        ASSERT_NE(expected.front(), '!') << plain;
    }
}

}  // namespace redshank::test
