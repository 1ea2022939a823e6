#pragma once

#include "agent/settings.hpp"
#include "agent/settings_parse_report.hpp"

namespace redshank {

// The keys of [uplink] together: an address that can be connected to; off this machine encrypted, or unencrypted by
// name. read_key_file: the secret key must be there and good. No key is ever shown.
void check_uplink(const Settings& settings, bool read_key_file, SettingsReport& report);

}  // namespace redshank
