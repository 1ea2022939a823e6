#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "model/decimal.hpp"

namespace redshank {

// 1 for ON, on, open, online and true; 0 for OFF, off, closed, offline and false; nothing for any other text.
inline std::optional<Decimal> state_word(std::string_view text) noexcept {
    constexpr std::string_view ones[] = {"ON", "on", "open", "online", "true"};
    constexpr std::string_view zeros[] = {"OFF", "off", "closed", "offline", "false"};
    for (const std::string_view word : ones) {
        if (text == word) return Decimal{1, 0, false};
    }
    for (const std::string_view word : zeros) {
        if (text == word) return Decimal{0, 0, false};
    }
    return std::nullopt;
}

// The same, after the words of a source: the place of an equal one.
inline std::optional<Decimal> state_word(std::string_view text, std::span<const std::string_view> states) noexcept {
    for (std::size_t state = 0; state < states.size(); ++state) {
        if (text == states[state]) return Decimal{static_cast<std::int64_t>(state), 0, false};
    }
    return state_word(text);
}

}  // namespace redshank
