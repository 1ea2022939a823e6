#pragma once

#include <cstdint>
#include <optional>

#include "model/bytes.hpp"
#include "model/channel_scale.hpp"
#include "model/decimal.hpp"
#include "model/error.hpp"
#include "model/int128.hpp"
#include "model/recent.hpp"
#include "model/standardiser.hpp"

namespace redshank {

// What stands for a member of a group that has no new value when the group is scored.
enum class Fill : std::uint8_t {
    hold,    // its last value
    linear,  // goes on as it last went, for three rows; then holds
    none,    // nothing: the row is not scored
};

struct PreprocessSettings {
    struct Range {
        Decimal low;
        Decimal high;
    };
    std::optional<Range> range;  // readings outside are rejected as `range`; both ends inclusive
    // EWMA y += alpha * (x - y), alpha in (0, 1] as a fraction of 2^16; 65536 = no smoothing.
    std::uint32_t smooth_alpha_q16 = 65536;
    std::uint8_t smooth_readings = 0;   // instead of EWMA the median of so many, odd; 0: none
    std::uint8_t despike_readings = 0;  // Hampel's filter over so many, odd; 0: none
    std::optional<Decimal> deadband;    // a smaller change is none, for models
    Fill fill = Fill::hold;
};

// A standardised value: (x - mean) / deviation, fixed-point with 16 fraction bits, clamped to +-1024. The raw of a
// Standardised.
using StandardisedQ16 = Standardised::Raw;

// What one channel does to a reading, all in fixed point: range check and despiking before anything sees it; dead-band,
// smoothing and standardising before a model does.
//   Despiking (Hampel 1974): a reading further than 3 scaled median deviations (3 x 1.4826 MAD, MAD at least one raw
//   unit) from the median of the last few, itself among them, is replaced by that median. Before three are there none
//   is.
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

    // The reading, or what stands for it where it is a spike; state moves.
    std::int64_t despike(std::int64_t raw) noexcept;

    // What a model is given: `raw`, or the one before where the change is within the dead-band; state moves.
    std::int64_t hold_within_deadband(std::int64_t raw, std::uint8_t exponent) noexcept;

    // Smooths (state moves) and gives the smoothed value, raw units with 8 fraction bits: within 1 unit of exact
    // arithmetic for ever, and exactly the input once that has been constant for long.
    std::int64_t smooth_q8(std::int64_t raw) noexcept;

    // Does not learn. 0 before two values were learned; a channel that never varied gives 0 for its constant and
    // the clamp for anything else.
    StandardisedQ16 standardise(std::int64_t smoothed_q8) const noexcept;
    void learn(std::int64_t smoothed_q8) noexcept;
    Spread spread() const noexcept { return standardiser_.spread(); }  // of smoothed values

    void write(ByteWriter& out) const noexcept;
    // What no writer wrote makes in.ok() false. smoothed_only: as versions before despiking wrote it.
    void read(ByteReader& in, bool smoothed_only = false) noexcept;

private:
    PreprocessSettings settings_;
    bool smoothing_ = false;  // smoothed_q40_ holds a value
    Int128 smoothed_q40_;     // raw with 40 fraction bits
    bool holding_ = false;    // held_ is a value
    std::int64_t held_ = 0;   // of the dead-band
    Recent despiked_;
    Recent smoothed_;
    Standardiser standardiser_;
};

}  // namespace redshank
