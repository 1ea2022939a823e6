#include <gtest/gtest.h>

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

// Reads a line of that file; the file is valid JSON with ASCII escapes, so nothing is checked here. No simdjson: the
// decoder under test is made of it.
class LineOfSet {
public:
    explicit LineOfSet(std::string_view text) : text_(text) {
        members([this](const std::string& key) {
            if (key == "payload") {
                payload = string();
            } else if (key == "valid_json") {
                valid = scalar() == "true";
            } else if (key == "numbers" && text_[at_] == '{') {
                members([this](const std::string& pointer) {
                    const std::string_view number = scalar();
                    std::from_chars(number.data(), number.data() + number.size(), numbers[name_of_pointer(pointer)]);
                });
            } else if (text_[at_] == '"') {
                string();
            } else {
                scalar();
            }
        });
    }

    std::string payload;
    bool valid = false;
    std::map<std::string, double> numbers;

private:
    template <class Member>
    void members(Member member) {
        while (text_[at_++] != '}') {
            if (text_[at_] == ' ') ++at_;
            if (text_[at_] != '"') continue;
            const std::string key = string();
            at_ += 2;  // ": "
            member(key);
        }
    }

    std::string_view scalar() {
        const std::size_t start = at_;
        at_ = text_.find_first_of(",}", at_);
        return text_.substr(start, at_ - start);
    }

    unsigned four_hex() {
        unsigned unit = 0;
        std::from_chars(text_.data() + at_, text_.data() + at_ + 4, unit, 16);
        at_ += 4;
        return unit;
    }

    std::string string() {
        std::string out;
        while (text_[++at_] != '"') {
            if (text_[at_] != '\\') {
                out += text_[at_];
                continue;
            }
            const char escape = text_[++at_];
            const std::size_t plain = std::string_view("bfnrt").find(escape);
            if (escape != 'u') {
                out += plain == std::string_view::npos ? escape : "\b\f\n\r\t"[plain];
                continue;
            }
            ++at_;
            unsigned code = four_hex();
            if (code >= 0xd800 && code < 0xdc00) {
                at_ += 2;
                code = 0x10000 + ((code - 0xd800) << 10U) + (four_hex() - 0xdc00);
            }
            append_utf8(code, out);
            --at_;
        }
        ++at_;
        return out;
    }

    static void append_utf8(unsigned code, std::string& out) {
        const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | (code >> shift & 0x3fU)); };
        if (code < 0x80) {
            out += static_cast<char>(code);
        } else if (code < 0x800) {
            out += static_cast<char>(0xc0U | code >> 6U);
            tail(0);
        } else if (code < 0x10000) {
            out += static_cast<char>(0xe0U | code >> 12U);
            tail(6);
            tail(0);
        } else {
            out += static_cast<char>(0xf0U | code >> 18U);
            tail(12);
            tail(6);
            tail(0);
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

TEST(PayloadSet, payloads_of_real_devices_give_every_number_and_the_broken_ones_none) {
    const auto file = payload_file();
    if (file.empty()) GTEST_SKIP() << "REDSHANK_SHARED_DATA does not say where the recorded payloads are";
    const auto decoder = PayloadDecoder::make_json({});
    std::ifstream lines(file);
    ASSERT_TRUE(lines) << file;
    std::size_t payloads = 0;
    std::size_t refused = 0;
    std::size_t values = 0;
    for (std::string text; std::getline(lines, text);) {
        const LineOfSet line(text);
        const std::string& payload = line.payload;
        const auto& expected = line.numbers;
        ++payloads;
        if (!line.valid) {
            ++refused;
            EXPECT_EQ(decoded_text(*decoder, payload), "!invalid_json") << payload;
            continue;
        }
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
