#include "agent/result_list.hpp"

#include <algorithm>

namespace redshank {

namespace {

constexpr std::uint32_t nobody = UINT32_MAX;

}  // namespace

void merge_into(AggregateRow& row, const AggregateRow& other) noexcept {
    const std::int64_t end_ns = std::max(row.start_ns + row.length_ns, other.start_ns + other.length_ns);
    row.start_ns = std::min(row.start_ns, other.start_ns);
    row.length_ns = end_ns - row.start_ns;
    row.parts.merge(other.parts);
    row.quality |= other.quality | quality::merged;
    if (row.parts.squares_clamped) row.quality |= quality::squares_clamped;
    if (row.parts.rounded) row.quality |= quality::rounded;
}

ResultList::ResultList(std::size_t aggregates_max, std::size_t alerts_max, std::size_t channels_max)
    : aggregates_max_(aggregates_max), alerts_max_(alerts_max), partner_(2 * channels_max, nobody) {
    aggregates_.reserve(aggregates_max);
    alerts_.reserve(alerts_max);
}

void ResultList::add(const AggregateRow& row, std::uint32_t channel_slot) noexcept {
    if (aggregates_.size() == aggregates_max_) merge_pairs();
    if (aggregates_.size() == aggregates_max_) {
        ++aggregates_lost_;
        return;
    }
    const std::uint64_t key = 2ULL * channel_slot + static_cast<std::uint64_t>(row.clock);
    aggregates_.push_back({row, key < partner_.size() ? static_cast<std::uint32_t>(key) : nobody});
}

void ResultList::add(const AlertRow& row) noexcept {
    if (alerts_.size() == alerts_max_) {
        ++alerts_lost_;
        return;
    }
    alerts_.push_back(row);
}

void ResultList::absorb(ResultList& newer) noexcept {
    for (const Entry& entry : newer.aggregates_) add(entry.row, entry.key / 2);
    for (const AlertRow& row : newer.alerts_) add(row);
    newer.clear();
}

void ResultList::shrink(std::size_t aggregates) noexcept {
    while (aggregates_.size() > aggregates) {
        const std::size_t before = aggregates_.size();
        merge_pairs();
        if (aggregates_.size() == before) return;
    }
}

std::uint64_t ResultList::oldest_number() const noexcept {
    std::uint64_t oldest = UINT64_MAX;
    for (const Entry& entry : aggregates_) oldest = std::min(oldest, entry.row.number);
    for (const AlertRow& row : alerts_) oldest = std::min(oldest, row.number);
    return oldest == UINT64_MAX ? 0 : oldest;
}

void ResultList::clear() noexcept {
    aggregates_.clear();
    alerts_.clear();
}

std::uint64_t ResultList::readings() const noexcept {
    std::uint64_t readings = 0;
    for (const Entry& entry : aggregates_) readings += entry.row.parts.count;
    return readings;
}

void ResultList::merge_pairs() noexcept {
    std::fill(partner_.begin(), partner_.end(), nobody);
    std::size_t kept = 0;
    for (std::size_t at = 0; at < aggregates_.size(); ++at) {
        const std::uint32_t key = aggregates_[at].key;
        // A slot may have been given to another channel since (a changed configuration).
        if (key != nobody && partner_[key] != nobody &&
            aggregates_[partner_[key]].row.boot == aggregates_[at].row.boot &&
            aggregates_[partner_[key]].row.channel == aggregates_[at].row.channel) {
            merge_into(aggregates_[partner_[key]].row, aggregates_[at].row);
            partner_[key] = nobody;
            ++merged_;
            continue;
        }
        if (key != nobody) partner_[key] = static_cast<std::uint32_t>(kept);
        if (kept != at) aggregates_[kept] = aggregates_[at];
        ++kept;
    }
    aggregates_.resize(kept);
}

}  // namespace redshank
