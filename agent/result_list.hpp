#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/rows.hpp"

namespace redshank {

// Results made and not yet taken into a checkpoint. Bounded: when aggregates fill it, closed windows of one channel are
// merged two by two into one longer one (resolution is lost, counts never are); alerts have a bound of their own, and
// one more than fits is lost and counted.
//   Invariant: aggregates() <= capacity. With capacity >= 4 * channels a merge always makes room.
//   Thread: one at a time (the pipeline's mutex). No heap after construction.
class ResultList {
public:
    ResultList(std::size_t aggregates_max, std::size_t alerts_max, std::size_t channels_max);

    // channel_slot: of the channel table, or anything beyond it for rows that never merge.
    void add(const AggregateRow& row, std::uint32_t channel_slot) noexcept;
    void add(const AlertRow& row) noexcept;
    // What `newer` holds comes behind what this holds; newer is empty afterwards.
    void absorb(ResultList& newer) noexcept;
    // Merges until at most `aggregates` are left, or nothing merges any more.
    void shrink(std::size_t aggregates) noexcept;
    void clear() noexcept;

    const std::vector<AlertRow>& alerts() const noexcept { return alerts_; }
    struct Entry {
        AggregateRow row;
        std::uint32_t key = 0;  // channel slot and clock; rows of one key and boot may merge
    };
    const std::vector<Entry>& aggregates() const noexcept { return aggregates_; }
    bool empty() const noexcept { return alerts_.empty() && aggregates_.empty(); }
    std::uint64_t readings() const noexcept;
    std::uint64_t oldest_number() const noexcept;  // 0: empty

    // Since construction: rows that were merged into others, and alerts and aggregates that found no room.
    std::uint64_t merged() const noexcept { return merged_; }
    std::uint64_t alerts_lost() const noexcept { return alerts_lost_; }
    std::uint64_t aggregates_lost() const noexcept { return aggregates_lost_; }

private:
    void merge_pairs() noexcept;

    std::size_t aggregates_max_;
    std::size_t alerts_max_;
    std::vector<Entry> aggregates_;
    std::vector<AlertRow> alerts_;
    std::vector<std::uint32_t> partner_;  // by key: place of a row that waits for its pair, scratch of merge_pairs
    std::uint64_t merged_ = 0;
    std::uint64_t alerts_lost_ = 0;
    std::uint64_t aggregates_lost_ = 0;
};

// One row for two of the same channel, clock and boot. Keeps the number of `row`.
void merge_into(AggregateRow& row, const AggregateRow& other) noexcept;

}  // namespace redshank
