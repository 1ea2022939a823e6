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
    const auto bin = static_cast<std::size_t>(position);
    if (counts_[bin] == UINT16_MAX) {
        for (std::uint16_t& each : counts_) each = static_cast<std::uint16_t>(each / 2);
        sum_up();
    }
    ++counts_[bin];
    ++block_counts_[bin / block_bins];
    ++total_;
}

void TailHistogram::sum_up() noexcept {
    block_counts_ = {};
    total_ = 0;
    for (std::size_t bin = 0; bin < bins; ++bin) {
        block_counts_[bin / block_bins] += counts_[bin];
        total_ += counts_[bin];
    }
}

std::size_t TailHistogram::bins_in_use() const noexcept {
    std::size_t block = blocks;
    while (block_counts_[block - 1] == 0) --block;
    std::size_t end = block * block_bins;
    while (counts_[end - 1] == 0) --end;
    return end;
}

std::uint32_t TailHistogram::above(std::size_t bin) const noexcept {
    const std::size_t block = bin / block_bins;
    std::uint32_t sum = 0;
    for (std::size_t i = bin + 1; i < (block + 1) * block_bins; ++i) sum += counts_[i];
    for (std::size_t i = block + 1; i < blocks; ++i) sum += block_counts_[i];
    return sum;
}

float TailHistogram::surprise(float statistic) const noexcept {
    if (total_ == 0) return 0.0F;

    const std::size_t end = bins_in_use();
    float position = position_of(statistic);
    if (end == bins) position = std::min(position, static_cast<float>(bins));

    const auto all = static_cast<float>(total_);
    if (position >= static_cast<float>(end)) {
        const float e_folds = (position - static_cast<float>(end)) / bins_per_octave * ln_of_2;
        return log10_of(all + 1.0F) + beyond_per_e_fold * e_folds;
    }
    const auto bin = static_cast<std::size_t>(position);
    const float part = static_cast<float>(counts_[bin]) * (static_cast<float>(bin + 1) - position);
    const float share = (static_cast<float>(above(bin)) + part + 1.0F) / (all + 1.0F);
    return std::max(-log10_of(share), 0.0F);
}

float TailHistogram::rarity(float statistic) const noexcept {
    return surprise(statistic) / log10_of(static_cast<float>(std::max(total_, total_least)));
}

void TailHistogram::write(ByteWriter& out) const noexcept {
    for (const std::uint16_t count : counts_) out.put(count);
}

void TailHistogram::read(ByteReader& in) noexcept {
    for (std::uint16_t& count : counts_) count = in.get<std::uint16_t>();
    sum_up();
}

float score_of(float rarity) noexcept {
    assert(rarity >= 0.0F);
    const float square = rarity * rarity;
    return square / (square + never_seen * never_seen / 4.0F);
}

}  // namespace redshank
