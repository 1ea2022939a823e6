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
        : limits_(limits), document_(limits.payload_bytes_max + simdjson::SIMDJSON_PADDING), table_(limits.fields_max) {
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
        decoded_ = {};
        table_.clear();
        pointer_.clear();
        const Result<void> walked = walk_document(payload.size());
        if (!walked) return tl::unexpected(walked.error());
        decoded_.fields = table_.fields();
        return decoded_;
    }

    std::size_t bytes() const noexcept override {
        // simdjson's own: an index of 4 bytes and a string buffer of 5/3 bytes for each byte of the document
        const std::size_t parser = limits_.payload_bytes_max * 4 + limits_.payload_bytes_max * 5 / 3 + 1024;
        return sizeof *this + document_.capacity() + table_.bytes() + parser;
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
            if (const auto walked = walk(root, type, 1); !walked) return walked;
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
        const bool plain = depth == 1 && !key.empty() && pointer_.size() == key.size() + 1;  // nothing was escaped
        const std::string_view name = plain ? key : pointer_.text();
        if (type == ondemand::json_type::object || type == ondemand::json_type::array) {
            if (name == request_.time_field && !name.empty()) time_is(std::nullopt);
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
        const bool is_time = !request_.time_field.empty() && name == request_.time_field;
        const bool is_id = !request_.id_field.empty() && name == request_.id_field;
        switch (type) {
            case ondemand::json_type::number:
                value = parse_decimal(token, DecimalGrammar::json);
                if (!value && value.error() == Error::not_a_number) return invalid();
                if (is_time) time_ns = parse_time_ns(token);
                if (is_id) decoded_.id = fnv1a(token);
                break;
            case ondemand::json_type::boolean:
                if (token != "true" && token != "false") return invalid();
                value = Decimal{token == "true" ? 1 : 0, 0, false};
                break;
            case ondemand::json_type::string: {
                if (is_id) decoded_.id = fnv1a(text);
                if (is_time) {
                    time_ns = parse_time_ns(text);
                    break;
                }
                const std::optional<Decimal> word = state_word(text);
                if (!word || is_id) return {};
                value = *word;
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
        if (is_id) return {};
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
        decoded_.time_ns = time_ns;
        decoded_.time_unusable = !time_ns;
    }

    Limits limits_;
    std::vector<char> document_;  // the payload, padded as simdjson wants it
    ondemand::parser parser_;
    FieldTable table_;
    JsonPointer pointer_;
    DecodeRequest request_;
    Decoded decoded_;
};

}  // namespace

std::unique_ptr<PayloadDecoder> PayloadDecoder::make_json(const Limits& limits) {
    return std::make_unique<JsonDecoder>(limits);
}

}  // namespace redshank
