#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/bytes.hpp"

namespace redshank {

// How rare a value of a statistic is among its own recent values: a streaming histogram of the logarithm, half an
// octave a bin, halved as a whole when a bin fills, so that what is old fades. As rarity, 1 is the upper end of all
// that is held, whatever the age of the stream: one threshold serves a young stream and an old one. Beyond that end it
// still grows, because no count can.
//   Invariant: counts <= 65535; total is their sum (below 2^24, so exact as a float).
//   Units: the statistic is finite and >= 0; all below 2^-14 counts as equal, so does all above 2^18.
//   Thread: the owner's. No heap.
class TailHistogram {
public:
    void add(float statistic) noexcept;
    // -log10 of the share of values at least as large, beyond the upper end of all held 0.3 more per factor e; 0 while
    // empty; below 40 for any statistic.
    float surprise(float statistic) const noexcept;
    float rarity(float statistic) const noexcept;  // surprise / log10(values held, at least 150)

    std::uint32_t total() const noexcept { return total_; }

    void write(ByteWriter& out) const noexcept;
    void read(ByteReader& in) noexcept;

    static constexpr std::size_t bins = 64;
    static constexpr std::size_t written_bytes = bins * sizeof(std::uint16_t);

private:
    static constexpr std::size_t block_bins = 8;
    static constexpr std::size_t blocks = bins / block_bins;

    void sum_up() noexcept;                               // blocks and total, of the counts
    std::size_t bins_in_use() const noexcept;             // up to the highest that holds a value; total_ > 0
    std::uint32_t above(std::size_t bin) const noexcept;  // values in higher bins

    std::array<std::uint16_t, bins> counts_{};
    std::array<std::uint32_t, blocks> block_counts_{};
    std::uint32_t total_ = 0;
};

// A rarity as a score in [0, 1): 0.5 at half of `never_seen`, 0.8 at `never_seen`. That is a little beyond the upper
// end of all that is held, because records as such are ordinary: a stationary stream sets one again and again, and a
// stream that drifts would keep an alert that keeps the model from learning the drift.
inline constexpr float never_seen = 1.1F;
float score_of(float rarity) noexcept;

}  // namespace redshank
