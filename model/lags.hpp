#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "model/bytes.hpp"

namespace redshank {

// A vector of a group's values now and its last ones, newest first; members stay together, so that input
// [lag * members + member]. `lags_for(members)` values per member so that the vector fills at most inputs_max.
//   Units: deviations, finite, clamped to +-16: one outlier must not own a model.
//   Invariant: before enough history the oldest known stand in.
class Lags {
public:
    static constexpr std::size_t inputs_max = 16;
    using Inputs = std::array<float, inputs_max>;

    explicit Lags(std::size_t members) noexcept;                // in 1..inputs_max
    static std::size_t lags_for(std::size_t members) noexcept;  // 1: 8, 2: 8, 3: 5, 4: 4, 5: 3, 6..8: 2, 9..16: 1

    std::size_t members() const noexcept { return members_; }
    // The vector that push(now) would lead to; what counts of it is in_use().
    Inputs before(std::span<const float> now) const noexcept;
    std::span<const float> in_use(const Inputs& inputs) const noexcept {
        return std::span(inputs).first(static_cast<std::size_t>(members_) * lags_);
    }
    void push(std::span<const float> now) noexcept;  // as many as at construction
    // The vector that the last push led to; all 0 before the first.
    const Inputs& newest() const noexcept { return values_; }

    void write(ByteWriter& out) const noexcept;
    void read(ByteReader& in) noexcept;  // what no writer wrote makes in.ok() false
    std::size_t written_bytes() const noexcept { return 2 + sizeof(float) * members_ * lags_; }

private:
    std::uint8_t members_;
    std::uint8_t lags_;
    bool filled_ = false;
    Inputs values_{};
};

}  // namespace redshank
