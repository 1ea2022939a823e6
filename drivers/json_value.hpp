#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/outcome.hpp"

namespace redshank {

// A JSON document (RFC 8259) as a tree, for commands that show or judge what a program says. What a document does not
// have is a value of kind `absent`, and so is every member and element of that: whoever reads a document of another
// version asks without looking first.
//   Heap as needed; not for the event path. Thread: any, as a constant.
class JsonValue {
public:
    enum class Kind : std::uint8_t { absent, null, boolean, number, text, array, object };
    static constexpr std::size_t depth_max = 32;

    // The failure says why it is no JSON: syntax, UTF-8, or nested deeper than depth_max.
    static Outcome<JsonValue> parse(std::string_view document);

    Kind kind() const noexcept { return kind_; }
    bool is_there() const noexcept { return kind_ != Kind::absent && kind_ != Kind::null; }
    const JsonValue& operator[](std::string_view name) const noexcept;

    bool is(bool wanted) const noexcept { return kind_ == Kind::boolean && (integer_ != 0) == wanted; }
    // Nothing for what is no whole number; those beyond 63 bits end there.
    std::optional<std::int64_t> integer() const noexcept;
    std::uint64_t count() const noexcept;                     // 0 for what is none
    std::optional<double> number() const noexcept;            // of whole ones, too
    std::string_view text() const noexcept { return text_; }  // empty for what is none
    // Of an object, in its own order, or of an array, without names; else none.
    const std::vector<std::pair<std::string, JsonValue>>& members() const noexcept { return members_; }

private:
    friend class JsonTreeReader;

    Kind kind_ = Kind::absent;
    bool whole_ = false;        // of a number
    std::int64_t integer_ = 0;  // of a boolean, too
    double number_ = 0;
    std::string text_;
    std::vector<std::pair<std::string, JsonValue>> members_;
};

}  // namespace redshank
