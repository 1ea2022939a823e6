#pragma once

#include "agent/settings_parse_report.hpp"

namespace redshank {

// What one key of [[output]] alone cannot tell: names of rules, what goes with which kind.
void check_outputs(const Settings& settings, SettingsReport& report);

// The programs of commands: there, and to be executed by who runs this.
void check_output_programs(const Settings& settings, SettingsReport& report);

}  // namespace redshank
