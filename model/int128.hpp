#pragma once

#include <compare>
#include <cstdint>

namespace redshank {

// 128-bit integers as pairs of 64 bits with carry: GCC on armhf has no __int128. Only what exact sums need.

struct UInt128 {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    friend constexpr bool operator==(const UInt128&, const UInt128&) noexcept = default;
    friend constexpr std::strong_ordering operator<=>(const UInt128& a, const UInt128& b) noexcept {
        return a.high != b.high ? a.high <=> b.high : a.low <=> b.low;
    }
};

// Two's complement over the pair.
struct Int128 {
    std::uint64_t low = 0;
    std::int64_t high = 0;

    friend constexpr bool operator==(const Int128&, const Int128&) noexcept = default;
};

}  // namespace redshank
