#pragma once

#include <cstdint>
#include <optional>

#include "model/bytes.hpp"
#include "model/channel_scale.hpp"
#include "model/decimal.hpp"
#include "model/error.hpp"
#include "model/int128.hpp"
#include "model/standardiser.hpp"

namespace redshank {

struct PreprocessSettings {
    struct Range {
        Decimal low;
        Decimal high;
    };
    std::optional<Range> range;  // readings outside are rejected as `range`; both ends inclusive
    // EWMA y += alpha * (x - y), alpha in (0, 1] as a fraction of 2^16; 65536 = no smoothing.
    std::uint32_t smooth_alpha_q16 = 65536;
};

// A standardised value: (x - mean) / deviation, fixed-point with 16 fraction bits, clamped to +-1024. The raw of a
// Standardised.
using StandardisedQ16 = Standardised::Raw;

// What one channel does to a reading before a model sees it, all in fixed point: range check, smoothing, standardising.
// Standardising is running (plain mean and variance) over the first `standardise_readings` learned values and
// exponentially weighted with that length from then on.
//   Thread: pipeline only. No heap.
class Preprocess {
public:
    static constexpr std::uint32_t standardise_readings = Standardiser::readings;

    explicit Preprocess(const PreprocessSettings& settings) noexcept;

    // Range check; `raw` at `scale`'s exponent.
    Result<void> check(std::int64_t raw, const ChannelScale& scale) const noexcept;

    // The channel's exponent changed by `change` powers of ten: raw state follows.
    void exponent_changed(int change) noexcept;

    // Smooths (state moves) and gives the smoothed value, raw units with 8 fraction bits: within 1 unit of exact
    // arithmetic for ever, and exactly the input once that has been constant for long.
    std::int64_t smooth_q8(std::int64_t raw) noexcept;

    // Does not learn. 0 before two values were learned; a channel that never varied gives 0 for its constant and
    // the clamp for anything else.
    StandardisedQ16 standardise(std::int64_t smoothed_q8) const noexcept;
    void learn(std::int64_t smoothed_q8) noexcept;
    Spread spread() const noexcept { return standardiser_.spread(); }  // of smoothed values

    void write(ByteWriter& out) const noexcept;
    void read(ByteReader& in) noexcept;  // what no writer wrote makes in.ok() false

private:
    PreprocessSettings settings_;
    bool smoothing_ = false;  // smoothed_q40_ holds a value
    Int128 smoothed_q40_;     // raw with 40 fraction bits
    Standardiser standardiser_;
};

}  // namespace redshank
