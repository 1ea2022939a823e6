#include "drivers/uplink/digest.hpp"

#include <sodium/crypto_hash_sha256.h>

namespace redshank::wire {

Digest digest_of(std::span<const std::byte> frame) noexcept {
    static_assert(sizeof(Digest) == crypto_hash_sha256_BYTES);
    Digest digest{};
    crypto_hash_sha256(reinterpret_cast<unsigned char*>(digest.data()),
                       reinterpret_cast<const unsigned char*>(frame.data()), frame.size());
    return digest;
}

}  // namespace redshank::wire
