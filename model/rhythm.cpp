#include "model/rhythm.hpp"

#include <algorithm>

namespace redshank {

namespace {

constexpr std::int64_t factor = 3;
constexpr std::int64_t interval_max_ns = INT64_MAX / (2 * factor);

}  // namespace

void Rhythm::heard(std::int64_t interval_ns, std::int64_t now_ns) noexcept {
    if (interval_ns <= 0) return;
    interval_ns = std::min(interval_ns, interval_max_ns);
    const std::optional<std::int64_t> timeout = timeout_ns();
    if (timeout && interval_ns > *timeout) {
        if (++late_ < late_before) return;
    }
    late_ = 0;
    if (intervals_ == 0) block_began_ns_ = now_ns;
    if (now_ns - block_began_ns_ >= block_ns) {
        longest_before_ns_ = longest_ns_;
        longest_ns_ = 0;
        block_began_ns_ = now_ns;
    }
    longest_ns_ = std::max(longest_ns_, interval_ns);
    if (intervals_ < intervals_before) ++intervals_;
}

std::optional<std::int64_t> Rhythm::timeout_ns() const noexcept {
    if (intervals_ < intervals_before) return std::nullopt;
    return std::max(factor * std::max(longest_ns_, longest_before_ns_), least_ns);
}

void Rhythm::write(ByteWriter& out) const noexcept {
    out.put(longest_ns_);
    out.put(longest_before_ns_);
    out.put(block_began_ns_);
    out.put(intervals_);
    out.put(late_);
}

void Rhythm::read(ByteReader& in) noexcept {
    longest_ns_ = in.get<std::int64_t>();
    longest_before_ns_ = in.get<std::int64_t>();
    block_began_ns_ = in.get<std::int64_t>();
    intervals_ = in.get<std::uint8_t>();
    late_ = in.get<std::uint8_t>();
    const auto possible = [](std::int64_t ns) { return ns >= 0 && ns <= interval_max_ns; };
    if (possible(longest_ns_) && possible(longest_before_ns_) && intervals_ <= intervals_before &&
        late_ < late_before) {
        return;
    }
    *this = {};
    in.get_bytes(SIZE_MAX);
}

}  // namespace redshank
