#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "model/bytes.hpp"

namespace redshank {

// Short patterns that a stream has shown, and how unlike all of them a new one is. One that lies farther than the
// vigilance from all is remembered, in place of the one that was met longest ago when all places are taken.
//   Source: leader clustering with a vigilance, as in adaptive resonance (Carpenter and Grossberg 1987), prototypes
//   held as they came. Values are kept in their own unit, because scaled ones go stale when the range grows.
//   Distance: mean absolute difference in units of the range, plus for more than one value 0.3 of the mean absolute
//   difference of the shapes, each pattern scaled to 0..1 by its own lowest and highest value.
//   Values: finite, within +-1e16. Invariant: order_ is a permutation, the places in use first, met last first.
template <std::size_t Values>
class NoveltyMemory {
public:
    static constexpr std::size_t prototypes_max = 64;
    using Pattern = std::array<float, Values>;

    struct Nearest {
        float distance = 0;  // 0 when there is none
        std::uint8_t place = 0;
    };
    // range > 0. All places at once, whether in use or not: loops of a fixed length over neighbours in memory.
    Nearest nearest(const Pattern& pattern, float range) const noexcept {
        if (count_ == 0) return {};
        Places distances{};
        const float value_weight = 1.0F / static_cast<float>(Values);
        for (std::size_t i = 0; i < Values; ++i) {
            for (std::size_t k = 0; k < prototypes_max; ++k) distances[k] += std::fabs(values_[i][k] - pattern[i]);
        }
        for (float& distance : distances) distance = std::min(distance / range, distance_most) * value_weight;
        if constexpr (Values > 1) {
            const Pattern shape = shape_of(pattern);
            for (std::size_t i = 0; i < Values; ++i) {
                for (std::size_t k = 0; k < prototypes_max; ++k) {
                    distances[k] += shape_weight * value_weight * std::fabs(shapes_[i][k] - shape[i]);
                }
            }
        }
        const auto* const found = std::min_element(distances.begin(), distances.begin() + count_);
        return {*found, static_cast<std::uint8_t>(found - distances.begin())};
    }
    float distance(const Pattern& pattern, float range) const noexcept { return nearest(pattern, range).distance; }

    void learn(const Pattern& pattern, float range) noexcept { learn(pattern, nearest(pattern, range)); }
    // found: the nearest one of now.
    void learn(const Pattern& pattern, const Nearest& found) noexcept {
        if (count_ > 0 && found.distance <= vigilance) return met(found.place);
        std::uint8_t place = count_;
        if (count_ < prototypes_max) {
            order_[count_++] = place;
        } else {
            place = order_.back();
        }
        for (std::size_t i = 0; i < Values; ++i) values_[i][place] = pattern[i];
        set_shape(place);
        met(place);
    }

    bool empty() const noexcept { return count_ == 0; }

    static constexpr std::size_t written_bytes = 1 + prototypes_max * (1 + sizeof(float) * Values);
    void write(ByteWriter& out) const noexcept {
        out.put(count_);
        for (const std::uint8_t place : order_) out.put(place);
        for (const Places& places : values_) {
            for (const float value : places) out.put(value);
        }
    }
    bool read(ByteReader& in) noexcept {  // false: what no stream can lead to
        count_ = in.get<std::uint8_t>();
        bool possible = count_ <= prototypes_max;
        std::uint64_t places = 0;
        for (std::uint8_t& place : order_) {
            place = in.get<std::uint8_t>();
            possible = possible && place < prototypes_max;
            if (possible) places |= std::uint64_t{1} << place;
        }
        possible = possible && places == UINT64_MAX;
        for (Places& each : values_) {
            for (float& value : each) possible = read_within(in, value, 1.01e16F) && possible;
        }
        // A place that is not in use is not the one of a pattern: the first `count_` are places 0 to count_ - 1.
        for (std::size_t i = 0; i < prototypes_max && possible; ++i) possible = (order_[i] < count_) == (i < count_);
        if (!in.ok() || !possible) return false;
        for (std::uint8_t place = 0; place < prototypes_max; ++place) set_shape(place);
        return true;
    }

private:
    using Places = std::array<float, prototypes_max>;
    static constexpr float vigilance = 0.1F;
    static constexpr float shape_weight = 0.3F;
    static constexpr float spread_least = 1e-22F;
    static constexpr std::size_t shape_values = Values > 1 ? Values : 0;
    static constexpr float distance_most = 1e6F;

    static std::array<std::uint8_t, prototypes_max> places_in_order() noexcept {
        std::array<std::uint8_t, prototypes_max> places{};
        std::iota(places.begin(), places.end(), std::uint8_t{0});
        return places;
    }

    static bool read_within(ByteReader& in, float& value, float limit) noexcept {
        value = in.get<float>();
        return value >= -limit && value <= limit;  // not NaN
    }

    void set_shape(std::uint8_t place) noexcept {
        if constexpr (Values > 1) {
            Pattern pattern{};
            for (std::size_t i = 0; i < Values; ++i) pattern[i] = values_[i][place];
            const Pattern shape = shape_of(pattern);
            for (std::size_t i = 0; i < Values; ++i) shapes_[i][place] = shape[i];
        }
    }

    static Pattern shape_of(const Pattern& pattern) noexcept {
        const auto [low, high] = std::minmax_element(pattern.begin(), pattern.end());
        const float lowest = *low;
        const float spread = std::max(*high - lowest, spread_least);
        Pattern shape{};
        std::transform(pattern.begin(), pattern.end(), shape.begin(),
                       [&](float value) { return (value - lowest) / spread; });
        return shape;
    }

    void met(std::uint8_t place) noexcept {
        auto* const at = std::find(order_.begin(), order_.end(), place);
        std::copy_backward(order_.begin(), at, at + 1);
        order_.front() = place;
    }

    std::uint8_t count_ = 0;
    std::array<std::uint8_t, prototypes_max> order_ = places_in_order();
    std::array<Places, Values> values_{};
    std::array<Places, shape_values> shapes_{};
};

}  // namespace redshank
