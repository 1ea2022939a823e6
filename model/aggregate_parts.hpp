#pragma once

#include <cstdint>

#include "model/bytes.hpp"
#include "model/int128.hpp"
#include "model/quantile_sketch.hpp"

namespace redshank {

// The exact, additive parts of an aggregate over readings of one channel. Parts of disjoint sets of readings merge into
// the parts of their union, in any order and grouping, to the same bytes.
//   Units: values are raw, that is value = raw * 10^-exponent; times ns since the epoch.
//   Invariant: |raw| < 2^53 when added; exponent <= 40; count == 0 means every other field but pivot and exponent is
//   zero.
//   `sum` is over (raw - pivot), `squares` over (raw - pivot)^2; `squares` saturates and then squares_clamped is true.
//   first/last are by event time; of equal times first keeps the earlier added, last takes the later added, and merge
//   takes the smaller raw for first and the larger for last, so that it commutes.
struct AggregateParts {
    static constexpr std::size_t encoded_bytes = 99;

    std::int64_t pivot = 0;
    std::uint8_t exponent = 0;
    bool squares_clamped = false;
    bool rounded = false;  // a merge had to round to a coarser exponent
    std::uint64_t count = 0;
    Int128 sum;
    UInt128 squares;
    std::int64_t min = 0;
    std::int64_t max = 0;
    std::int64_t first = 0;
    std::int64_t first_ns = 0;
    std::int64_t last = 0;
    std::int64_t last_ns = 0;
    QuantileSketch sketch;  // of the values, whatever the exponent; where parts come from an older version, of some

    static AggregateParts empty(std::int64_t pivot, std::uint8_t exponent) noexcept;

    void add(std::int64_t raw, std::int64_t event_ns) noexcept;

    // Exact when pivot and exponent agree, and when other.exponent differs but every value fits in 62 bits at the
    // finer one; else the finer side is rounded (half to even) to the coarser exponent and `rounded` is set. Counts
    // are always exact. The pivot stays this one's (at the new exponent); another pivot is rebased exactly.
    void merge(const AggregateParts& other) noexcept;

    // Everything at an exponent finer by `steps` powers of ten; false (and no change) when a value would not fit in 62
    // bits, squares that are not clamped in theirs, or the exponent would exceed 40.
    bool refine(std::uint8_t steps) noexcept;

    // Deterministic to the bit: the nearest double to the exact quotient, rounded once. 0 for an empty one; the
    // variance is the population's (divided by count) and never negative.
    double mean() const noexcept;
    double variance() const noexcept;

    // All but the sketch, which is written apart.
    void write(ByteWriter& out) const noexcept;
    static AggregateParts read(ByteReader& in) noexcept;  // what no writer wrote makes in.ok() false

    friend bool operator==(const AggregateParts&, const AggregateParts&) noexcept = default;
};

// raw * 10^-exponent as the nearest double, ties to even, for every raw and exponent <= 40. Its shortest round-trip
// text is the decimal again for |raw| < 10^15 (a double holds 15 decimal digits, not 16).
double to_double(std::int64_t raw, std::uint8_t exponent) noexcept;

}  // namespace redshank
