#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "model/calibration.hpp"
#include "model/model.hpp"
#include "model/novelty_memory.hpp"
#include "model/quantity_statistics.hpp"
#include "model/seen_range.hpp"
#include "model/snapshot_frame.hpp"

namespace redshank {

// The default model of one quantity: is this reading, are the last three or the last four unlike all that the stream
// has shown? Five answers, each as -log10 of the share of readings that were as strange:
//   the mean of nine statistics (QuantityStatistics), each by a histogram of its own past, by one more histogram;
//   how new the block of the last three readings is, and the pattern of the last four (NoveltyMemory), by histograms;
//   how far the value, and what is left of it when the usual one at that time of day is taken away, is out of all
//   range.
// Score: the power mean (1.5) of the five, divided by log10 of the readings learned, so that one threshold serves a
// young stream and an old one.
//   A block gives its spike if it has one, else its mean. A value near the usual level counts as that level, so that
//   noise round it makes no patterns.
//   When the first reading after some that were passed is learned, it comes after the last one learned, as if those had
//   not been; but the first of them is learned as well, in its place. So a fault stays a fault, it leaves no echo, and
//   one that comes again and again becomes known some time.
class QuantityDetector final : public Model {
public:
    explicit QuantityDetector(std::uint32_t warmup) noexcept : warmup_(warmup) {}

    Score score(const Observation& observation) const noexcept override;
    void learn(const Observation& observation) noexcept override;
    void pass(const Observation& observation) noexcept override;
    std::uint32_t learned() const noexcept override { return learned_; }
    std::uint32_t settling() const noexcept override { return 0; }

    void snapshot(ByteWriter& out) const noexcept override;
    bool restore(ByteReader& in) noexcept override;
    std::size_t snapshot_bytes() const noexcept override { return frame().bytes(); }
    std::size_t bytes() const noexcept override { return sizeof(*this); }
    void reset() noexcept override { *this = QuantityDetector(warmup_); }
    std::string_view name() const noexcept override { return "quantity"; }

private:
    static constexpr std::size_t block = 3;
    static constexpr std::size_t pattern = 4;

    // All there is to know of a reading in its place.
    struct Look {
        float value = 0;
        std::int16_t half_hour = Observation::no_half_hour;
        QuantityStatistics::Observed observed;
        float mean_surprise = 0;
        NoveltyMemory<1>::Pattern last_block{};
        NoveltyMemory<pattern>::Pattern last_values{};
        NoveltyMemory<1>::Nearest nearest_block;
        NoveltyMemory<pattern>::Nearest nearest_pattern;
        bool has_pattern = false;
    };
    // What came before the next reading, learned or not.
    struct Context {
        QuantityStatistics::Recents recent;
        std::uint8_t in_block = 0;  // readings since the last whole block

        static constexpr std::size_t written_bytes = QuantityStatistics::Recents::written_bytes + 1;
        void write(ByteWriter& out) const noexcept;
        bool read(ByteReader& in) noexcept;  // false: what no stream can lead to
    };
    // The first reading passed since one was learned.
    struct Passed {
        bool any = false;
        float value = 0;
        std::int16_t half_hour = Observation::no_half_hour;
        Context before;
    };
    Look look(float value, std::int16_t half_hour) const noexcept;
    Look looked(float value, std::int16_t half_hour) const noexcept;
    void learn_next(float value, std::int16_t half_hour) noexcept;
    void learn(const Look& seen) noexcept;
    void come_after(const Look& seen) noexcept;
    float range() const noexcept;
    float at_level(float value) const noexcept;
    float block_of(float value) const noexcept;
    static SnapshotFrame frame() noexcept;

    std::uint32_t warmup_;
    std::uint32_t learned_ = 0;
    float level_ = 0;  // the running median
    Context context_;
    Passed passed_;
    QuantityStatistics statistics_;
    SeenRange values_;
    SeenRange residuals_;
    std::array<TailHistogram, QuantityStatistics::count> tails_;
    TailHistogram mean_tail_;
    NoveltyMemory<1> blocks_;
    NoveltyMemory<pattern> patterns_;
    TailHistogram block_tail_;
    TailHistogram pattern_tail_;
    // The look of the last score, while nothing has changed: what is scored is learned or passed next.
    mutable std::optional<Look> last_look_;
};

static_assert(sizeof(QuantityDetector) <= 8192);

}  // namespace redshank
