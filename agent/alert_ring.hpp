#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/bytes.hpp"
#include "model/rows.hpp"

namespace redshank {

// Alerts on their way to the local broker, in order, each kept until its PUBACK: at least once. When it is full the
// oldest event makes room and is counted; the retained state, published again at every connect, still tells how things
// stand.
//   Thread: one at a time (its own mutex, in AlertPublisher). No heap after construction.
class AlertRing {
public:
    explicit AlertRing(std::size_t capacity) : rows_(capacity) {}

    void add(const AlertRow& row) noexcept {
        if (end_ - begin_ == rows_.size()) {
            ++begin_;
            ++dropped_;
        }
        rows_[slot_of(end_)] = row;
        ++end_;
    }

    // Sequence numbers: begin() oldest kept, end() one behind the newest.
    std::uint64_t begin() const noexcept { return begin_; }
    std::uint64_t end() const noexcept { return end_; }
    const AlertRow& operator[](std::uint64_t sequence) const noexcept { return rows_[slot_of(sequence)]; }
    void remove_through(std::uint64_t sequence) noexcept {
        if (sequence >= begin_ && sequence < end_) begin_ = sequence + 1;
    }
    std::uint64_t dropped() const noexcept { return dropped_; }
    std::size_t capacity() const noexcept { return rows_.size(); }

private:
    std::size_t slot_of(std::uint64_t sequence) const noexcept {
        return static_cast<std::size_t>(sequence % rows_.size());
    }

    std::vector<AlertRow> rows_;
    std::uint64_t begin_ = 0;
    std::uint64_t end_ = 0;
    std::uint64_t dropped_ = 0;
};

}  // namespace redshank
