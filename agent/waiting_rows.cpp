#include "agent/waiting_rows.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "model/learner.hpp"

namespace redshank {

WaitingRows::WaitingRows(std::size_t rows, std::size_t values, std::int64_t within_ns)
    : width_(values), within_ns_(within_ns), rows_(rows), values_(rows * values), places_(rows) {
    assert(rows >= 1 && rows <= UINT16_MAX);
    clear();
}

void WaitingRows::push(const Row& row, std::span<const float> values) noexcept {
    assert(values.size() == width_);
    if (waiting_ == rows_.size()) {
        ++unlabelled_;
        take(places_.front());
    }
    const std::size_t place = places_[waiting_++];
    rows_[place] = row;
    std::copy(values.begin(), values.end(), values_.begin() + static_cast<std::ptrdiff_t>(place * width_));
}

void WaitingRows::expire(std::int64_t now_ns) noexcept {
    while (waiting_ > 0 && now_ns - rows_[places_.front()].arrived_ns > within_ns_) {
        ++unlabelled_;
        take(places_.front());
    }
}

std::optional<std::size_t> WaitingRows::at_time(std::int64_t time_ns) const noexcept {
    std::optional<std::size_t> best;
    for (const std::uint16_t place : in_order()) {
        if (rows_[place].time_ns > time_ns) continue;
        if (!best || rows_[place].time_ns >= rows_[*best].time_ns) best = place;
    }
    return best;
}

std::optional<std::size_t> WaitingRows::with_id(std::uint64_t id) const noexcept {
    std::optional<std::size_t> newest;
    for (const std::uint16_t place : in_order()) {
        if (rows_[place].id == id) newest = place;
    }
    return newest;
}

void WaitingRows::take(std::size_t place) noexcept {
    const auto end = places_.begin() + static_cast<std::ptrdiff_t>(waiting_);
    const auto at = std::find(places_.begin(), end, static_cast<std::uint16_t>(place));
    assert(at != end);
    std::rotate(at, at + 1, end);
    --waiting_;
}

void WaitingRows::write(ByteWriter& out) const noexcept {
    out.put(unlabelled_);
    out.put(static_cast<std::uint16_t>(waiting_));
    for (const std::uint16_t place : in_order()) {
        const Row& row = rows_[place];
        out.put(row.time_ns);
        out.put(row.arrived_ns);
        out.put(row.id);
        out.put(row.missing);
        out.put(row.has_predicted);
        out.put(row.predicted);
        for (const float value : values(place)) out.put(value);
    }
}

void WaitingRows::read(ByteReader& in) noexcept {
    clear();
    unlabelled_ = in.get<std::uint64_t>();
    const auto count = in.get<std::uint16_t>();
    bool possible = in.ok() && count <= rows_.size();
    for (std::size_t place = 0; place < count && possible; ++place) {
        Row& row = rows_[place];
        row.time_ns = in.get<std::int64_t>();
        row.arrived_ns = in.get<std::int64_t>();
        row.id = in.get<std::uint64_t>();
        row.missing = in.get<std::uint64_t>();
        row.has_predicted = in.get<bool>();
        row.predicted = in.get<std::uint8_t>();
        for (std::size_t i = 0; i < width_; ++i) {
            float& value = values_[place * width_ + i];
            value = in.get<float>();
            possible = possible && std::isfinite(value);
        }
        possible = possible && in.ok() && row.predicted < classes_max;
    }
    waiting_ = possible ? count : 0;
    if (!possible) in.get_bytes(SIZE_MAX);
}

void WaitingRows::clear() noexcept {
    for (std::size_t place = 0; place < places_.size(); ++place) places_[place] = static_cast<std::uint16_t>(place);
    waiting_ = 0;
    unlabelled_ = 0;
}

}  // namespace redshank
