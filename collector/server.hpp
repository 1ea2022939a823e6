#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "model/outcome.hpp"

namespace redshank {

struct ServerSettings {
    std::string bind;  // tcp://127.0.0.1:5555
    std::filesystem::path database;
    int stop_fd = -1;                                           // readable: finish and return
    std::function<void(const std::string& bound_to)> on_ready;  // called once, when it listens
};

// Serves agents until stop_fd is readable. A failure: it could not listen, or the database failed (nothing unwritten
// was acknowledged; start again, and the agents send again what is missing).
Outcome<> serve(const ServerSettings& settings);

}  // namespace redshank
