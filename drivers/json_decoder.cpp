#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <new>
#include <vector>

#include "drivers/field_table.hpp"
#include "drivers/json_pointer.hpp"
#include "drivers/payload_decoder.hpp"
#include "drivers/state_word.hpp"
#include "model/fnv1a.hpp"

namespace redshank {

namespace {

namespace ondemand = simdjson::ondemand;

bool contains(std::span<const std::string_view> names, std::string_view name) noexcept {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// simdjson hands out a scalar up to the next token: less the blanks behind it, it must be the whole of the value.
std::string_view without_blanks(std::string_view token) noexcept {
    while (!token.empty() && std::strchr(" \t\n\r", token.front()) != nullptr && token.front() != '\0') {
        token.remove_prefix(1);
    }
    while (!token.empty() && std::strchr(" \t\n\r", token.back()) != nullptr && token.back() != '\0') {
        token.remove_suffix(1);
    }
    return token;
}

// The on-demand parser checks a token when it is asked for, so every one is asked for; of numbers, literals and the
// end of the document it is too lenient, so these are checked here.
class JsonDecoder final : public PayloadDecoder {
public:
    explicit JsonDecoder(const Limits& limits)
        : limits_(limits),
          document_(limits.payload_bytes_max + simdjson::SIMDJSON_PADDING),
          table_(limits.fields_max),
          rows_(limits.fields_max) {
        if (parser_.allocate(limits.payload_bytes_max, limits.depth_max + 4) != simdjson::SUCCESS) {
            throw std::bad_alloc();
        }
        static_cast<void>(decode({}, {}));  // simdjson chooses its instructions on first use
    }

    Result<Decoded> decode(std::span<const std::byte> payload, const DecodeRequest& request) noexcept override {
        if (payload.size() > limits_.payload_bytes_max) return tl::unexpected(Error::too_large);
        if (!payload.empty()) std::memcpy(document_.data(), payload.data(), payload.size());
        std::memset(document_.data() + payload.size(), 0, simdjson::SIMDJSON_PADDING);

        request_ = request;
        pointer_.clear();
        reading_ = !request.readings;
        seeking_ = !reading_;
        begin_element(1);
        begin_rows();
        const Result<void> walked = walk_document(payload.size());
        if (!walked) return tl::unexpected(walked.error());
        if (request.readings) return Decoded{.rows = std::span(rows_).first(row_count_)};
        row_.fields = table_.row();
        return Decoded{.rows = std::span(&row_, 1U)};
    }

    std::size_t bytes() const noexcept override {
        // simdjson's own: an index of 4 bytes and a string buffer of 5/3 bytes for each byte of the document
        const std::size_t parser = limits_.payload_bytes_max * 4 + limits_.payload_bytes_max * 5 / 3 + 1024;
        return sizeof *this + document_.capacity() + table_.bytes() + rows_.capacity() * sizeof(DecodedRow) + parser;
    }

private:
    static tl::unexpected<Error> invalid() noexcept { return tl::unexpected(Error::invalid_json); }

    Result<void> walk_document(std::size_t size) noexcept {
        // The parser looks at strings alone on boards without vector instructions, at everything elsewhere.
        if (!simdjson::validate_utf8(document_.data(), size)) return tl::unexpected(Error::not_utf8);
        ondemand::document document;
        if (parser_.iterate(document_.data(), size, document_.size()).get(document) != simdjson::SUCCESS) {
            return invalid();
        }
        ondemand::json_type type{};
        if (document.type().get(type) != simdjson::SUCCESS) return invalid();
        if (type == ondemand::json_type::object || type == ondemand::json_type::array) {
            ondemand::value root;
            if (document.get_value().get(root) != simdjson::SUCCESS) return invalid();
            const bool elements = at_readings(true) && type == ondemand::json_type::array;
            if (const auto walked = elements ? walk_readings(root, 1) : walk(root, type, 1); !walked) return walked;
            const char* rest = nullptr;
            return document.current_location().get(rest) == simdjson::OUT_OF_BOUNDS ? Result<void>{} : invalid();
        }
        std::string_view token;
        if (document.raw_json_token().get(token) != simdjson::SUCCESS) return invalid();
        if (token.data() + token.size() != document_.data() + size) return invalid();  // more tokens behind it
        std::string_view text;
        if (type == ondemand::json_type::string && document.get_string().get(text) != simdjson::SUCCESS) {
            return invalid();
        }
        return take(type, token, text, "value", "value");
    }

    // `value` is an array or an object, the depth-th from outside.
    Result<void> walk(ondemand::value& value, ondemand::json_type type, std::size_t depth) noexcept {
        if (depth > limits_.depth_max) return tl::unexpected(Error::too_deep);
        return type == ondemand::json_type::object ? walk_object(value, depth) : walk_array(value, depth);
    }

    Result<void> walk_object(ondemand::value& value, std::size_t depth) noexcept {
        ondemand::object object;
        if (value.get_object().get(object) != simdjson::SUCCESS) return invalid();
        for (auto member : object) {
            std::string_view key;
            ondemand::value child;
            if (member.unescaped_key().get(key) != simdjson::SUCCESS) return invalid();
            if (member.value().get(child) != simdjson::SUCCESS) return invalid();
            const std::size_t before = pointer_.push(key);
            if (const auto walked = walk_child(child, key, depth); !walked) return walked;
            pointer_.pop(before);
        }
        return {};
    }

    // Is what the walk is at the place of the readings?
    bool at_readings(bool root) const noexcept {
        if (!seeking_) return false;
        const std::string_view wanted = *request_.readings;
        if (root) return wanted.empty() || wanted == "/";
        return wanted != "/" && pointer_.size() == wanted.size() && pointer_.text() == wanted;
    }

    // `value` is the array whose elements are rows, the depth-th from outside.
    Result<void> walk_readings(ondemand::value& value, std::size_t depth) noexcept {
        if (depth > limits_.depth_max) return tl::unexpected(Error::too_deep);
        ondemand::array array;
        if (value.get_array().get(array) != simdjson::SUCCESS) return invalid();
        const JsonPointer outside = pointer_;
        seeking_ = false;
        for (auto element : array) {
            ondemand::value child;
            if (element.get(child) != simdjson::SUCCESS) return invalid();
            begin_element(depth + 1);
            pointer_.clear();
            if (const auto walked = walk_element(child, depth + 1); !walked) return walked;
            end_row();
        }
        reading_ = false;
        seeking_ = true;
        pointer_ = outside;
        return {};
    }

    Result<void> walk_element(ondemand::value& element, std::size_t depth) noexcept {
        ondemand::json_type type{};
        if (element.type().get(type) != simdjson::SUCCESS) return invalid();
        reading_ = type != ondemand::json_type::array;  // which has no fields
        if (type == ondemand::json_type::object || !reading_) return walk(element, type, depth);
        const std::string_view token = element.raw_json_token();
        std::string_view text;
        if (type == ondemand::json_type::string && element.get_string().get(text) != simdjson::SUCCESS) {
            return invalid();
        }
        return take(type, token, text, "value", "value");
    }

    void begin_rows() noexcept {
        table_.clear();
        row_count_ = 0;
    }

    // names_depth: of an object whose members' names are their keys.
    void begin_element(std::size_t names_depth) noexcept {
        names_depth_ = names_depth;
        row_ = {};
    }

    // There are no more rows with a field than fields.
    void end_row() noexcept {
        row_.fields = table_.row();
        if (row_.fields.empty()) return;
        rows_[row_count_++] = row_;
        table_.begin_row();
    }

    Result<void> walk_array(ondemand::value& value, std::size_t depth) noexcept {
        ondemand::array array;
        if (value.get_array().get(array) != simdjson::SUCCESS) return invalid();
        std::size_t index = 0;
        for (auto element : array) {
            ondemand::value child;
            if (element.get(child) != simdjson::SUCCESS) return invalid();
            char digits[20];
            const auto end = std::to_chars(digits, digits + sizeof digits, index++).ptr;
            const std::string_view key(digits, static_cast<std::size_t>(end - digits));
            const std::size_t before = pointer_.push(key);
            if (const auto walked = walk_child(child, {}, depth); !walked) return walked;
            pointer_.pop(before);
        }
        return {};
    }

    // key: of an object's member, empty for an array's element.
    Result<void> walk_child(ondemand::value& child, std::string_view key, std::size_t depth) noexcept {
        ondemand::json_type type{};
        if (child.type().get(type) != simdjson::SUCCESS) return invalid();
        const bool plain =
            depth == names_depth_ && !key.empty() && pointer_.size() == key.size() + 1;  // nothing was escaped
        const std::string_view name = plain ? key : pointer_.text();
        if (at_readings(false)) {
            begin_rows();  // of several the last stands
            if (type == ondemand::json_type::array) return walk_readings(child, depth + 1);
        }
        if (type == ondemand::json_type::object || type == ondemand::json_type::array) {
            if (reading_ && name == request_.time_field && !name.empty()) time_is(std::nullopt);
            return walk(child, type, depth + 1);
        }
        const std::string_view token = child.raw_json_token();
        std::string_view text;
        if (type == ondemand::json_type::string && child.get_string().get(text) != simdjson::SUCCESS) return invalid();
        return take(type, token, text, name, key);
    }

    // A scalar: `token` as it stands, `text` of a string unescaped.
    Result<void> take(ondemand::json_type type, std::string_view token, std::string_view text, std::string_view name,
                      std::string_view key) noexcept {
        token = without_blanks(token);
        Result<Decimal> value;
        std::optional<std::int64_t> time_ns;
        const bool is_time = reading_ && !request_.time_field.empty() && name == request_.time_field;
        const bool is_id = reading_ && !request_.id_field.empty() && name == request_.id_field;
        switch (type) {
            case ondemand::json_type::number:
                value = parse_decimal(token, DecimalGrammar::json);
                if (!value && value.error() == Error::not_a_number) return invalid();
                if (is_time) time_ns = parse_time_ns(token, request_.times);
                if (is_id) row_.id = fnv1a(token);
                break;
            case ondemand::json_type::boolean:
                if (token != "true" && token != "false") return invalid();
                value = Decimal{token == "true" ? 1 : 0, 0, false};
                break;
            case ondemand::json_type::string: {
                if (is_id) row_.id = fnv1a(text);
                if (is_time) {
                    time_ns = parse_time_ns(text, request_.times);
                    break;
                }
                if (!reading_ || is_id) return {};
                if (const std::optional<Decimal> word = state_word(text, request_.states)) {
                    value = *word;
                    break;
                }
                if (!request_.numeric_strings) return {};
                value = parse_decimal(without_blanks(text), DecimalGrammar::json);
                if (!value && value.error() == Error::not_a_number) return {};
                break;
            }
            default:
                if (token != "null") return invalid();
                if (!is_time) return {};
        }
        if (is_time) {
            time_is(time_ns);
            return {};
        }
        if (is_id || !reading_) return {};
        return keep(name, key, value);
    }

    Result<void> keep(std::string_view name, std::string_view key, const Result<Decimal>& value) noexcept {
        const bool asked = request_.fields.empty() ? !contains(left_out_names, key) : contains(request_.fields, name);
        if (!asked) return {};
        const bool kept = name.size() <= channel_name_bytes_max ? table_.put(name, value) : table_.put_cut(name);
        return kept ? Result<void>{} : tl::unexpected(Error::too_many_fields);
    }

    // Of several with that name the last one stands.
    void time_is(std::optional<std::int64_t> time_ns) noexcept {
        row_.time_ns = time_ns;
        row_.time_unusable = !time_ns;
    }

    Limits limits_;
    std::vector<char> document_;  // the payload, padded as simdjson wants it
    ondemand::parser parser_;
    FieldTable table_;
    JsonPointer pointer_;
    DecodeRequest request_;
    std::vector<DecodedRow> rows_;
    std::size_t row_count_ = 0;
    DecodedRow row_;               // under way
    std::size_t names_depth_ = 1;  // of an object whose members' names are their keys
    bool reading_ = true;          // values here are fields
    bool seeking_ = false;         // and the readings may come yet
};

}  // namespace

std::unique_ptr<PayloadDecoder> PayloadDecoder::make_json(const Limits& limits) {
    return std::make_unique<JsonDecoder>(limits);
}

}  // namespace redshank
