#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "drivers/time_text.hpp"
#include "drivers/topic.hpp"
#include "model/decimal.hpp"
#include "model/error.hpp"
#include "model/text.hpp"

namespace redshank {

// Names that are housekeeping of the device rather than a measurement: left out unless a request names them. A member's
// own key counts, whatever object it is in; case matters. docs/configuration.md quotes this list.
inline constexpr std::array<std::string_view, 16> left_out_names = {
    "linkquality",      "last_seen", "Time",  "Epoch",     "Uptime",   // Zigbee2MQTT; Tasmota
    "UptimeSec",        "Heap",      "Sleep", "SleepMode", "LoadAvg",  // Tasmota's STATE
    "MqttCount",        "rssi",      "RSSI",  "Signal",    "update",   // radio; Zigbee2MQTT
    "update_available",
};

// One numeric value found in a payload. `name` is the channel's field part: the key of a top-level member as it stands
// ("temperature"), the RFC 6901 pointer of anything nested ("/vibration/rms", "/a/0", "/0") and of a top-level key that
// is empty or holds '/' or '~' ("/", "/a~1b"), and "value" for a payload that is one value. Views into the decoder
// until its next call.
struct DecodedField {
    std::string_view name;  // at most channel_name_bytes_max; a longer one is cut there and its value is channel_limit
    Result<Decimal> value;  // out_of_range for a number that no channel could hold
};

// What is wanted of a payload; views that hold until decode() has returned.
struct DecodeRequest {
    std::span<const std::string_view> fields;  // only these, by name; empty: every numeric one
    std::string_view time_field{};             // by name; empty: none. It is not among the fields.
    std::string_view id_field{};               // by name; empty: none. It is not among the fields.
    TimeReading times{};
    std::span<const std::string_view> states{};  // texts that are 0, 1, 2 and so on, before the state words
    // json
    std::optional<std::string_view>
        readings{};                // RFC 6901 pointer to an array whose elements are the rows; "", "/": root
    bool numeric_strings = false;  // strings that hold a number are numbers
    // csv
    std::span<const std::string_view> columns{};  // names by position, an empty one: passed over; none: see make_csv
    char separator = '\0';                        // '\0': comma, semicolon or tab, by the first line
    bool decimal_comma = false;                   // the mark of decimals is a comma, and the separator none
};

// Values that belong together, and to one time.
struct DecodedRow {
    std::span<const DecodedField> fields;
    std::optional<std::int64_t> time_ns;  // of time_field, when it is there and is a time
    bool time_unusable = false;           // time_field is there and is no time: the arrival stands instead
    std::optional<std::uint64_t> id{};    // FNV-1a of the characters of id_field, a string or a number
};

// Rows in the order of the payload. A payload that is one row has that row, be it empty; of several the empty ones are
// left out.
struct Decoded {
    std::span<const DecodedRow> rows;
};

// Bytes to values. Pure but for its scratch memory, which is acquired at construction: decode() allocates nothing.
//   json: a complete walk, every token validated by RFC 8259: numbers, booleans (0/1) and as strings the state words ON
//       on open online true (1), OFF off closed offline false (0); other strings, null, and numbers within strings are
//       passed over. `left_out_names` only when asked for. Fields come in the order of the document; of equal names the
//       last value stands, in the place of the first.
//       With `readings` each element of that array is a row, and nothing else is read: names are relative to the
//       element, one that is a number, a boolean or a state word is the field "value", null, other strings and arrays
//       have none. Without such an array there is no row; of several by one name the last stands.
//   csv: a line is a row (RFC 4180; also LF alone, blanks around cells, lines that are blank). Columns are those of the
//       request, else those of the first line when it is a header, with no number and no time in it and not of states
//       alone, else "1", "2" by position. A cell is a number (DecimalGrammar::plain) or a state word; an empty one is
//       missing. Texts are passed over in columns that nobody asked for: named by a header alone.
//   number: the whole payload, blanks trimmed, is one number (DecimalGrammar::plain) or one state word. No time field.
//   Errors of the message: too_large before not_utf8 before the rest, of which the first in the document counts.
//       invalid_json: also an unpaired surrogate escape. not_a_number: also an empty payload; of csv a text where a
//       number is asked for, a line that is malformed or has more cells than there are columns, and a payload without a
//       line of values. too_many_fields: more than fields_max to hand out, in all rows together. too_deep: arrays and
//       objects within each other, one that stands alone is depth 1.
//   Thread: one at a time.
class PayloadDecoder {
public:
    struct Limits {
        std::size_t payload_bytes_max = std::size_t{64} * 1024;
        std::size_t fields_max = 256;
        std::size_t depth_max = 16;
    };
    static std::unique_ptr<PayloadDecoder> make_json(const Limits& limits);
    static std::unique_ptr<PayloadDecoder> make_number(const Limits& limits);
    static std::unique_ptr<PayloadDecoder> make_csv(const Limits& limits);
    virtual ~PayloadDecoder() = default;
    virtual Result<Decoded> decode(std::span<const std::byte> payload, const DecodeRequest& request) noexcept = 0;
    virtual std::size_t bytes() const noexcept = 0;  // scratch memory held
};

}  // namespace redshank
