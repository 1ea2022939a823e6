#pragma once

#include <array>
#include <cstdint>

namespace redshank {

// 10^0 to 10^19: all that 64 bits hold.
inline constexpr std::array<std::uint64_t, 20> powers_of_ten = [] {
    std::array<std::uint64_t, 20> powers{1};
    for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
    return powers;
}();

inline constexpr unsigned exponent_max = 40;  // decimal places of any reading, setting or aggregate

struct RoundedQuotient {
    std::uint64_t quotient = 0;
    bool exact = true;
};
// value / 10^power, rounded half to even; any power.
constexpr RoundedQuotient divide_by_power_of_ten(std::uint64_t value, unsigned power) noexcept {
    if (power == 0) return {value, true};
    if (power >= powers_of_ten.size()) return {0, value == 0};  // below 2^64 / 10^20, less than a half
    const std::uint64_t divisor = powers_of_ten[power];
    const std::uint64_t quotient = value / divisor;
    const std::uint64_t remainder = value - quotient * divisor;
    const std::uint64_t half = divisor / 2;  // a power of ten is even
    const bool up = remainder > half || (remainder == half && (quotient & 1U) != 0);
    return {quotient + (up ? 1U : 0U), remainder == 0};
}

}  // namespace redshank
