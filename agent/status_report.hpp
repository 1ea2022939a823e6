#pragma once

#include <string>
#include <string_view>

namespace redshank {

// What `redshank status` prints without --json: the agent's status (agent/status.hpp) as a page for people. A part that
// the status does not have (an older agent) is left out, one that is not known here (a newer one) is passed over.
// What is no JSON object comes out as it is, less its control characters.
std::string status_report(std::string_view json);

}  // namespace redshank
