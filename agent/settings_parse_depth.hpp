#pragma once

#include <optional>
#include <string_view>

#include "agent/settings_parse_report.hpp"

namespace redshank {

// toml++ 3.3 bounds the nesting of values, but not of dotted keys: "a.a.a..." makes as many tables as it has dots, and
// their destructors overflow the stack. The first place where a key has more than 64 parts.
std::optional<TextPosition> too_many_dots(std::string_view text);

}  // namespace redshank
