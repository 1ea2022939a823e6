#pragma once

#include "agent/settings_parse_report.hpp"

namespace redshank {

// [mqtt], every [[broker]], and which of them each source names. Sets host, port and tls of each, and broker_index of
// the sources.
void check_brokers(Settings& settings, SettingsReport& report);

// The files that brokers name: there, readable, and nobody's who should not read them.
void check_broker_files(const Settings& settings, SettingsReport& report);

}  // namespace redshank
