#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/bytes.hpp"

namespace redshank {

// Rows of a group whose label comes later, as they were when their class was predicted.
//   Rows are in order of arrival; a full one's oldest row makes room. What makes room or waited too long is unlabelled.
//   Units: ns of the gateway's time line for arrivals, of the rows' own clocks for times. Shape: `values` features
//   each. Memory: acquired by the constructor. Thread: the owner's.
class WaitingRows {
public:
    struct Row {
        std::int64_t time_ns = 0;
        std::int64_t arrived_ns = 0;
        std::uint64_t id = 0;
        std::uint64_t missing = 0;  // of the features
        bool has_predicted = false;
        std::uint8_t predicted = 0;
    };

    // rows: at least 1; they wait `within_ns`.
    WaitingRows(std::size_t rows, std::size_t values, std::int64_t within_ns);

    void push(const Row& row, std::span<const float> values) noexcept;
    void expire(std::int64_t now_ns) noexcept;

    // Of those that wait the newest that is not newer than that; the newest with that id. A place, good until the next
    // change.
    std::optional<std::size_t> at_time(std::int64_t time_ns) const noexcept;
    std::optional<std::size_t> with_id(std::uint64_t id) const noexcept;
    const Row& row(std::size_t place) const noexcept { return rows_[place]; }
    std::span<const float> values(std::size_t place) const noexcept {
        return std::span(values_).subspan(place * width_, width_);
    }
    void take(std::size_t place) noexcept;  // its label has come

    std::size_t waiting() const noexcept { return waiting_; }
    std::uint64_t unlabelled() const noexcept { return unlabelled_; }
    void count_unlabelled() noexcept { ++unlabelled_; }

    void write(ByteWriter& out) const noexcept;
    void read(ByteReader& in) noexcept;  // what no writer wrote makes in.ok() false
    std::size_t written_bytes_max() const noexcept { return 10 + rows_.size() * (34 + 4 * width_); }
    std::size_t bytes() const noexcept {
        return rows_.capacity() * sizeof(Row) + values_.capacity() * sizeof(float) +
               places_.capacity() * sizeof(std::uint16_t);
    }
    void clear() noexcept;

private:
    std::span<const std::uint16_t> in_order() const noexcept { return std::span(places_).first(waiting_); }

    std::size_t width_;
    std::int64_t within_ns_;
    std::vector<Row> rows_;  // by place
    std::vector<float> values_;
    std::vector<std::uint16_t> places_;  // of those that wait, the oldest first; behind them the free ones
    std::size_t waiting_ = 0;
    std::uint64_t unlabelled_ = 0;
};

}  // namespace redshank
