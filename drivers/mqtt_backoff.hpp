#pragma once

#include <algorithm>
#include <cstdint>

namespace redshank {

// Waiting times between attempts: doubled from first_ns up to last_ns, each drawn evenly from the upper half, so that
// many gateways that lost one broker do not come back in one moment. Times in ns; the seed decides the draws.
class Backoff {
public:
    Backoff(std::int64_t first_ns, std::int64_t last_ns, std::uint64_t seed) noexcept
        : first_ns_(std::max<std::int64_t>(first_ns, 1)), last_ns_(std::max(last_ns, first_ns_)), state_(seed) {
        reset();
    }

    std::int64_t next_ns() noexcept {
        const std::int64_t whole = current_ns_;
        current_ns_ = current_ns_ > last_ns_ / 2 ? last_ns_ : current_ns_ * 2;
        const auto half = static_cast<std::uint64_t>(whole / 2);
        return whole - static_cast<std::int64_t>(draw() % (half + 1));
    }
    void reset() noexcept { current_ns_ = first_ns_; }

private:
    std::uint64_t draw() noexcept {  // splitmix64 (Steele, Lea, Flood 2014)
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }

    std::int64_t first_ns_;
    std::int64_t last_ns_;
    std::int64_t current_ns_ = 0;
    std::uint64_t state_;
};

}  // namespace redshank
