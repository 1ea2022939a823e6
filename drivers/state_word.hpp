#pragma once

#include <optional>
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

}  // namespace redshank
