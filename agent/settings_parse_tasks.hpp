#pragma once

#include "agent/settings_parse_report.hpp"

namespace redshank {

// What the task of a [[group]] asks of its other keys.
void check_tasks(const Settings& settings, SettingsReport& report);

}  // namespace redshank
