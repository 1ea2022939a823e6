#pragma once

#include <algorithm>
#include <cmath>

#include "model/bytes.hpp"
#include "model/float_math.hpp"

namespace redshank {

// The range of the values seen so far, and how far a value is beyond it.
//   It shrinks by 3e-6 of itself a value at each end, half of it in 115,000, so that what was long ago fades; and a
//   value widens it at each end by no more than its width, so that a single wild one cannot make all others look alike.
//   Values: finite, within +-1e16.
class SeenRange {
public:
    void learn(float value) noexcept {
        if (!any_) {
            any_ = true;
            low_ = high_ = value;
        }
        const float shrunk = width() * fading;
        low_ += shrunk;
        high_ -= shrunk;
        const float most = width();
        const float reached = most > 0 ? std::clamp(value, low_ - most, high_ + most) : value;
        low_ = std::min(low_, reached);
        high_ = std::max(high_, reached);
    }
    float width() const noexcept { return high_ - low_; }

    // 0 within the range; beyond it 1 + log2(excess / 5 % of the range) / 4, between 0 and 1.5.
    float record(float value) const noexcept {
        const float excess = std::max({value - high_, low_ - value, 0.0F});
        if (!any_ || excess <= 0) return 0.0F;
        if (width() <= 0) return record_most;
        const float octaves = log2_of(excess) - log2_of(0.05F * width());
        return std::clamp(1.0F + octaves / 4.0F, 0.0F, record_most);
    }

    static constexpr std::size_t written_bytes = 9;
    void write(ByteWriter& out) const noexcept {
        out.put(any_);
        out.put(low_);
        out.put(high_);
    }
    bool read(ByteReader& in) noexcept {  // false: values that no stream can lead to
        any_ = in.get<bool>();
        low_ = in.get<float>();
        high_ = in.get<float>();
        return in.ok() && low_ >= -1.01e16F && low_ <= high_ && high_ <= 1.01e16F;
    }

private:
    static constexpr float fading = 3e-6F;
    static constexpr float record_most = 1.5F;

    bool any_ = false;
    float low_ = 0;
    float high_ = 0;
};

}  // namespace redshank
