#pragma once

#include "agent/settings_parse_report.hpp"

namespace toml {
inline namespace v3 {
class table;
}
}  // namespace toml

namespace redshank {

// Walks a document along the table of keys: values into `settings`, where they stand and what is wrong with each into
// `report`. Relations between values are not looked at.
void read_tables(const toml::table& document, Settings& settings, SettingsReport& report);

}  // namespace redshank
