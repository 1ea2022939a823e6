#pragma once

#include <string>
#include <string_view>

#include "agent/settings_parse_report.hpp"

namespace redshank {

// What the keys of each [[rule]] ask of each other.
void check_rules(const Settings& settings, SettingsReport& report);

// A pattern of channel or group names at `where`, by the name of its key.
void check_name_pattern(const std::string& text, const std::string& where, std::string_view key,
                        SettingsReport& report);

}  // namespace redshank
