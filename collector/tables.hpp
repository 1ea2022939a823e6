#pragma once

#include <filesystem>
#include <memory>

#include "model/outcome.hpp"
#include "storage/sqlite/database.hpp"

namespace redshank {

// The collector's database, made for people to query: docs/uplink.md lists tables and columns. Makes the file (mode
// 0600) and its tables when there are none; a failure for a file that is not a collector's, or is of a newer format.
Outcome<std::unique_ptr<Database>> open_tables(const std::filesystem::path& file);

}  // namespace redshank
