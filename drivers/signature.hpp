#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace redshank {

// Signatures: Ed25519 (Bernstein, Duif, Lange, Schwabe, Yang 2011, "High-speed high-security signatures"; RFC 8032).
//   Keys as texts, one line: "ed25519-public:" or "ed25519-secret:" and 64 hexadecimal digits.
//   Thread: any. No heap but the texts' own.

using PublicKey = std::array<std::byte, 32>;
using Signature = std::array<std::byte, 64>;
using KeyId = std::array<std::byte, 8>;  // first bytes of the SHA-256 of the public key

// Wiped when it goes.
class SigningKey {
public:
    static SigningKey generate() noexcept;
    static std::optional<SigningKey> parse(std::string_view text) noexcept;
    ~SigningKey();
    SigningKey(const SigningKey&) = delete;
    SigningKey& operator=(const SigningKey&) = delete;
    SigningKey(SigningKey&& other) noexcept;
    SigningKey& operator=(SigningKey&&) = delete;

    const PublicKey& public_key() const noexcept { return public_key_; }
    Signature sign(std::span<const std::byte> message) const noexcept;
    std::string text() const;  // the secret: for a file that only its owner may read

private:
    SigningKey() noexcept = default;
    static SigningKey from_seed(std::span<const std::byte> seed) noexcept;

    std::array<std::byte, 64> secret_{};  // seed, then public key
    PublicKey public_key_{};
};

std::string text_of(const PublicKey& key);
// Nothing for what is no such text, and for bytes that are no key anybody can hold the secret of.
std::optional<PublicKey> parse_public_key(std::string_view text) noexcept;
KeyId key_id(const PublicKey& key) noexcept;
bool verify(const Signature& signature, std::span<const std::byte> message, const PublicKey& key) noexcept;

std::string base64(std::span<const std::byte> bytes);
// Nothing for what is no base64 or does not fit.
std::optional<std::size_t> parse_base64(std::string_view text, std::span<std::byte> into) noexcept;

}  // namespace redshank
