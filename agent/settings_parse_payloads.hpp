#pragma once

#include <string>

#include "agent/settings_parse_report.hpp"

namespace redshank {

// Which keys of a [[source]], the one at `where` ("source#0"), go together: formats, columns, times.
void check_payload(const SourceSettings& source, const std::string& where, SettingsReport& report);

}  // namespace redshank
