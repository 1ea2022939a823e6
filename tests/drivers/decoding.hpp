#pragma once

#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/payload_decoder.hpp"

namespace redshank::test {

inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

inline std::string shown(const Result<Decimal>& value) {
    if (!value) return std::string(name_of(value.error()));
    const std::string out = std::to_string(value->mantissa);
    return value->scale == 0 ? out : out + "e-" + std::to_string(value->scale);
}

// "name=value name=value", values as mantissa[e-scale] or the error's name; "!error" when the message is refused.
inline std::string decoded_text(PayloadDecoder& decoder, std::string_view payload,
                                const std::vector<std::string_view>& fields = {}, std::string_view time_field = {}) {
    const auto decoded = decoder.decode(bytes_of(payload), {.fields = fields, .time_field = time_field});
    if (!decoded) return "!" + std::string(name_of(decoded.error()));
    std::string out;
    for (const DecodedField& field : decoded->rows[0].fields) {
        out += (out.empty() ? "" : " ") + std::string(field.name) + "=" + shown(field.value);
    }
    return out;
}

// Each row as "name=value name=value", with "@" and its time or "@?" for one that is no time, "; " between rows.
inline std::string rows_text(PayloadDecoder& decoder, std::string_view payload, const DecodeRequest& request = {}) {
    const auto decoded = decoder.decode(bytes_of(payload), request);
    if (!decoded) return "!" + std::string(name_of(decoded.error()));
    std::string out;
    for (const DecodedRow& row : decoded->rows) {
        if (&row != &decoded->rows.front()) out += "; ";
        std::string text;
        for (const DecodedField& field : row.fields) {
            text += (text.empty() ? "" : " ") + std::string(field.name) + "=" + shown(field.value);
        }
        out += text;
        if (row.time_ns) out += " @" + std::to_string(*row.time_ns);
        if (row.time_unusable) out += " @?";
    }
    return out;
}

}  // namespace redshank::test
