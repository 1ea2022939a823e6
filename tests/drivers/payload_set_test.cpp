#include <gtest/gtest.h>

#include <algorithm>
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

std::filesystem::path recorded_payloads() {
    if (const char* const directory = std::getenv("REDSHANK_PAYLOADS")) return directory;
    const char* const shared = std::getenv("REDSHANK_SHARED_DATA");
    return shared == nullptr ? std::filesystem::path() : std::filesystem::path(shared) / "payloads";
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
                    std::from_chars(number.data(), number.data() + number.size(), numbers[name_in_payload(pointer)]);
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
    // Elements of an array have pointers, however short.
    std::string name_in_payload(const std::string& pointer) const {
        return payload.starts_with('[') ? pointer : name_of_pointer(pointer);
    }

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

// Housekeeping has its own key, whatever it is in.
bool is_left_out(std::string_view name) {
    const std::string_view key = name.substr(name.rfind('/') + 1);
    return std::find(left_out_names.begin(), left_out_names.end(), key) != left_out_names.end();
}

std::map<std::string, double> decoded_numbers(PayloadDecoder& decoder, const std::string& payload,
                                              const std::vector<std::string_view>& fields) {
    std::map<std::string, double> numbers;
    const auto decoded = decoder.decode(bytes_of(payload), {.fields = fields});
    EXPECT_TRUE(decoded) << payload;
    if (!decoded) return numbers;
    EXPECT_EQ(decoded->rows.size(), 1U) << payload;
    for (const DecodedField& field : decoded->rows[0].fields) {
        EXPECT_TRUE(field.value) << payload << " " << field.name;
        if (field.value) numbers[std::string(field.name)] = as_double(*field.value);
    }
    return numbers;
}

struct Counts {
    std::size_t payloads = 0;
    std::size_t refused = 0;
    std::size_t values = 0;
};

// Every number of every payload in the file, and no other; what is no JSON is refused.
Counts check_set(const std::filesystem::path& file) {
    Counts counts;
    const auto decoder = PayloadDecoder::make_json({});
    std::ifstream lines(file);
    EXPECT_TRUE(lines) << file;
    for (std::string text; std::getline(lines, text); ++counts.payloads) {
        const LineOfSet line(text);
        if (!line.valid) {
            ++counts.refused;
            EXPECT_EQ(decoded_text(*decoder, line.payload), "!invalid_json") << line.payload;
            continue;
        }
        std::map<std::string, double> all = decoded_numbers(*decoder, line.payload, {});
        std::vector<std::string_view> names;
        for (const auto& [name, number] : line.numbers) {
            names.push_back(name);
            EXPECT_EQ(all.erase(name), is_left_out(name) ? 0U : 1U) << line.payload << " " << name;
        }
        // What is left is a boolean or a word for a state.
        for (const auto& [name, number] : all) EXPECT_TRUE(number == 0 || number == 1) << line.payload << " " << name;
        if (names.empty()) continue;  // no field named would mean every field
        EXPECT_EQ(decoded_numbers(*decoder, line.payload, names), line.numbers) << line.payload;
        counts.values += names.size();
    }
    return counts;
}

}  // namespace

TEST(PayloadSet, payloads_in_the_shape_of_devices_give_every_number_and_the_broken_ones_none) {
    const Counts counts = check_set(std::filesystem::path(REDSHANK_TEST_DATA) / "payloads.jsonl");
    EXPECT_EQ(counts.payloads, 34U);
    EXPECT_EQ(counts.refused, 7U);
    EXPECT_GT(counts.values, 80U);
}

TEST(PayloadSet, payloads_of_real_devices_give_every_number_and_the_broken_ones_none) {
    const auto directory = recorded_payloads();
    if (directory.empty()) GTEST_SKIP() << "REDSHANK_PAYLOADS does not say where the recorded payloads are";
    const Counts counts = check_set(directory / "payloads.jsonl");
    RecordProperty("values", static_cast<int>(counts.values));
    EXPECT_EQ(counts.payloads, 179U);
    EXPECT_EQ(counts.refused, 4U);
    EXPECT_GT(counts.values, 300U);
}

}  // namespace redshank::test
