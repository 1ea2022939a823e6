#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "model/bytes.hpp"

namespace redshank {

// Does a learner err more than it did at its best? The share of errors p and its deviation s = sqrt(p (1 - p) / n) are
// compared with those where p + s was smallest: from two deviations on it is a warning, from three on a change.
//   Source: Gama, Medas, Castillo and Rodrigues 2004, "Learning with drift detection" (DDM).
//   After a change it begins anew. Thread: the owner's. No heap.
class DriftDetectionMethod {
public:
    enum class State : std::uint8_t { stable, warning, change };

    State add(bool error) noexcept {
        if (count_ < UINT32_MAX) ++count_;
        share_ += ((error ? 1.0 : 0.0) - share_) / static_cast<double>(count_);
        if (count_ < least) return State::stable;
        const double deviation = std::sqrt(share_ * (1.0 - share_) / static_cast<double>(count_));
        if (share_ + deviation <= best_share_ + best_deviation_) {
            best_share_ = share_;
            best_deviation_ = deviation;
        }
        const double now = share_ + deviation;
        if (now > best_share_ + 3.0 * best_deviation_ && best_deviation_ > 0) {
            *this = {};
            return State::change;
        }
        return now > best_share_ + 2.0 * best_deviation_ && best_deviation_ > 0 ? State::warning : State::stable;
    }

    static constexpr std::size_t written_bytes = 28;
    void write(ByteWriter& out) const noexcept {
        out.put(count_);
        for (const double value : {share_, best_share_, best_deviation_}) out.put(std::bit_cast<std::uint64_t>(value));
    }
    bool read(ByteReader& in) noexcept {  // false: what no stream can lead to
        count_ = in.get<std::uint32_t>();
        bool possible = true;
        for (double* value : {&share_, &best_share_, &best_deviation_}) {
            *value = std::bit_cast<double>(in.get<std::uint64_t>());
            possible = possible && *value >= 0 && *value <= 1;
        }
        return in.ok() && possible;
    }

private:
    static constexpr std::uint32_t least = 30;

    std::uint32_t count_ = 0;
    double share_ = 0;
    double best_share_ = 1;  // with its deviation larger than any
    double best_deviation_ = 1;
};

}  // namespace redshank
