#pragma once

#include <cstdint>
#include <optional>

#include "model/bytes.hpp"

namespace redshank {

// How long one thing may be silent, learned from its own rhythm: three times the longest interval of the last one to
// two days, and at least 10 s. An interval so long that it raised an alarm is a fault and no rhythm, unless it is the
// third in a row: then the rhythm has changed.
//   The longest and not a mean: a device that reports on change as well as every hour has two rhythms, and the slow one
//   is no fault.
//   Times: ns of the pipeline's time line. Thread: pipeline only.
class Rhythm {
public:
    static constexpr std::int64_t least_ns = 10'000'000'000;
    static constexpr std::int64_t block_ns = 24LL * 3600 * 1'000'000'000;
    static constexpr std::uint8_t intervals_before = 8;  // until so many are known nothing is expected
    static constexpr std::uint8_t late_before = 3;

    // Of two that follow each other; 0 (two of one message) says nothing.
    void heard(std::int64_t interval_ns, std::int64_t now_ns) noexcept;
    std::optional<std::int64_t> timeout_ns() const noexcept;

    void move_time_line(std::int64_t shift_ns) noexcept { block_began_ns_ += shift_ns; }
    void write(ByteWriter& out) const noexcept;
    void read(ByteReader& in) noexcept;  // what no writer wrote makes in.ok() false

private:
    std::int64_t longest_ns_ = 0;         // of this block
    std::int64_t longest_before_ns_ = 0;  // of the one before
    std::int64_t block_began_ns_ = 0;
    std::uint8_t intervals_ = 0;  // learned; stops at intervals_before
    std::uint8_t late_ = 0;       // in a row
};

}  // namespace redshank
