#pragma once

#include "agent/settings_parse_report.hpp"

namespace redshank {

// Defaults that depend on other values: names from the id, a group's model from [anomaly], limits that were not given
// from those that were.
void fill_defaults(Settings& settings, const SettingsReport& report);

// What one key alone cannot tell: URLs, topics and patterns, labels, conditions of rules, limits. Sets what
// the brokers' URLs say, and each source's broker_index.
void check_relations(Settings& settings, SettingsReport& report);

}  // namespace redshank
