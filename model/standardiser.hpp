#pragma once

#include <cstdint>

#include "model/bytes.hpp"
#include "model/int128.hpp"
#include "model/quantity.hpp"
#include "model/scaled.hpp"

namespace redshank {

using Standardised = Fixed<std::int32_t, 16>;

// Where values lie: value = mean + deviations * deviation. For forecasts; doubles near the exact state.
struct Spread {
    double mean = 0;
    double deviation = 0;
    bool known = false;  // a value was learned
};

// Mean and variance of one channel's smoothed values, and a value's distance from the mean in deviations. Running over
// the first `readings` learned values, exponentially weighted with that length from then on; both are
//     d = x - mean,  mean += d / n,  variance = (variance + d^2 / n) (n - 1) / n,  n = min(learned, readings)
// (Welford 1962; West 1979).
//   Units: values are raw with 8 fraction bits; the mean has 40 fraction bits of raw; the variance 64 significant bits.
//   Invariant: the variance is 0 as long as all values were equal; else it is at least that of a deviation of 1/1024
//   raw, so that noise of the last place cannot look like a fault. The population's variance, not the sample's.
//   Accuracy: within 1 unit plus 2^-36 of the value against exact arithmetic where the deviation is above that floor.
class Standardiser {
public:
    static constexpr std::uint32_t readings = 1024;
    static constexpr Standardised limit = Standardised::from_ratio(1024, 1);

    // No division. 0 before two values were learned.
    Standardised standardise(std::int64_t value_q8) const noexcept;
    void learn(std::int64_t value_q8) noexcept;
    void exponent_changed(int change) noexcept;
    Spread spread() const noexcept;  // in the unit of the values

    void write(ByteWriter& out) const noexcept;
    void read(ByteReader& in) noexcept;

private:
    void set_variance(const Scaled& variance) noexcept;

    std::uint32_t learned_ = 0;  // stops at `readings`
    Int128 mean_q40_;
    Scaled variance_;         // of values with 8 fraction bits
    ReciprocalRoot inverse_;  // of the deviation; follows from variance_
};

// value * 10^change, rounded to nearest when change is negative; saturates at +-2^94.
Int128 rescale_wide(const Int128& value, int change) noexcept;

}  // namespace redshank
