#include "drivers/signature.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstdlib>

#include "drivers/hash.hpp"

namespace redshank {

namespace {

constexpr std::string_view public_prefix = "ed25519-public:";
constexpr std::string_view secret_prefix = "ed25519-secret:";
constexpr std::size_t seed_bytes = crypto_sign_SEEDBYTES;

static_assert(std::tuple_size_v<PublicKey> == crypto_sign_PUBLICKEYBYTES);
static_assert(std::tuple_size_v<Signature> == crypto_sign_BYTES);

void start_sodium() noexcept {
    if (sodium_init() < 0) std::abort();
}

const unsigned char* raw(std::span<const std::byte> bytes) noexcept {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* room(std::span<std::byte> bytes) noexcept {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

bool parse_hex(std::string_view text, std::string_view prefix, std::span<std::byte> into) noexcept {
    if (!text.starts_with(prefix)) return false;
    const std::string_view digits = text.substr(prefix.size());
    if (digits.size() != 2 * into.size()) return false;
    std::size_t written = 0;
    return sodium_hex2bin(room(into), into.size(), digits.data(), digits.size(), nullptr, &written, nullptr) == 0 &&
           written == into.size();
}

}  // namespace

SigningKey SigningKey::from_seed(std::span<const std::byte> seed) noexcept {
    start_sodium();
    SigningKey key;
    crypto_sign_seed_keypair(room(key.public_key_), room(key.secret_), raw(seed));
    return key;
}

SigningKey SigningKey::generate() noexcept {
    start_sodium();
    std::array<std::byte, seed_bytes> seed{};
    randombytes_buf(seed.data(), seed.size());
    SigningKey key = from_seed(seed);
    sodium_memzero(seed.data(), seed.size());
    return key;
}

std::optional<SigningKey> SigningKey::parse(std::string_view text) noexcept {
    std::array<std::byte, seed_bytes> seed{};
    if (!parse_hex(text, secret_prefix, seed)) return std::nullopt;
    std::optional<SigningKey> key(from_seed(seed));
    sodium_memzero(seed.data(), seed.size());
    return key;
}

SigningKey::SigningKey(SigningKey&& other) noexcept : secret_(other.secret_), public_key_(other.public_key_) {
    sodium_memzero(other.secret_.data(), other.secret_.size());
}

SigningKey::~SigningKey() {
    sodium_memzero(secret_.data(), secret_.size());
}

Signature SigningKey::sign(std::span<const std::byte> message) const noexcept {
    Signature signature{};
    crypto_sign_detached(room(signature), nullptr, raw(message), message.size(), raw(secret_));
    return signature;
}

std::string SigningKey::text() const {
    return std::string(secret_prefix) + hex(std::span(secret_).first(seed_bytes));
}

std::string text_of(const PublicKey& key) {
    return std::string(public_prefix) + hex(key);
}

std::optional<PublicKey> parse_public_key(std::string_view text) noexcept {
    start_sodium();
    PublicKey key{};
    if (!parse_hex(text, public_prefix, key)) return std::nullopt;
    if (crypto_core_ed25519_is_valid_point(raw(key)) != 1) return std::nullopt;
    return key;
}

KeyId key_id(const PublicKey& key) noexcept {
    const Sha256 hash = sha256(key);
    KeyId id{};
    std::copy_n(hash.begin(), id.size(), id.begin());
    return id;
}

bool verify(const Signature& signature, std::span<const std::byte> message, const PublicKey& key) noexcept {
    start_sodium();
    return crypto_sign_verify_detached(raw(signature), raw(message), message.size(), raw(key)) == 0;
}

std::string base64(std::span<const std::byte> bytes) {
    std::string out(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(out.data(), out.size(), raw(bytes), bytes.size(), sodium_base64_VARIANT_ORIGINAL);
    out.pop_back();  // sodium writes a NUL at the end
    return out;
}

std::optional<std::size_t> parse_base64(std::string_view text, std::span<std::byte> into) noexcept {
    std::size_t written = 0;
    unsigned char nowhere = 0;  // an empty span may have no address, which is not allowed even for no bytes
    unsigned char* const to = into.empty() ? &nowhere : room(into);
    if (sodium_base642bin(to, into.size(), text.data(), text.size(), nullptr, &written, nullptr,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return std::nullopt;
    return written;
}

}  // namespace redshank
