#include "drivers/uplink/curve_key.hpp"

#include <sodium.h>
#include <zmq.h>

#include <cstdint>
#include <cstdlib>
#include <span>

namespace redshank::wire {
namespace {

constexpr std::string_view public_prefix = "curve-public:";
constexpr std::string_view secret_prefix = "curve-secret:";
constexpr std::size_t z85_characters = 40;  // of 32 bytes
constexpr std::string_view z85_alphabet =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

static_assert(std::tuple_size_v<CurvePublicKey> == crypto_box_PUBLICKEYBYTES);
static_assert(std::tuple_size_v<CurvePublicKey> == crypto_box_SECRETKEYBYTES);

using Z85 = std::array<char, z85_characters + 1>;  // with the NUL that ZeroMQ writes and wants

void start_sodium() noexcept {
    if (sodium_init() < 0) std::abort();
}

std::uint8_t* room(std::span<std::byte> bytes) noexcept {
    return reinterpret_cast<std::uint8_t*>(bytes.data());
}

const std::uint8_t* raw(std::span<const std::byte> bytes) noexcept {
    return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

// Not every version of zmq_z85_decode refuses what is no digit.
bool decode(std::string_view text, std::string_view prefix, std::span<std::byte> into) noexcept {
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
    if (text.size() != z85_characters || text.find_first_not_of(z85_alphabet) != std::string_view::npos) return false;
    Z85 digits{};
    text.copy(digits.data(), z85_characters);
    const bool decoded = zmq_z85_decode(room(into), digits.data()) != nullptr;
    sodium_memzero(digits.data(), digits.size());
    return decoded;
}

std::string encode(std::string_view prefix, std::span<const std::byte> bytes) {
    Z85 digits{};
    zmq_z85_encode(digits.data(), raw(bytes), bytes.size());
    std::string text;
    text.reserve(prefix.size() + z85_characters);  // at once: nothing of a secret stays behind in a smaller one
    text.append(prefix).append(digits.data(), z85_characters);
    sodium_memzero(digits.data(), digits.size());
    return text;
}

}  // namespace

CurveSecretKey CurveSecretKey::generate() noexcept {
    start_sodium();
    CurveSecretKey key;
    CurvePublicKey ignored{};
    crypto_box_keypair(room(ignored), room(key.bytes_));
    return key;
}

std::optional<CurveSecretKey> CurveSecretKey::parse(std::string_view text) noexcept {
    start_sodium();
    CurveSecretKey key;
    if (!decode(text, secret_prefix, key.bytes_)) return std::nullopt;
    return std::optional<CurveSecretKey>(std::move(key));
}

CurveSecretKey::CurveSecretKey(CurveSecretKey&& other) noexcept : bytes_(other.bytes_) {
    sodium_memzero(other.bytes_.data(), other.bytes_.size());
}

CurveSecretKey::~CurveSecretKey() {
    sodium_memzero(bytes_.data(), bytes_.size());
}

CurvePublicKey CurveSecretKey::public_key() const noexcept {
    CurvePublicKey key{};
    crypto_scalarmult_base(room(key), raw(bytes_));
    return key;
}

std::string CurveSecretKey::text() const {
    return encode(secret_prefix, bytes_);
}

std::string text_of(const CurvePublicKey& key) {
    return encode(public_prefix, key);
}

std::optional<CurvePublicKey> parse_curve_public_key(std::string_view text) noexcept {
    start_sodium();
    CurvePublicKey key{};
    if (!decode(text, public_prefix, key)) return std::nullopt;
    // A point of small order gives the same shared secret to everybody, and ZeroMQ stops the process over it.
    const CurveSecretKey any = CurveSecretKey::generate();
    CurvePublicKey shared{};
    if (crypto_scalarmult(room(shared), raw(any.bytes()), raw(key)) != 0) return std::nullopt;
    return key;
}

bool is_secret_key_text(std::string_view text) noexcept {
    return text.starts_with(secret_prefix) || text.starts_with("ed25519-secret:");
}

void wipe(std::string& text) noexcept {
    sodium_memzero(text.data(), text.size());
    text.clear();
}

}  // namespace redshank::wire
