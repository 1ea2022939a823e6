#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "agent/model_refusal.hpp"
#include "drivers/signature.hpp"
#include "model/outcome.hpp"

namespace redshank {

// A model outside its agent: what it is, of which inputs, who made it when, its snapshot, a SHA-256, and perhaps a
// signature. Layout and a worked example: docs/model-files.md.
inline constexpr std::size_t model_file_bytes_max = std::size_t{48} * 1024;
inline constexpr std::uint16_t model_file_version = 1;

struct ModelFile {
    std::string_view model;  // its own name, never "auto"
    std::string_view group;
    std::string_view agent;                // that made it
    std::uint64_t inputs_fingerprint = 0;  // Pipeline::inputs_fingerprint
    std::int64_t made_ns = 0;              // since the epoch
    std::span<const std::byte> snapshot = {};
    std::optional<KeyId> key = {};  // that signed it

    // As read: what the signature is of, and it.
    std::span<const std::byte> signed_part = {};
    Signature signature{};
};

// Without a signature. Empty when it would be larger than model_file_bytes_max.
std::vector<std::byte> encode_model_file(const ModelFile& file);
// The same file with a signature, in place of one that it has. A failure for what read_model_file refuses.
Outcome<std::vector<std::byte>> sign_model_file(std::span<const std::byte> file, const SigningKey& key);

// Everything but the signature is checked. Views into `bytes`. No heap.
tl::expected<ModelFile, ModelRefusal> read_model_file(std::span<const std::byte> bytes) noexcept;
// Nothing: signed by one of the keys.
std::optional<ModelRefusal> check_signature(const ModelFile& file, std::span<const PublicKey> trusted) noexcept;

}  // namespace redshank
