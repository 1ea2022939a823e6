#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace redshank::wire {

// Keys of the uplink: X25519, as CurveZMQ uses them (RFC 26/CURVEZMQ, of ZeroMQ).
//   As texts, one line: "curve-public:" or "curve-secret:" and 40 characters of Z85 (RFC 32/Z85, of ZeroMQ); the 40
//   characters alone, as ZeroMQ's own tools print them, are read as whichever is wanted.
//   Thread: any. No heap but the texts' own.

using CurvePublicKey = std::array<std::byte, 32>;

// Wiped when it goes.
class CurveSecretKey {
public:
    static CurveSecretKey generate() noexcept;
    static std::optional<CurveSecretKey> parse(std::string_view text) noexcept;
    ~CurveSecretKey();
    CurveSecretKey(const CurveSecretKey&) = delete;
    CurveSecretKey& operator=(const CurveSecretKey&) = delete;
    CurveSecretKey(CurveSecretKey&& other) noexcept;
    CurveSecretKey& operator=(CurveSecretKey&&) = delete;

    CurvePublicKey public_key() const noexcept;
    const std::array<std::byte, 32>& bytes() const noexcept { return bytes_; }
    std::string text() const;  // the secret: for a file that only its owner may read; wipe() it

private:
    CurveSecretKey() noexcept = default;

    std::array<std::byte, 32> bytes_{};
};

std::string text_of(const CurvePublicKey& key);
// Nothing for what is no such text, and for bytes that are no key anybody can hold the secret of.
std::optional<CurvePublicKey> parse_curve_public_key(std::string_view text) noexcept;
// It says of itself that it is a secret key, of whatever kind.
bool is_secret_key_text(std::string_view text) noexcept;

void wipe(std::string& text) noexcept;  // overwritten, then empty

}  // namespace redshank::wire
