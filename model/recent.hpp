#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/bytes.hpp"

namespace redshank {

// The last few raw values of one channel, and their median.
//   Invariant: count() <= length <= most; an even number of values has the lower of its two middle ones as median.
//   Units: raw, as the channel's. Thread: pipeline only.
class Recent {
public:
    static constexpr std::uint8_t most = 15;

    explicit Recent(std::uint8_t length) noexcept : length_(length < most ? length : most) {}

    std::uint8_t length() const noexcept { return length_; }
    std::uint8_t count() const noexcept { return count_; }
    void add(std::int64_t raw) noexcept;
    std::int64_t median() const noexcept;                            // count() > 0
    std::int64_t median_distance(std::int64_t from) const noexcept;  // of |value - from|

    void exponent_changed(int change) noexcept;
    void write(ByteWriter& out) const noexcept;
    void read(ByteReader& in) noexcept;  // as many as fit; what no writer wrote makes in.ok() false

private:
    std::uint8_t length_;
    std::uint8_t count_ = 0;
    std::array<std::int64_t, most> values_{};  // oldest first
};

}  // namespace redshank
