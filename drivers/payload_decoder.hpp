#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "model/decimal.hpp"
#include "model/error.hpp"

namespace redshank {

// One numeric value found in a payload. `name` is the channel's field part: the key of a top-level member as it stands
// ("temperature"), the RFC 6901 pointer of a nested one ("/vibration/rms", "/a/0") or of a top-level key that holds
// '/' or '~' ("/a~1b"), and "value" for a payload that is one number. Views into the decoder until its next call.
struct DecodedField {
    std::string_view name;
    Result<Decimal> value;  // out_of_range for a number that no channel could hold
};

struct DecodeRequest {
    std::span<const std::string_view> fields;  // only these, by name; empty: every numeric one
    std::string_view time_field;               // by name; empty: none. It is not among the fields.
};

struct Decoded {
    std::span<const DecodedField> fields;
    std::optional<std::int64_t> time_ns;  // of time_field, when it is there and is a time
    bool time_unusable = false;           // time_field is there and is no time: the arrival stands instead
};

// Bytes to values. Pure but for its scratch memory, which is acquired at construction.
//   json: a complete walk, every token validated: numbers, booleans (0/1) and the state words ON/OFF, on/off,
//   open/closed,
//         online/offline, true/false as strings (0/1); other strings are passed over. `linkquality`, `last_seen` and
//         the like (see docs/configuration.md) only when asked for in `fields`. A document that is a bare number has
//         the field "value".
//   number: the whole payload, blanks trimmed, is one number or one state word.
//   Errors of the message: invalid_json not_a_number not_utf8 too_large too_deep too_many_fields.
class PayloadDecoder {
public:
    struct Limits {
        std::size_t payload_bytes_max = 64 * 1024;
        std::size_t fields_max = 256;
        std::size_t depth_max = 16;
    };
    static std::unique_ptr<PayloadDecoder> make_json(const Limits& limits);
    static std::unique_ptr<PayloadDecoder> make_number(const Limits& limits);
    virtual ~PayloadDecoder() = default;
    virtual Result<Decoded> decode(std::span<const std::byte> payload, const DecodeRequest& request) noexcept = 0;
    virtual std::size_t bytes() const noexcept = 0;  // scratch memory held
};

// ISO 8601 ("2014-04-01T00:00:00.5Z", "+02:00", or a blank for the T; without a zone UTC) or epoch seconds,
// milliseconds, microseconds or nanoseconds told apart by magnitude; whole or with a fraction.
std::optional<std::int64_t> parse_time_ns(std::string_view text) noexcept;

// Topics as MQTT has them: UTF-8 without NUL, 1..65535 bytes, no wildcard.
bool valid_topic(std::string_view topic) noexcept;

}  // namespace redshank
