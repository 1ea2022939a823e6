#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "agent/control_socket.hpp"
#include "model/outcome.hpp"

namespace redshank {

// Asks the agent behind a control socket: one request, one answer, at most timeout_ns. A failure says that none runs
// there, or that it does not answer.
Outcome<ControlAnswer> ask(const std::filesystem::path& path, std::string_view request, std::int64_t timeout_ns);

}  // namespace redshank
