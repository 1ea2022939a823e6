#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "drivers/uplink/utf8.hpp"
#include "model/outcome.hpp"

// Between our types and nanopb's structs, for the files that implement wire.hpp.

namespace redshank::wire {

// A text of the schema, which nanopb holds as {size, bytes[]}. False when it is too long.
template <class Field>
bool put_text(Field& field, std::string_view text) noexcept {
    if (text.size() > sizeof(field.bytes)) return false;
    if (!text.empty()) std::memcpy(field.bytes, text.data(), text.size());
    field.size = static_cast<decltype(field.size)>(text.size());
    return true;
}

template <class Field>
std::string_view text_of(const Field& field) noexcept {
    return {reinterpret_cast<const char*>(field.bytes), field.size};
}

// The same for a name, which must be there and be text.
template <class Field>
Outcome<std::string_view> name_of(const Field& field, const char* what) {
    const std::string_view text = text_of(field);
    if (text.empty()) return failure(std::string(what) + " is empty");
    if (!is_name(text)) return failure(std::string(what) + " is not UTF-8 text");
    return text;
}

inline const unsigned char* raw(std::span<const std::byte> bytes) noexcept {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace redshank::wire
