#include "model/calibration.hpp"

#include <algorithm>
#include <cassert>

#include "model/float_math.hpp"

namespace redshank {
namespace {

constexpr float log2_lowest = -14.0F;
constexpr float bins_per_octave = 2.0F;
constexpr float log10_of_2 = 0.301029996F;
constexpr float ln_of_2 = 0.693147181F;
constexpr float beyond_per_e_fold = 0.3F;
constexpr std::uint32_t total_least = 150;

// In bins from the lower end of the first; never negative.
float position_of(float statistic) noexcept {
    return std::max((log2_of(statistic) - log2_lowest) * bins_per_octave, 0.0F);
}

float log10_of(float value) noexcept {
    return log2_of(value) * log10_of_2;
}

}  // namespace

void TailHistogram::add(float statistic) noexcept {
    const float position = std::min(position_of(statistic), static_cast<float>(bins - 1));
    std::uint16_t& count = counts_[static_cast<std::size_t>(position)];
    if (count == UINT16_MAX) {
        total_ = 0;
        for (std::uint16_t& each : counts_) {
            each = static_cast<std::uint16_t>(each / 2);
            total_ += each;
        }
    }
    ++count;
    ++total_;
}

float TailHistogram::surprise(float statistic) const noexcept {
    if (total_ == 0) return 0.0F;

    std::size_t end = bins;  // of the highest bin in use
    while (counts_[end - 1] == 0) --end;

    float position = position_of(statistic);
    if (end == bins) position = std::min(position, static_cast<float>(bins));

    const auto all = static_cast<float>(total_);
    if (position >= static_cast<float>(end)) {
        const float e_folds = (position - static_cast<float>(end)) / bins_per_octave * ln_of_2;
        return log10_of(all + 1.0F) + beyond_per_e_fold * e_folds;
    }
    const auto bin = static_cast<std::size_t>(position);
    std::uint32_t above = 0;
    for (std::size_t i = bin + 1; i < end; ++i) above += counts_[i];
    const float part = static_cast<float>(counts_[bin]) * (static_cast<float>(bin + 1) - position);
    const float share = (static_cast<float>(above) + part + 1.0F) / (all + 1.0F);
    return std::max(-log10_of(share), 0.0F);
}

float TailHistogram::rarity(float statistic) const noexcept {
    return surprise(statistic) / log10_of(static_cast<float>(std::max(total_, total_least)));
}

void TailHistogram::write(ByteWriter& out) const noexcept {
    for (const std::uint16_t count : counts_) out.put(count);
}

void TailHistogram::read(ByteReader& in) noexcept {
    total_ = 0;
    for (std::uint16_t& count : counts_) {
        count = in.get<std::uint16_t>();
        total_ += count;
    }
}

float score_of(float rarity) noexcept {
    assert(rarity >= 0.0F);
    const float square = rarity * rarity;
    return square / (square + never_seen * never_seen / 4.0F);
}

}  // namespace redshank
