#include <gtest/gtest.h>
#include <simdjson.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "drivers/payload_decoder.hpp"
#include "tests/drivers/decoding.hpp"

namespace redshank::test {

namespace {

// A pointer as the decoder names it: of a top-level member the key alone, unless that needs escapes.
std::string name_of_pointer(std::string_view pointer) {
    const std::string_view key = pointer.substr(1);
    return key.empty() || key.find_first_of("/~") != std::string_view::npos ? std::string(pointer) : std::string(key);
}

std::filesystem::path payload_file() {
    const char* const shared = std::getenv("REDSHANK_SHARED_DATA");
    return shared == nullptr ? std::filesystem::path() : std::filesystem::path(shared) / "payloads" / "payloads.jsonl";
}

// Exact: both are parsed from the same digits, one by way of the shortest text that gives the double back.
double as_double(const Decimal& value) {
    const std::string text = std::to_string(value.mantissa) + "e-" + std::to_string(value.scale);
    double out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

}  // namespace

TEST(PayloadSet, payloads_of_real_devices_give_every_number_and_the_broken_ones_none) {
    const auto file = payload_file();
    if (file.empty()) GTEST_SKIP() << "REDSHANK_SHARED_DATA does not say where the recorded payloads are";
    const auto decoder = PayloadDecoder::make_json({});
    simdjson::dom::parser parser;
    std::ifstream lines(file);
    ASSERT_TRUE(lines) << file;
    std::size_t payloads = 0;
    std::size_t refused = 0;
    std::size_t values = 0;
    for (std::string text; std::getline(lines, text);) {
        simdjson::dom::element line;
        ASSERT_EQ(parser.parse(text).get(line), simdjson::SUCCESS) << text;
        ++payloads;
        std::string_view payload;
        bool valid = false;
        ASSERT_EQ(line["payload"].get(payload), simdjson::SUCCESS);
        ASSERT_EQ(line["valid_json"].get(valid), simdjson::SUCCESS);
        if (!valid) {
            ++refused;
            EXPECT_EQ(decoded_text(*decoder, payload), "!invalid_json") << payload;
            continue;
        }
        std::map<std::string, double> expected;
        simdjson::dom::object numbers;
        ASSERT_EQ(line["numbers"].get(numbers), simdjson::SUCCESS);
        for (const auto [pointer, number] : numbers)
            ASSERT_EQ(number.get(expected[name_of_pointer(pointer)]), simdjson::SUCCESS);

        const auto all = decoder->decode(bytes_of(payload), {});
        ASSERT_TRUE(all) << payload;
        for (const DecodedField& field : all->fields) EXPECT_TRUE(field.value) << payload << " " << field.name;

        if (expected.empty()) continue;  // no field named would mean every field
        std::vector<std::string_view> names;
        for (const auto& [name, number] : expected) names.push_back(name);
        const auto decoded = decoder->decode(bytes_of(payload), {.fields = names, .time_field = {}});
        ASSERT_TRUE(decoded) << payload;
        EXPECT_EQ(decoded->fields.size(), expected.size()) << payload;
        for (const DecodedField& field : decoded->fields) {
            ASSERT_TRUE(field.value) << payload;
            EXPECT_EQ(as_double(*field.value), expected.at(std::string(field.name))) << payload << " " << field.name;
            ++values;
        }
    }
    EXPECT_EQ(payloads, 179U);
    EXPECT_EQ(refused, 4U);
    EXPECT_GT(values, 300U);
}

}  // namespace redshank::test
