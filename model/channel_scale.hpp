#pragma once

#include <cstdint>

#include "model/bytes.hpp"
#include "model/decimal.hpp"
#include "model/error.hpp"

namespace redshank {

// The number system of one channel: a reading is raw * 10^-exponent with |raw| < 2^53.
//
// The exponent is the finest scale of the first 32 readings, limited so that the largest value seen times 1000 stays
// below 2^53 (so it may fall while those 32 come in); later it is refined by exact powers of ten when a finer reading
// comes and that limit allows, and never falls again. The headroom never lowers it below 0. Digits finer than the
// exponent are rounded half to even and counted; a value of 2^53 raw or more is out_of_range.
class ChannelScale {
public:
    struct Raw {
        std::int64_t raw = 0;
        // exponent after minus before this reading. Not 0: whoever keeps raw state multiplies it by 10^change (or
        // divides, for a negative change) before using `raw`.
        std::int8_t exponent_change = 0;
        bool first = false;    // the channel's first accepted reading
        bool rounded = false;  // counted by the channel: finer digits than it can hold
    };

    // A refused reading leaves everything as it was.
    Result<Raw> to_raw(const Decimal& value) noexcept;

    // The exponent is that one from now on, whatever the readings say: a resolution that was configured. Not saved.
    void fix(std::uint8_t exponent) noexcept { fixed_ = static_cast<std::int8_t>(exponent); }

    std::uint8_t exponent() const noexcept { return exponent_; }
    std::uint64_t rounded_count() const noexcept { return rounded_count_; }

    // A setting (a range, a threshold) in this channel's raw units: rounded half to even, clamped to +-2^53.
    std::int64_t setting_to_raw(const Decimal& value) const noexcept;

    void write(ByteWriter& out) const noexcept;
    void read(ByteReader& in) noexcept;  // what no writer wrote makes in.ok() false

private:
    static constexpr std::uint8_t settling_readings = 32;

    std::uint8_t exponent_ = 0;
    std::int8_t fixed_ = -1;          // none
    std::uint8_t readings_seen_ = 0;  // accepted ones; stops at settling_readings
    Decimal largest_;                 // of the magnitudes accepted
    std::uint64_t rounded_count_ = 0;
};

// raw * 10^change, rounded half to even when change is negative; saturates at +-2^62.
std::int64_t rescale(std::int64_t raw, int change) noexcept;

}  // namespace redshank
