#pragma once

#include <string>
#include <string_view>

namespace redshank {

// A JSON document as indented "name: value" lines, in its own order: what `redshank model` prints without --json.
// Texts keep their escapes, so that no control character reaches a terminal. What is no JSON comes out as it is.
std::string status_page(std::string_view json);

}  // namespace redshank
