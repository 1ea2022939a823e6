#pragma once

#include <string>

namespace redshank {

// docs/configuration.md, made from the table of keys.
std::string settings_page();

}  // namespace redshank
