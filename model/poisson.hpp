#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace redshank {

// A number from the Poisson distribution of mean 6, for a number drawn evenly from [0, 1): the inverse of its
// distribution function, cut at 23 (more are as likely as one in 10^7).
inline std::uint32_t poisson_of_six(float drawn) noexcept {
    constexpr std::size_t most = 23;
    constexpr std::array<float, most> up_to = [] {
        std::array<float, most> result{};
        double share = 0.00247875217666636;  // e^-6
        double sum = share;
        for (std::size_t k = 0; k < most; ++k) {
            result[k] = static_cast<float>(sum);
            share *= 6.0 / static_cast<double>(k + 1);
            sum += share;
        }
        return result;
    }();
    std::uint32_t number = 0;
    while (number < most && drawn >= up_to[number]) ++number;
    return number;
}

}  // namespace redshank
