#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/bytes.hpp"
#include "model/dense_inputs.hpp"

namespace redshank {

// How far a vector is from its k nearest among the last `window` ones: the mean of the squared distances.
//   Source: Ramaswamy, Rastogi, Shim (2000), "Efficient algorithms for mining outliers from large data sets", with the
//   mean over the k of Angiulli and Pizzuti (2002), "Fast outlier detection in high dimensional spaces", in a sliding
//   window. Distances are sums of whole numbers, so exact.
//   Units: inputs within +-16 deviations, in steps of 1/512. Shape: 1 to inputs_most inputs. Invariant: what is beyond
//   the inputs and vectors seen is 0. Thread: the owner's. No heap.
class NeighbourDistance {
public:
    static constexpr std::string_view name = "knn-distance";
    static constexpr std::size_t inputs_most = 16;
    static constexpr std::size_t window = 512;
    static constexpr std::size_t neighbours = 8;
    static constexpr std::uint32_t unsettled = 64;
    static constexpr bool lagged = true;

    explicit NeighbourDistance(std::size_t inputs) noexcept : inputs_(static_cast<std::uint8_t>(inputs)) {
        assert(inputs >= 1 && inputs <= inputs_most);
    }

    // Of as many as were seen while they are fewer than `neighbours`; 0 before any.
    float distance(std::span<const float> inputs) const noexcept {
        const std::size_t voters = std::min<std::size_t>(seen_, neighbours);
        if (voters == 0) return 0.0F;
        const Row row = steps_of(inputs);
        std::array<std::uint32_t, neighbours> nearest;
        nearest.fill(UINT32_MAX);
        for (std::size_t slot = 0; slot < seen_; ++slot) {
            const std::uint32_t square = square_between(row, rows_[slot]);
            if (square >= nearest.back()) continue;
            std::size_t at = neighbours - 1;
            for (; at > 0 && nearest[at - 1] > square; --at) nearest[at] = nearest[at - 1];
            nearest[at] = square;
        }
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < voters; ++i) sum += nearest[i];
        constexpr auto square_of_one = static_cast<float>(steps_per_deviation * steps_per_deviation);
        return static_cast<float>(sum) / (square_of_one * static_cast<float>(voters));
    }

    void learn(std::span<const float> inputs) noexcept {
        rows_[next_] = steps_of(inputs);
        next_ = static_cast<std::uint16_t>((next_ + 1U) % window);
        if (seen_ < window) ++seen_;
    }

    std::size_t written_bytes() const noexcept { return 4 + window * inputs_ * 2; }
    void write(ByteWriter& out) const noexcept {
        out.put(seen_);
        out.put(next_);
        for (const Row& row : rows_) {
            for (std::size_t i = 0; i < inputs_; ++i) out.put(row[i]);
        }
    }
    bool read(ByteReader& in) noexcept {  // false: what no stream can lead to; state undefined then
        seen_ = in.get<std::uint16_t>();
        next_ = in.get<std::uint16_t>();
        bool fine = seen_ <= window && next_ < window && (seen_ == window || next_ == seen_);
        for (std::size_t slot = 0; slot < window; ++slot) {
            const std::int32_t most = slot < seen_ ? steps_most : 0;
            for (std::size_t i = 0; i < inputs_; ++i) {
                rows_[slot][i] = in.get<std::int16_t>();
                fine = fine && rows_[slot][i] >= -most && rows_[slot][i] <= most;
            }
        }
        return fine && in.ok();
    }

private:
    using Row = std::array<std::int16_t, inputs_most>;
    static constexpr std::int32_t steps_per_deviation = 512;
    static constexpr std::int32_t steps_most = 16 * steps_per_deviation - 1;
    static_assert(std::uint64_t{4} * steps_most * steps_most * inputs_most < UINT32_MAX, "a squared distance fits");

    Row steps_of(std::span<const float> inputs) const noexcept {
        assert(inputs.size() == inputs_);
        Row row{};
        for (std::size_t i = 0; i < inputs_; ++i) {
            const float limited = clamped(inputs[i], 16.0F) * static_cast<float>(steps_per_deviation);
            const auto steps = static_cast<std::int32_t>(limited + (limited < 0.0F ? -0.5F : 0.5F));
            row[i] = static_cast<std::int16_t>(std::clamp(steps, -steps_most, steps_most));
        }
        return row;
    }
    static std::uint32_t square_between(const Row& a, const Row& b) noexcept {
        std::uint32_t sum = 0;
        for (std::size_t i = 0; i < inputs_most; ++i) {
            const std::int32_t difference = std::int32_t{a[i]} - std::int32_t{b[i]};
            sum += static_cast<std::uint32_t>(difference * difference);
        }
        return sum;
    }

    std::uint8_t inputs_;
    std::uint16_t seen_ = 0;
    std::uint16_t next_ = 0;  // the slot of the next vector, the oldest once all are in use
    std::array<Row, window> rows_{};
};

static_assert(sizeof(NeighbourDistance) <= std::size_t{17} * 1024);

}  // namespace redshank
