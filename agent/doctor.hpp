#pragma once

#include "agent/doctor_check.hpp"
#include "agent/settings.hpp"
#include "agent/settings_parse.hpp"

namespace redshank {

// `redshank doctor`: looks at everything that an agent with these settings needs, with or without one that runs. What
// waits for somebody else runs side by side, each step with a time limit of its own, so that all of it ends within
// about 15 s. Changes nothing, and takes nobody's session over. Never says a secret.
//   SIGPIPE is ignored from here on.
DoctorChecks examine(const Settings& settings);

// The check of the configuration itself: one that is good, or an error each.
DoctorCheck check_configuration(const Settings& settings, const std::string& file);
DoctorChecks check_configuration(const std::vector<SettingsError>& errors);

}  // namespace redshank
