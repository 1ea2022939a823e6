#include "drivers/hash.hpp"

#include <sodium.h>

#include <cstdlib>

namespace redshank {

namespace {

// Before any other call; again is harmless, from any thread. It fails only where the kernel has no random numbers.
void start_sodium() noexcept {
    if (sodium_init() < 0) std::abort();
}

const unsigned char* raw(std::span<const std::byte> bytes) noexcept {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

static_assert(sizeof(Sha256) == crypto_hash_sha256_BYTES);

}  // namespace

Sha256 sha256(std::span<const std::byte> bytes) noexcept {
    start_sodium();
    Sha256 out;
    crypto_hash_sha256(reinterpret_cast<unsigned char*>(out.data()), raw(bytes), bytes.size());
    return out;
}

std::string hex(std::span<const std::byte> bytes) {
    std::string out(bytes.size() * 2 + 1, '\0');  // sodium writes a NUL at the end
    sodium_bin2hex(out.data(), out.size(), raw(bytes), bytes.size());
    out.pop_back();
    return out;
}

std::uint64_t random_u64() noexcept {
    start_sodium();
    std::uint64_t out = 0;
    randombytes_buf(&out, sizeof out);
    return out;
}

struct Sha256Stream::State {
    crypto_hash_sha256_state sodium;
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {
    start_sodium();
    crypto_hash_sha256_init(&state_->sodium);
}

Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::add(std::span<const std::byte> bytes) noexcept {
    crypto_hash_sha256_update(&state_->sodium, raw(bytes), bytes.size());
}

Sha256 Sha256Stream::finish() noexcept {
    Sha256 out;
    crypto_hash_sha256_final(&state_->sodium, reinterpret_cast<unsigned char*>(out.data()));
    crypto_hash_sha256_init(&state_->sodium);
    return out;
}

}  // namespace redshank
