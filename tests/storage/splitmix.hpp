#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace redshank {

// splitmix64 (Steele, Lea, Flood 2014): one word of state, the same everywhere.
class Splitmix {
public:
    explicit Splitmix(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        std::uint64_t z = state_ += 0x9E3779B97F4A7C15ULL;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31U);
    }
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }

private:
    std::uint64_t state_;
};

// Bytes that follow from `seed` alone, fewer than `bound`.
inline std::vector<std::byte> bytes_of(std::uint64_t seed, std::size_t bound) {
    Splitmix random(seed);
    std::vector<std::byte> bytes(static_cast<std::size_t>(random.below(bound)));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next());
    return bytes;
}

}  // namespace redshank
