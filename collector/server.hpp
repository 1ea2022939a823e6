#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "drivers/uplink/curve_key.hpp"
#include "model/outcome.hpp"

namespace redshank {

struct ServerSettings {
    std::string bind;  // tcp://127.0.0.1:5555
    std::filesystem::path database;
    std::optional<wire::CurveSecretKey> key{};  // the collector's own; nothing: connections are not encrypted
    std::filesystem::path allow;                // with key: who may deliver, an AllowList
    bool plain = false;                         // without key: also off loopback
    int stop_fd = -1;                           // readable: finish and return
    // Asked whenever reload_fd is readable, to be read empty in there: true for each wish to read `allow` again.
    int reload_fd = -1;
    std::function<bool()> reload;
    std::function<void(const std::string& bound_to)> on_ready;  // called once, when it listens
};

// Serves agents until stop_fd is readable. A failure: it could not listen, or the database failed (nothing unwritten
// was acknowledged; start again, and the agents send again what is missing).
//   An allow file that cannot be read or is wrong at the start is a failure; later the list before it goes on.
Outcome<> serve(const ServerSettings& settings);

}  // namespace redshank
