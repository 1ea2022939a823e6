#pragma once

#include <cstdint>

namespace redshank {

// Numbers that look random and are the same on every board.
//   Source: splitmix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators").
class SplitMix64 {
public:
    explicit constexpr SplitMix64(std::uint64_t seed) noexcept : state_(seed) {}

    constexpr std::uint64_t next() noexcept {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }
    // In [0, 1), in steps of 2^-24: exact.
    constexpr float uniform() noexcept { return static_cast<float>(next() >> 40) * 0x1p-24F; }
    constexpr std::uint32_t below(std::uint32_t limit) noexcept {
        return static_cast<std::uint32_t>(((next() >> 32) * limit) >> 32);
    }

    constexpr std::uint64_t state() const noexcept { return state_; }  // a seed that goes on from here

private:
    std::uint64_t state_;
};

}  // namespace redshank
