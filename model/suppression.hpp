#pragma once

#include <cstdint>

#include "model/bytes.hpp"

namespace redshank {

// `anomaly_score` of a score: repeats suppressed. A score passes only if it is above the largest that passed in the
// last 100 scores; else 0.
//   Two numbers are the whole window: what passed last was above all that had passed in the 100 before it, so as long
//   as it is in the window it is the largest there, and when it has left all earlier ones have too.
class Suppression {
public:
    static constexpr std::uint8_t window = 100;

    float pass(float score) noexcept;  // score is finite and not negative
    void write(ByteWriter& out) const noexcept;
    void read(ByteReader& in) noexcept;  // what no writer wrote makes in.ok() false

private:
    float last_passed_ = 0;
    std::uint8_t left_ = 0;  // scores for which it stays in the window
};

}  // namespace redshank
