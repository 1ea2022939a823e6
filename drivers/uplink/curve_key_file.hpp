#pragma once

#include <filesystem>

#include "drivers/uplink/curve_key.hpp"
#include "model/outcome.hpp"

namespace redshank::wire {

// The secret key in a file that `redshank keygen FILE` made: one key, nothing else. Refused when anybody but its owner
// may read or write the file. A failure goes on a sentence that begins with the file ("cannot be read: ..."); it shows
// nothing of what the file holds, nor its name.
Outcome<CurveSecretKey> read_curve_secret_key(const std::filesystem::path& file);

}  // namespace redshank::wire
