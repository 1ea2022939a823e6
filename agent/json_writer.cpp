#include "agent/json_writer.hpp"

#include <charconv>
#include <cmath>
#include <cstring>

namespace redshank {

namespace {

std::uint8_t byte_at(std::string_view text, std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
}

bool continues(std::uint8_t byte) {
    return (byte & 0xc0U) == 0x80U;
}

// Bytes of the well-formed UTF-8 sequence at `i` (The Unicode Standard, table 3-7); 0 when there is none.
std::size_t sequence_at(std::string_view text, std::size_t i) {
    const std::uint8_t a = byte_at(text, i);
    const std::uint8_t b = byte_at(text, i + 1);
    if (a < 0x80) return 1;
    if (a >= 0xc2 && a <= 0xdf) return continues(b) ? 2 : 0;
    if (a >= 0xe0 && a <= 0xef) {
        const std::uint8_t low = a == 0xe0 ? 0xa0 : 0x80;
        const std::uint8_t high = a == 0xed ? 0x9f : 0xbf;
        return b >= low && b <= high && continues(byte_at(text, i + 2)) ? 3 : 0;
    }
    if (a >= 0xf0 && a <= 0xf4) {
        const std::uint8_t low = a == 0xf0 ? 0x90 : 0x80;
        const std::uint8_t high = a == 0xf4 ? 0x8f : 0xbf;
        return b >= low && b <= high && continues(byte_at(text, i + 2)) && continues(byte_at(text, i + 3)) ? 4 : 0;
    }
    return 0;
}

template <class Number>
std::string_view digits(Number number, std::span<char> into) {
    const auto done = std::to_chars(into.data(), into.data() + into.size(), number);
    return {into.data(), static_cast<std::size_t>(done.ptr - into.data())};
}

}  // namespace

void JsonWriter::put(std::string_view text) noexcept {
    if (text.size() > room_.size() - used_) ok_ = false;
    if (!ok_ || text.empty()) return;
    std::memcpy(room_.data() + used_, text.data(), text.size());
    used_ += text.size();
}

void JsonWriter::put_string(std::string_view text) noexcept {
    put("\"");
    std::size_t from = 0;  // of the stretch that goes out as it is
    for (std::size_t i = 0; i < text.size() && ok_;) {
        const std::uint8_t byte = byte_at(text, i);
        const std::size_t length = sequence_at(text, i);
        if (length > 0 && byte >= 0x20 && byte != '"' && byte != '\\') {
            i += length;
            continue;
        }
        put(text.substr(from, i - from));
        char escape[6] = {'\\', 'u', '0', '0', "0123456789abcdef"[byte >> 4U], "0123456789abcdef"[byte & 0xfU]};
        if (length == 0) {
            put("\xef\xbf\xbd");
        } else if (byte == '"') {
            put("\\\"");
        } else if (byte == '\\') {
            put("\\\\");
        } else if (byte == '\n') {
            put("\\n");
        } else if (byte == '\t') {
            put("\\t");
        } else if (byte == '\r') {
            put("\\r");
        } else {
            put({escape, sizeof escape});
        }
        from = ++i;
    }
    put(text.substr(from));
    put("\"");
}

void JsonWriter::before_value() noexcept {
    if (depth_ == 0) {
        if (used_ > 0) ok_ = false;
        return;
    }
    Level& level = levels_[depth_ - 1];
    if (level.object != after_key_) ok_ = false;
    if (!level.object && level.any) put(",");
    level.any = true;
    after_key_ = false;
}

JsonWriter& JsonWriter::begin(char bracket, bool object) noexcept {
    before_value();
    if (depth_ == nesting_max) ok_ = false;
    if (!ok_) return *this;
    put({&bracket, 1});
    levels_[depth_] = {object, false};
    ++depth_;
    return *this;
}

JsonWriter& JsonWriter::end(char bracket, bool object) noexcept {
    if (depth_ == 0 || after_key_ || levels_[depth_ - 1].object != object) ok_ = false;
    if (!ok_) return *this;
    put({&bracket, 1});
    --depth_;
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) noexcept {
    if (depth_ == 0 || !levels_[depth_ - 1].object || after_key_) ok_ = false;
    if (!ok_) return *this;
    if (levels_[depth_ - 1].any) put(",");
    levels_[depth_ - 1].any = true;
    put_string(name);
    put(":");
    after_key_ = true;
    return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) noexcept {
    before_value();
    put_string(text);
    return *this;
}

JsonWriter& JsonWriter::literal(std::string_view text) noexcept {
    before_value();
    put(text);
    return *this;
}

JsonWriter& JsonWriter::value(double number) noexcept {
    char room[32];
    return std::isfinite(number) ? literal(digits(number, room)) : null();
}

JsonWriter& JsonWriter::value(float number) noexcept {
    char room[32];
    return std::isfinite(number) ? literal(digits(number, room)) : null();
}

JsonWriter& JsonWriter::signed_value(std::int64_t number) noexcept {
    char room[24];
    return literal(digits(number, room));
}

JsonWriter& JsonWriter::unsigned_value(std::uint64_t number) noexcept {
    char room[24];
    return literal(digits(number, room));
}

}  // namespace redshank
