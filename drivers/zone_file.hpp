#pragma once

#include <filesystem>
#include <string>

#include "model/outcome.hpp"

namespace redshank {

inline constexpr const char* zone_directory = "/usr/share/zoneinfo";

// The rule in the footer of a zone's TZif file (RFC 8536, 3.3), for a name of the IANA time zone database like
// "Europe/Berlin": what holds from its last listed transition on, for ZoneRule::parse. For start-up only.
//   Errors: a name that is no name, no such file, no TZif file of version 2 or later, and a zone that no rule
//   describes: an empty footer, or transitions listed beyond the year 2037 (Africa/Casablanca).
Outcome<std::string> zone_rule_of(const std::string& name, const std::filesystem::path& directory = zone_directory);

}  // namespace redshank
