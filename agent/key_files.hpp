#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "drivers/signature.hpp"
#include "model/outcome.hpp"

namespace redshank {

// Files that a person keeps: keys and models. What is written is on disk when the call returns, whole or not at all.

// A new Ed25519 pair: the secret key in `file`, mode 0600, the public one in `file`.pub; one line each. Refuses to
// replace either. Returns the public key as text.
Outcome<std::string> make_key_files(const std::filesystem::path& file);
// The same with a pair for the uplink, X25519, for either end.
Outcome<std::string> make_uplink_key_files(const std::filesystem::path& file);
// Never says what the file holds.
Outcome<SigningKey> read_secret_key(const std::filesystem::path& file);

Outcome<> write_file(const std::filesystem::path& file, std::span<const std::byte> bytes);  // replaces it
Outcome<std::vector<std::byte>> read_file(const std::filesystem::path& file, std::size_t bytes_max);

}  // namespace redshank
