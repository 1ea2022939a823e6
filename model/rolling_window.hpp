#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "model/bytes.hpp"
#include "model/decimal.hpp"

namespace redshank {

// What is derived from the last readings of one channel. `readings`: of how many, the newest among them; for
// `difference` and `rate` always two.
struct DerivedFeature {
    enum class Kind : std::uint8_t {
        difference,    // to the reading before
        rate,          // that in a second, by the readings' times
        increase,      // of a counter: the difference, or after a reset (it fell) the whole reading
        counter_rate,  // that in a second
        mean,
        rms,       // the root of the mean square
        variance,  // the population's
        min,
        max,
        slope,  // of the least-squares line, in a second
    };
    Kind kind = Kind::difference;
    std::uint8_t readings = 2;
};

// The last readings of one channel with their times. Sums are exact integers; a quotient or root is rounded once or
// twice by IEEE 754, so that bytes are equal everywhere.
//   Units: raw, |raw| < 2^53; times ns. `slope` sees times in steps of a millisecond, coarser where the readings span
//   more than nine hours: 2^25 steps.
//   Thread: pipeline only. No heap.
class RollingWindow {
public:
    static constexpr std::uint8_t most = 64;
    static constexpr std::size_t written_bytes_max = 2 + most * 16;

    void add(std::int64_t raw, std::int64_t time_ns) noexcept;
    std::uint8_t count() const noexcept { return count_; }

    // Of the newest readings as they are at `exponent`; nothing before two are there, or where they have one time and
    // the feature needs two. Digits beyond the channel's: one for means, six for what is in a second.
    std::optional<Decimal> derive(const DerivedFeature& feature, std::uint8_t exponent) const noexcept;

    void exponent_changed(int change) noexcept;
    void write(ByteWriter& out) const noexcept;
    void read(ByteReader& in) noexcept;  // what no writer wrote makes in.ok() false

private:
    struct Reading {
        std::int64_t raw = 0;
        std::int64_t time_ns = 0;
    };
    const Reading& newest(std::uint8_t back) const noexcept {  // 0: the newest
        return readings_[static_cast<std::uint8_t>(next_ + most - 1 - back) % most];
    }
    double slope(std::uint8_t count, std::uint8_t exponent, bool& known) const noexcept;

    std::array<Reading, most> readings_{};
    std::uint8_t next_ = 0;
    std::uint8_t count_ = 0;
};

}  // namespace redshank
