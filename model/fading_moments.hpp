#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "model/bytes.hpp"

namespace redshank {

// Mean and variance of a stream: plain over the first `memory` values, exponentially weighted with that length from
// then on (West 1979; Finch 2009, "Incremental calculation of weighted mean and variance", section 9).
//   Values: finite, within +-1e16, so that no square overflows.
class FadingMoments {
public:
    void learn(float value, std::uint32_t memory) noexcept {
        count_ = std::min(count_ + 1, memory);
        const float weight = 1.0F / static_cast<float>(count_);
        const float distance = value - mean_;
        mean_ += weight * distance;
        variance_ = (1.0F - weight) * (variance_ + weight * distance * distance);
    }
    // All that `part` has learned counts as one value, its own spread included.
    void learn(const FadingMoments& part, std::uint32_t memory) noexcept {
        learn(part.mean_, memory);
        variance_ += part.variance_ / static_cast<float>(count_);
    }
    float mean() const noexcept { return mean_; }
    float deviation() const noexcept { return std::sqrt(variance_); }
    std::uint32_t count() const noexcept { return count_; }  // stops at `memory`

    static constexpr std::size_t written_bytes = 12;
    void write(ByteWriter& out) const noexcept {
        out.put(mean_);
        out.put(variance_);
        out.put(count_);
    }
    bool read(ByteReader& in) noexcept {  // false: values that no stream can lead to
        mean_ = in.get<float>();
        variance_ = in.get<float>();
        count_ = in.get<std::uint32_t>();
        return in.ok() && std::fabs(mean_) <= 1.01e16F && variance_ >= 0 && variance_ <= 1e34F;
    }

private:
    float mean_ = 0;
    float variance_ = 0;
    std::uint32_t count_ = 0;
};

}  // namespace redshank
