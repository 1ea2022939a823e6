#pragma once

#include <cstdint>

namespace redshank {

// splitmix64 (Steele, Lea, Flood 2014), and draws that are the same on every board.
class NumbersRandom {
public:
    explicit NumbersRandom(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = state_ += 0x9E3779B97F4A7C15ULL;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31U);
    }
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }

    // low to high, both inclusive.
    std::int64_t between(std::int64_t low, std::int64_t high) {
        const auto span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
        const std::uint64_t step = span == UINT64_MAX ? next() : below(span + 1);
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + step);
    }

    // Every bit width is as likely as any other, so that small, large and edge values all come.
    std::uint64_t any_width(unsigned bits_max = 64) {
        const auto bits = static_cast<unsigned>(below(bits_max + 1));
        return bits == 0 ? 0 : next() >> (64 - bits);
    }
    std::int64_t any_width_signed(unsigned bits_max = 63) {
        const auto size = static_cast<std::int64_t>(any_width(bits_max));
        return (next() & 1U) != 0 ? -size : size;
    }

    // Roughly bell-shaped: a sum of eight draws, mean 0, deviation about 0.82 * size.
    std::int64_t bell(std::int64_t size) {
        std::int64_t sum = 0;
        for (int i = 0; i < 8; ++i) sum += between(-size, size);
        return sum / 2;
    }

private:
    std::uint64_t state_;
};

}  // namespace redshank
