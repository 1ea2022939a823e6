#pragma once

#include <algorithm>
#include <cstdint>

namespace redshank {

// So many events in `per_ns`: that many at once, refilled evenly. The generic cell rate algorithm (ITU-T I.371): one
// time instead of a bucket. Times: ns of one time line. most 0: no limit.
class RateLimit {
public:
    RateLimit() = default;
    RateLimit(std::uint32_t most, std::int64_t per_ns) noexcept
        : interval_ns_(most == 0 ? 0 : std::max<std::int64_t>(per_ns / most, 1)),
          burst_ns_(most == 0 ? 0 : interval_ns_ * (static_cast<std::int64_t>(most) - 1)) {}

    // When the next one conforms; not after now_ns: at once.
    std::int64_t opens_ns() const noexcept { return interval_ns_ == 0 ? INT64_MIN : arrival_ns_ - burst_ns_; }
    void passed(std::int64_t now_ns) noexcept {
        if (interval_ns_ != 0) arrival_ns_ = std::max(arrival_ns_, now_ns) + interval_ns_;
    }

    std::int64_t arrival_ns() const noexcept { return arrival_ns_; }  // theoretical, of the next one
    void set_arrival_ns(std::int64_t arrival_ns) noexcept { arrival_ns_ = arrival_ns; }

private:
    std::int64_t interval_ns_ = 0;
    std::int64_t burst_ns_ = 0;
    std::int64_t arrival_ns_ = INT64_MIN / 2;
};

}  // namespace redshank
