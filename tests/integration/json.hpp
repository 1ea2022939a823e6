#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace redshank::test {

// Just enough to read what our own programs print. Throws std::runtime_error for anything else.
class Json {
public:
    enum class Kind : std::uint8_t { null, boolean, number, text, array, object };

    static Json parse(std::string_view text);

    Kind kind() const { return kind_; }
    // "ledger.rejected_messages.retained", "sources.0.topic". Null where there is no such thing.
    const Json& at(std::string_view path) const;
    bool has(std::string_view path) const;

    std::uint64_t count(std::string_view path) const;  // 0 where there is none
    bool is(std::string_view path) const { return at(path).text_ == "true"; }
    std::string text(std::string_view path) const { return at(path).text_; }
    std::size_t size() const { return members_.size(); }
    std::uint64_t sum() const;  // of the members' numbers
    const std::vector<std::pair<std::string, Json>>& members() const { return members_; }

private:
    friend class JsonReader;
    Kind kind_ = Kind::null;
    std::string text_;  // of a scalar
    std::vector<std::pair<std::string, Json>> members_;
};

}  // namespace redshank::test
