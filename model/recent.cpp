#include "model/recent.hpp"

#include <algorithm>

#include "model/channel_scale.hpp"

namespace redshank {

namespace {

using Values = std::array<std::int64_t, Recent::most>;

std::int64_t middle(Values values, std::uint8_t count) noexcept {
    const auto begin = values.begin();
    const auto at = begin + (count - 1) / 2;
    std::nth_element(begin, at, begin + count);
    return *at;
}

}  // namespace

void Recent::add(std::int64_t raw) noexcept {
    if (count_ < length_) {
        values_[count_++] = raw;
        return;
    }
    if (length_ == 0) return;
    std::move(values_.begin() + 1, values_.begin() + count_, values_.begin());
    values_[count_ - 1U] = raw;
}

std::int64_t Recent::median() const noexcept {
    return middle(values_, count_);
}

std::int64_t Recent::median_distance(std::int64_t from) const noexcept {
    Values distances{};
    for (std::uint8_t i = 0; i < count_; ++i) {
        distances[i] = values_[i] < from ? from - values_[i] : values_[i] - from;
    }
    return middle(distances, count_);
}

void Recent::exponent_changed(int change) noexcept {
    for (std::uint8_t i = 0; i < count_; ++i) values_[i] = rescale(values_[i], change);
}

void Recent::write(ByteWriter& out) const noexcept {
    out.put(count_);
    for (std::uint8_t i = 0; i < count_; ++i) out.put(values_[i]);
}

void Recent::read(ByteReader& in) noexcept {
    count_ = 0;
    const auto count = in.get<std::uint8_t>();
    if (count > most) in.get_bytes(SIZE_MAX);
    for (std::uint8_t i = 0; i < count && in.ok(); ++i) {
        const auto raw = in.get<std::int64_t>();
        constexpr std::int64_t limit = std::int64_t{1} << 62;
        if (raw > limit || raw < -limit) in.get_bytes(SIZE_MAX);
        add(raw);
    }
}

}  // namespace redshank
