#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/dense_inputs.hpp"
#include "model/framed_learner.hpp"

namespace redshank {

// The k nearest of the last `window` events vote, each alike; one vote more for every class (Laplace).
//   Source: Cover and Hart (1967), "Nearest neighbor pattern classification", in a sliding window; k = 10 and 1,000
//   rows as MOA's kNN. Distance: Euclidean, of values in fixed point, so its order is exact; of equals the lower slot
//   counts. Units: inputs clamped to +-8 deviations, in steps of 1/1024 (1/512 above 16 inputs). Invariant: what is
//   beyond the inputs and events seen is 0. Shape: 1 to Inputs inputs, 2 to classes_max classes. No heap.
template <std::size_t Inputs>
class NearestNeighbours final : public FramedLearner<Classifier, NearestNeighbours<Inputs>> {
public:
    static constexpr std::size_t window = 1000;
    static constexpr std::size_t neighbours = 10;

    NearestNeighbours(std::size_t inputs, std::size_t classes) noexcept
        : inputs_(static_cast<std::uint16_t>(inputs)), classes_(static_cast<std::uint8_t>(classes)) {
        assert(inputs >= 1 && inputs <= Inputs && classes >= 2 && classes <= classes_max);
    }

    void shares(const Features& features, std::span<float> out) const noexcept override {
        assert(out.size() == classes_);
        std::fill(out.begin(), out.end(), 1.0F);
        const std::array<Neighbour, neighbours> nearest = nearest_to(steps_of(features));
        const std::size_t voters = std::min<std::size_t>(seen_, neighbours);
        for (std::size_t i = 0; i < voters; ++i) out[labels_[nearest[i].slot]] += 1.0F;
        const auto votes = static_cast<float>(voters + classes_);
        for (float& share : out) share /= votes;
    }

    void learn(const Features& features, std::uint8_t actual) noexcept override {
        assert(actual < classes_);
        rows_[next_] = steps_of(features);
        labels_[next_] = actual;
        next_ = static_cast<std::uint16_t>((next_ + 1U) % window);
        if (seen_ < window) ++seen_;
    }

    std::size_t classes() const noexcept override { return classes_; }
    void reset() noexcept override {
        seen_ = 0;
        next_ = 0;
        labels_.fill(0);
        rows_.fill(Row{});
    }
    std::string_view name() const noexcept override { return "knn"; }

    SnapshotFrame frame() const noexcept {
        return {.magic = magic_of("knn"),
                .inputs = inputs_,
                .body_bytes = static_cast<std::uint32_t>(5 + window * (1 + inputs_ * 2))};
    }
    void write_body(ByteWriter& out) const noexcept {
        out.put(classes_);
        out.put(seen_);
        out.put(next_);
        for (std::size_t slot = 0; slot < window; ++slot) {
            out.put(labels_[slot]);
            for (std::size_t i = 0; i < inputs_; ++i) out.put(rows_[slot][i]);
        }
    }
    bool read_body(ByteReader& in) noexcept {
        reset();
        const bool same_classes = in.get<std::uint8_t>() == classes_;
        seen_ = in.get<std::uint16_t>();
        next_ = in.get<std::uint16_t>();
        if (!same_classes || seen_ > window || next_ >= window || (seen_ < window && next_ != seen_)) return false;
        for (std::size_t slot = 0; slot < window; ++slot) {
            const bool used = slot < seen_;
            labels_[slot] = in.get<std::uint8_t>();
            if (labels_[slot] >= (used ? classes_ : 1)) return false;
            for (std::size_t i = 0; i < inputs_; ++i) {
                rows_[slot][i] = in.get<std::int16_t>();
                const std::int32_t most = used ? steps_most : 0;
                if (rows_[slot][i] < -most || rows_[slot][i] > most) return false;
            }
        }
        return true;
    }

private:
    using Row = std::array<std::int16_t, Inputs>;
    struct Neighbour {
        std::uint32_t distance = UINT32_MAX;
        std::uint16_t slot = 0;
    };

    static constexpr std::int32_t steps_per_deviation = Inputs <= 16 ? 1024 : 512;
    static constexpr std::int32_t steps_most = 8 * steps_per_deviation - 1;
    static_assert(std::uint64_t{4} * steps_most * steps_most * Inputs < UINT32_MAX, "a squared distance fits");

    Row steps_of(const Features& features) const noexcept {
        assert(features.values.size() == inputs_);
        Row row{};
        for (std::size_t i = 0; i < inputs_; ++i) {
            const float limited = clamped(features.or_mean(i), 8.0F) * static_cast<float>(steps_per_deviation);
            const auto steps = static_cast<std::int32_t>(limited + (limited < 0.0F ? -0.5F : 0.5F));
            row[i] = static_cast<std::int16_t>(std::clamp(steps, -steps_most, steps_most));
        }
        return row;
    }

    static std::uint32_t squared_distance(const Row& a, const Row& b) noexcept {
        std::uint32_t sum = 0;
        for (std::size_t i = 0; i < Inputs; ++i) {
            const std::int32_t difference = std::int32_t{a[i]} - std::int32_t{b[i]};
            sum += static_cast<std::uint32_t>(difference * difference);
        }
        return sum;
    }

    // Nearest first; only as many as were seen mean something.
    std::array<Neighbour, neighbours> nearest_to(const Row& row) const noexcept {
        std::array<Neighbour, neighbours> nearest{};
        for (std::size_t slot = 0; slot < seen_; ++slot) {
            const std::uint32_t distance = squared_distance(row, rows_[slot]);
            if (distance >= nearest.back().distance) continue;
            std::size_t at = neighbours - 1;
            for (; at > 0 && nearest[at - 1].distance > distance; --at) nearest[at] = nearest[at - 1];
            nearest[at] = {distance, static_cast<std::uint16_t>(slot)};
        }
        return nearest;
    }

    std::uint16_t inputs_;
    std::uint8_t classes_;
    std::uint16_t seen_ = 0;
    std::uint16_t next_ = 0;  // the slot of the next event, the oldest once all are in use
    std::array<std::uint8_t, window> labels_{};
    std::array<Row, window> rows_{};
};

}  // namespace redshank
