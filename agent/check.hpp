#pragma once

#include <string>

#include "agent/settings.hpp"

namespace redshank {

// What `redshank check` prints for a good file: memory and disk by part, and how long the inbox lasts.
std::string check_page(const Settings& settings, const std::string& file);
// The same as one JSON object.
std::string check_json(const Settings& settings, const std::string& file);

}  // namespace redshank
