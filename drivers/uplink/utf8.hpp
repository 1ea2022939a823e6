#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace redshank::wire {

// True for well-formed UTF-8 (Unicode 15, table 3-7: no overlong form, no surrogate, nothing above U+10FFFF) without
// NUL.
constexpr bool is_name(std::string_view text) noexcept {
    std::size_t left = 0;  // bytes that the current character still needs
    unsigned low = 0x80;
    unsigned high = 0xbf;
    for (const char character : text) {
        const unsigned byte = static_cast<std::uint8_t>(character);
        if (left > 0) {
            if (byte < low || byte > high) return false;
            low = 0x80;
            high = 0xbf;
            --left;
        } else if (byte >= 0x80) {
            if (byte < 0xc2 || byte > 0xf4) return false;
            left = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
            if (byte == 0xe0) low = 0xa0;
            if (byte == 0xed) high = 0x9f;
            if (byte == 0xf0) low = 0x90;
            if (byte == 0xf4) high = 0x8f;
        } else if (byte == 0) {
            return false;
        }
    }
    return left == 0;
}

}  // namespace redshank::wire
