#pragma once

#include <cstdint>

namespace redshank {

// splitmix64 (Steele, Lea, Flood 2014).
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }
    float uniform() { return static_cast<float>(next() >> 40) * 0x1p-24F; }
    float normal() {  // sum of twelve uniforms
        float sum = -6.0F;
        for (int i = 0; i < 12; ++i) sum += uniform();
        return sum;
    }
    // The same, exact, in steps of 2^-16.
    std::int64_t normal_steps() {
        std::int64_t sum = -(6 << 16);
        for (int i = 0; i < 12; ++i) sum += static_cast<std::int64_t>(next() >> 48);
        return sum;
    }

private:
    std::uint64_t state_;
};

}  // namespace redshank
