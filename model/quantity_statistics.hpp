#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "model/bytes.hpp"
#include "model/fading_moments.hpp"
#include "model/seen_range.hpp"

namespace redshank {

// A value's last ones, newest first.
template <std::size_t Size>
class Recent {
public:
    void push(float value) noexcept {
        std::copy_backward(values_.begin(), values_.end() - 1, values_.end());
        values_[0] = value;
        if (count_ < Size) ++count_;
    }
    std::size_t count() const noexcept { return count_; }
    float operator[](std::size_t age) const noexcept { return values_[age]; }

    // Of `now` and the newest of these, `size` values or as many as there are.
    float mean_with(float now, std::size_t size) const noexcept {
        const std::size_t used = std::min<std::size_t>(size - 1, count_);
        float sum = now;
        for (std::size_t age = 0; age < used; ++age) sum += values_[age];
        return sum / static_cast<float>(used + 1);
    }

    static constexpr std::size_t written_bytes = 1 + sizeof(float) * Size;
    void write(ByteWriter& out) const noexcept {
        out.put(count_);
        for (const float value : values_) out.put(value);
    }
    bool read(ByteReader& in) noexcept {  // false: what no stream can lead to
        count_ = in.get<std::uint8_t>();
        bool possible = count_ <= Size;
        for (float& value : values_) {
            value = in.get<float>();
            possible = possible && value >= -1.01e16F && value <= 1.01e16F;  // not NaN
        }
        return in.ok() && possible;
    }

private:
    std::uint8_t count_ = 0;
    std::array<float, Size> values_{};
};

// How one quantity behaves: nine statistics of a reading against what the stream has been lately. What is left of a
// value when the usual one at that half hour on other days is taken away is its residual; where there were no other
// days the mean of the stream stands in.
//   Values: finite, within +-1e15. half_hour: 0 to 47, or negative while the time of day is not known; what needs it is
//   left out then.
class QuantityStatistics {
public:
    static constexpr std::size_t count = 9;

    static constexpr std::size_t window = 24;

    struct Observed {
        std::array<float, count> statistics{};  // each finite and >= 0, larger is stranger
        std::uint32_t given = 0;                // bit i: statistics[i] has a meaning yet
        float residual = 0;
        bool has_residual = false;
        float log_variance = 0;
        bool has_log_variance = false;
    };
    // What came before a reading.
    struct Recents {
        Recent<window - 1> values;
        Recent<window - 1> residuals;

        void come_after(float value, const Observed& observed) noexcept;
        static constexpr std::size_t written_bytes = 2 * Recent<window - 1>::written_bytes;
        void write(ByteWriter& out) const noexcept;
        bool read(ByteReader& in) noexcept;  // false: what no stream can lead to
    };

    // `range`: of the values seen so far.
    Observed observe(float value, int half_hour, float range, const Recents& before) const noexcept;
    // It becomes part of what is usual.
    void learn(float value, int half_hour, const Observed& observed) noexcept;

    bool residual_settled() const noexcept { return residuals_.count() > settling; }

    static constexpr std::size_t half_hours = 48;
    static constexpr std::size_t written_bytes = (4 + half_hours) * FadingMoments::written_bytes + 2;
    void write(ByteWriter& out) const noexcept;
    bool read(ByteReader& in) noexcept;  // false: what no stream can lead to

private:
    static constexpr std::uint32_t settling = 10;

    FadingMoments values_;
    FadingMoments log_variances_;
    FadingMoments residuals_;
    std::array<FadingMoments, half_hours> by_half_hour_;  // one value a day
    FadingMoments today_;                                 // this half hour's
    std::int16_t half_hour_ = -1;                         // of today_
};

}  // namespace redshank
