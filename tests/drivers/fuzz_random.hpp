#pragma once

#include <cstddef>
#include <cstdint>

namespace redshank::test {

class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    // splitmix64 (Steele, Lea, Flood 2014)
    std::size_t below(std::size_t bound) {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
        return static_cast<std::size_t>((z ^ (z >> 31U)) % bound);
    }

private:
    std::uint64_t state_;
};

}  // namespace redshank::test
