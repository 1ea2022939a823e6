#pragma once

#include <array>
#include <charconv>
#include <ostream>
#include <string_view>

namespace redshank {

// Cells of a replay's tables: numbers in shortest round-trip form, texts quoted where they must be.

template <class Number>
void put_number(std::ostream& out, Number number) {
    std::array<char, 64> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    out.write(text.data(), end - text.data());
}

inline void put_cell(std::ostream& out, std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        out << text;
        return;
    }
    out << '"';
    for (const char byte : text) out << (byte == '"' ? "\"\"" : std::string_view(&byte, 1));
    out << '"';
}

}  // namespace redshank
