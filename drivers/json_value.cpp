#include "drivers/json_value.hpp"

#include <simdjson.h>

#include <algorithm>
#include <exception>

namespace redshank {

namespace dom = simdjson::dom;

class JsonTreeReader {
public:
    static JsonValue read(const dom::element& element) {
        JsonValue value;
        switch (element.type()) {
            case dom::element_type::OBJECT:
                value.kind_ = JsonValue::Kind::object;
                for (const auto& [name, member] : dom::object(element)) {
                    value.members_.emplace_back(std::string(name), read(member));
                }
                break;
            case dom::element_type::ARRAY:
                value.kind_ = JsonValue::Kind::array;
                for (const dom::element each : dom::array(element)) value.members_.emplace_back("", read(each));
                break;
            case dom::element_type::STRING:
                value.kind_ = JsonValue::Kind::text;
                value.text_ = std::string_view(element);
                break;
            case dom::element_type::BOOL:
                value.kind_ = JsonValue::Kind::boolean;
                value.integer_ = bool(element) ? 1 : 0;
                break;
            case dom::element_type::NULL_VALUE:
                value.kind_ = JsonValue::Kind::null;
                break;
            case dom::element_type::INT64:
                take_integer(value, std::int64_t(element));
                break;
            case dom::element_type::UINT64:  // beyond 63 bits only
                take_integer(value, INT64_MAX);
                value.number_ = static_cast<double>(std::uint64_t(element));
                break;
            case dom::element_type::DOUBLE:
                value.kind_ = JsonValue::Kind::number;
                value.number_ = double(element);
                break;
        }
        return value;
    }

private:
    static void take_integer(JsonValue& value, std::int64_t integer) {
        value.kind_ = JsonValue::Kind::number;
        value.whole_ = true;
        value.integer_ = integer;
        value.number_ = static_cast<double>(integer);
    }
};

Outcome<JsonValue> JsonValue::parse(std::string_view document) {
    try {
        dom::parser parser;
        if (const auto error = parser.allocate(std::max<std::size_t>(document.size(), 64), depth_max); error) {
            return failure(simdjson::error_message(error));
        }
        dom::element root;
        const simdjson::padded_string padded(document);
        if (const auto error = parser.parse(padded).get(root); error) return failure(simdjson::error_message(error));
        return JsonTreeReader::read(root);
    } catch (const std::exception& error) {
        return failure(error.what());
    }
}

const JsonValue& JsonValue::operator[](std::string_view name) const noexcept {
    static const JsonValue absent;
    if (kind_ != Kind::object) return absent;
    const auto found =
        std::find_if(members_.begin(), members_.end(), [name](const auto& member) { return member.first == name; });
    return found == members_.end() ? absent : found->second;
}

std::optional<std::int64_t> JsonValue::integer() const noexcept {
    return whole_ ? std::optional(integer_) : std::nullopt;
}

std::uint64_t JsonValue::count() const noexcept {
    return whole_ && integer_ > 0 ? static_cast<std::uint64_t>(integer_) : 0;
}

std::optional<double> JsonValue::number() const noexcept {
    return kind_ == Kind::number ? std::optional(number_) : std::nullopt;
}

}  // namespace redshank
