#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "model/bytes.hpp"

namespace redshank {

// Has the mean of a stream risen? The sum of what each value lies above the mean so far, less `tolerance`, is compared
// with the smallest that sum has been.
//   Source: Page 1954, "Continuous inspection schemes"; Hinkley 1971; in the form of Gama et al. 2013, "On evaluating
//   stream learning algorithms", section 4.2. For a fall give the negated value.
//   Values: finite, clamped to +-1e6; tolerance and threshold in their unit. After a change it begins anew.
//   Thread: the owner's. No heap.
class PageHinkley {
public:
    explicit PageHinkley(float tolerance = 0.005F, float threshold = 50.0F, std::uint32_t least = 30) noexcept
        : tolerance_(tolerance), threshold_(threshold), least_(least) {}

    bool add(float value) noexcept {  // true: it has
        const double x = static_cast<double>(std::clamp(value, -1e6F, 1e6F));
        if (count_ < UINT32_MAX) ++count_;
        mean_ += (x - mean_) / static_cast<double>(count_);
        sum_ = std::clamp(sum_ + x - mean_ - static_cast<double>(tolerance_), -1e15, 1e15);
        smallest_ = std::min(smallest_, sum_);
        if (count_ < least_ || sum_ - smallest_ <= static_cast<double>(threshold_)) return false;
        *this = PageHinkley(tolerance_, threshold_, least_);
        return true;
    }

    static constexpr std::size_t written_bytes = 28;
    void write(ByteWriter& out) const noexcept {
        out.put(count_);
        for (const double value : {mean_, sum_, smallest_}) out.put(std::bit_cast<std::uint64_t>(value));
    }
    bool read(ByteReader& in) noexcept {  // false: what no stream can lead to
        count_ = in.get<std::uint32_t>();
        for (double* value : {&mean_, &sum_, &smallest_}) *value = std::bit_cast<double>(in.get<std::uint64_t>());
        return in.ok() && std::fabs(mean_) <= 1.001e6 && std::fabs(sum_) <= 1e15 && smallest_ <= std::min(sum_, 0.0) &&
               smallest_ >= -1e15;
    }

private:
    float tolerance_;
    float threshold_;
    std::uint32_t least_;
    std::uint32_t count_ = 0;
    double mean_ = 0;
    double sum_ = 0;
    double smallest_ = 0;
};

}  // namespace redshank
