#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "model/bytes.hpp"

namespace redshank {

// How often values of each size occur: quantiles with a stated relative error. Bins are as wide as their values are
// large (DDSketch: Masson, Rim, Lee, VLDB 2019), 64 to each power of two; where more than bins_max are in use all of
// them are joined in pairs (UDDSketch: Epicoco et al., IEEE Access 2020), which doubles the error. Integers alone.
//   Invariant: bins are in rising order of their keys, and as fine as bins_max of them allow. So the same values give
//   the same sketch in any order and grouping, however they were merged, at whatever exponent they came.
//   A key is 0 for zero, else +-(1 + index), index = (64 * (exponent of two + 200) + 6 bits behind the leading one)
//   >> level.
//   Counts saturate at 2^32 - 1 a bin (the aggregate's count does not).
class QuantileSketch {
public:
    static constexpr std::size_t bins_max = 32;
    // Two bytes for a step; of all keys eight steps at most can be so long that they need a third.
    static constexpr std::size_t encoded_bytes_max = 2 + bins_max * (2 + 5) + 8;

    struct Bin {
        std::int16_t key = 0;
        std::uint32_t count = 0;
    };

    // value = raw * 10^-exponent, |raw| < 2^62, exponent <= 40.
    void add(std::int64_t raw, std::uint8_t exponent) noexcept;
    void merge(const QuantileSketch& other) noexcept;

    // The value below which that share of the values lies, in [0, 1]; 0 for an empty one.
    double quantile(double share) const noexcept;
    // |quantile - value of that rank| <= relative_error * |value|: 2^-7 as long as bins_max was enough, then twice that
    // with each level.
    double relative_error() const noexcept;

    std::uint8_t level() const noexcept { return level_; }
    std::span<const Bin> bins() const noexcept { return std::span(bins_).first(used_); }

    // u8 level, u8 bins, then for each bin two variable-length integers (LEB128): the step from the key before (zigzag;
    // the first from 0), and the count. Empty for an empty one.
    void write(ByteWriter& out) const noexcept;
    // Reads all of `bytes`; false, and empty, for what no writer wrote.
    bool read(std::span<const std::byte> bytes) noexcept;

    friend bool operator==(const QuantileSketch& a, const QuantileSketch& b) noexcept;

private:
    void put(std::int16_t key, std::uint32_t count) noexcept;
    void coarsen() noexcept;

    std::uint8_t level_ = 0;
    std::uint8_t used_ = 0;
    std::array<Bin, bins_max + 1> bins_{};  // one more than stays
};

}  // namespace redshank
