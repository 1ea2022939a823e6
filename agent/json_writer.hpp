#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace redshank {

// Writes one JSON document (or JSON line) into memory that somebody else owns. Commas and escapes are its own affair.
//   Strings: a byte that is no part of valid UTF-8 becomes U+FFFD, so that the document is always valid.
//   Numbers: shortest form that reads back to the same value; NaN and infinities become null.
//   Errors: what does not fit, is nested deeper than nesting_max, or stands where JSON admits none (a value without a
//   key, a second root, an end without its begin) makes ok() false for good, and text() is then of no use.
//   No heap, no locale.
class JsonWriter {
public:
    static constexpr std::size_t nesting_max = 16;

    explicit JsonWriter(std::span<char> room) noexcept : room_(room) {}

    JsonWriter& begin_object() noexcept { return begin('{', true); }
    JsonWriter& end_object() noexcept { return end('}', true); }
    JsonWriter& begin_array() noexcept { return begin('[', false); }
    JsonWriter& end_array() noexcept { return end(']', false); }
    JsonWriter& key(std::string_view name) noexcept;

    JsonWriter& value(std::string_view text) noexcept;
    JsonWriter& value(const char* text) noexcept { return value(std::string_view(text)); }
    JsonWriter& value(double number) noexcept;
    JsonWriter& value(float number) noexcept;  // shortest as a float: 0.8f is 0.8
    template <std::integral T>
    JsonWriter& value(T number) noexcept {
        if constexpr (std::same_as<T, bool>) return literal(number ? "true" : "false");
        if constexpr (std::signed_integral<T>) return signed_value(number);
        if constexpr (std::unsigned_integral<T>) return unsigned_value(number);
    }
    JsonWriter& null() noexcept { return literal("null"); }

    template <class T>
    JsonWriter& member(std::string_view name, const T& what) noexcept {
        key(name);
        return value(what);
    }

    // A document of another writer, as it is.
    JsonWriter& raw(std::string_view json) noexcept { return literal(json); }

    bool ok() const noexcept { return ok_; }
    bool complete() const noexcept { return ok_ && depth_ == 0 && used_ > 0; }
    std::string_view text() const noexcept { return {room_.data(), used_}; }

private:
    struct Level {
        bool object = false;
        bool any = false;
    };

    JsonWriter& begin(char bracket, bool object) noexcept;
    JsonWriter& end(char bracket, bool object) noexcept;
    JsonWriter& literal(std::string_view text) noexcept;
    JsonWriter& signed_value(std::int64_t number) noexcept;
    JsonWriter& unsigned_value(std::uint64_t number) noexcept;
    void before_value() noexcept;
    void put(std::string_view text) noexcept;
    void put_string(std::string_view text) noexcept;

    std::span<char> room_;
    std::size_t used_ = 0;
    std::array<Level, nesting_max> levels_{};
    std::size_t depth_ = 0;
    bool after_key_ = false;
    bool ok_ = true;
};

}  // namespace redshank
