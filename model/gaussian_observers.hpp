#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>

#include "model/bytes.hpp"
#include "model/dense_inputs.hpp"
#include "model/float_math.hpp"
#include "model/framed_learner.hpp"

namespace redshank {

// Where to cut one input, and what is gained.
struct Cut {
    float gain = 0;  // bits of the class; 0: no cut is of use
    float threshold = 0;
};

// Normal distributions of some inputs, one for each class, and the least and largest value of each input.
//   Source: means and variances by West (1979), "Updating mean and variance estimates"; cuts as MOA's
//   GaussianNumericAttributeClassObserver: `cuts` even steps between the least and the largest value, each class on
//   either side by its normal distribution, information gain (Quinlan 1986) of the two sides.
//   Invariant: low > high, and all else 0, of an input that was never present; variances within [0, variance_most].
//   Units: inputs clamped to +-input_limit; counts are weights of events. Shape: inputs not in use are never present.
//   No heap.
template <std::size_t Inputs, std::size_t Classes>
class GaussianObservers {
    static_assert(Inputs % lanes == 0);

public:
    using Vector = std::array<float, Inputs>;

    // present: 1 or 0 for each input; x is finite where it is 0, too.
    void learn(const Vector& x, const Vector& present, std::size_t actual, float weight) noexcept {
        // Copies: nothing can share their memory, so that lanes are used.
        Normals seen = class_[actual];
        Vector low = low_;
        Vector high = high_;
        const Vector values = x;
        const Vector counted = present;
        for (std::size_t i = 0; i < Inputs; ++i) {
            const float added = counted[i] * weight;
            const float count = seen.counts[i] + added;
            const float share = added / (count < count_least ? count_least : count);
            const float deviation = values[i] - seen.means[i];
            const float variance = (1.0F - share) * (seen.variances[i] + share * deviation * deviation);
            const float mean = seen.means[i] + share * deviation;
            const float value_or_high = counted[i] != 0.0F ? values[i] : input_limit;
            const float value_or_low = counted[i] != 0.0F ? values[i] : -input_limit;
            seen.counts[i] = count;
            seen.means[i] = mean;
            seen.variances[i] = variance < variance_most ? variance : variance_most;
            low[i] = value_or_high < low[i] ? value_or_high : low[i];
            high[i] = value_or_low > high[i] ? value_or_low : high[i];
        }
        class_[actual] = seen;
        low_ = low;
        high_ = high;
    }

    void halve() noexcept {
        for (Normals& seen : class_) {
            for (float& count : seen.counts) count *= 0.5F;
        }
    }

    // The logarithm of the density at the inputs that are present, less what is the same for all classes.
    float log2_density(const Vector& x, const Vector& present, std::size_t of) const noexcept {
        constexpr float log2_of_e = 1.44269504F;
        const Normals& seen = class_[of];
        Vector variances;
        Vector distances;
        for (std::size_t i = 0; i < Inputs; ++i) {
            // Until two were seen: as all inputs are, standardised.
            const float at_least = seen.variances[i] < variance_least ? variance_least : seen.variances[i];
            const float known = seen.counts[i] < 2.0F ? 1.0F : at_least;
            const float deviation = present[i] * (x[i] - seen.means[i]);
            variances[i] = present[i] != 0.0F ? known : 1.0F;
            distances[i] = deviation * deviation / variances[i];
        }
        std::array<float, lanes> sums{};
        float logarithms = 0.0F;
        for (std::size_t i = 0; i < Inputs; i += lanes) {
            for (std::size_t k = 0; k < lanes; ++k) sums[k] += distances[i + k];
            // A product of four is a float for sure.
            logarithms += log2_of((variances[i] * variances[i + 1]) * (variances[i + 2] * variances[i + 3]));
        }
        const float distance = (sums[0] + sums[1]) + (sums[2] + sums[3]);
        return -0.5F * (logarithms + log2_of_e * distance);
    }

    // left[c], right[c]: the weight of class c up to the threshold, and above it.
    void divide(std::size_t input, float threshold, std::span<float> left, std::span<float> right) const noexcept {
        for (std::size_t c = 0; c < left.size(); ++c) {
            const float deviation = std::sqrt(std::max(class_[c].variances[input], 1e-12F));
            const float count = class_[c].counts[input];
            left[c] = count * normal_below((threshold - class_[c].means[input]) / deviation);
            right[c] = count - left[c];
        }
    }

    Cut best_cut(std::size_t input, std::size_t classes) const noexcept {
        const float range = high_[input] - low_[input];
        if (!(range > 0.0F)) return {};
        std::array<float, Classes> room{};
        std::array<float, Classes> more_room{};
        const std::span<float> left = std::span(room).first(classes);
        const std::span<float> right = std::span(more_room).first(classes);
        for (std::size_t c = 0; c < classes; ++c) left[c] = class_[c].counts[input];
        const Side whole = side_of(left);
        Cut best;
        for (int k = 1; k <= cuts; ++k) {
            const float threshold = low_[input] + range * (static_cast<float>(k) / static_cast<float>(cuts + 1));
            divide(input, threshold, left, right);
            const Side below = side_of(left);
            const Side above = side_of(right);
            if (std::min(below.weight, above.weight) < side_least * whole.weight) continue;
            const float gain = (whole.bits - (below.bits + above.bits)) / whole.weight;
            if (gain > best.gain) best = {gain, threshold};
        }
        return best;
    }

    float weight(std::size_t input) const noexcept {
        float sum = 0.0F;
        for (const Normals& seen : class_) sum += seen.counts[input];
        return sum;
    }

    static constexpr std::size_t written_bytes(std::size_t inputs, std::size_t classes) noexcept {
        return 4 * inputs * (2 + 3 * classes);
    }
    void write(ByteWriter& out, std::size_t inputs, std::size_t classes) const noexcept {
        put_all(out, std::span(low_).first(inputs));
        put_all(out, std::span(high_).first(inputs));
        for (std::size_t c = 0; c < classes; ++c) {
            put_all(out, std::span(class_[c].counts).first(inputs));
            put_all(out, std::span(class_[c].means).first(inputs));
            put_all(out, std::span(class_[c].variances).first(inputs));
        }
    }
    // counts_most: of each class. false: values that no stream leads to.
    bool read(ByteReader& in, std::size_t inputs, std::span<const float> counts_most) noexcept {
        *this = GaussianObservers();
        bool fine = get_all(in, std::span(low_).first(inputs), -input_limit, input_limit);
        fine = get_all(in, std::span(high_).first(inputs), -input_limit, input_limit) && fine;
        for (std::size_t c = 0; c < counts_most.size(); ++c) {
            Normals& seen = class_[c];
            fine = get_all(in, std::span(seen.counts).first(inputs), 0.0F, counts_most[c]) && fine;
            fine = get_all(in, std::span(seen.means).first(inputs), -mean_most, mean_most) && fine;
            fine = get_all(in, std::span(seen.variances).first(inputs), 0.0F, variance_most) && fine;
        }
        for (std::size_t i = 0; fine && i < inputs; ++i) {
            fine = low_[i] <= high_[i] || (low_[i] == input_limit && high_[i] == -input_limit && weight(i) == 0.0F);
        }
        return fine;
    }

private:
    static constexpr int cuts = 10;
    static constexpr float variance_most = 4.0F * input_limit * input_limit;
    static constexpr float variance_least = 1e-4F;            // a hundredth of a deviation is no difference
    static constexpr float mean_most = 1.001F * input_limit;  // rounding may pass the values
    static constexpr float count_least = 1e-3F;
    static constexpr float side_least = 0.01F;  // of the whole, as in MOA

    struct Normals {
        Vector counts{};
        Vector means{};
        Vector variances{};
    };
    struct Side {
        float weight = 0;
        float bits = 0;  // to tell the classes of all its events
    };

    static float times_log2(float value) noexcept { return value * log2_of(value); }
    static Side side_of(std::span<const float> weights) noexcept {
        Side side;
        for (const float weight : weights) {
            side.weight += weight;
            side.bits -= times_log2(weight);
        }
        side.bits += times_log2(side.weight);
        return side;
    }
    static constexpr Vector filled(float value) noexcept {
        Vector result{};
        for (float& each : result) each = value;
        return result;
    }

    std::array<Normals, Classes> class_{};
    Vector low_ = filled(input_limit);
    Vector high_ = filled(-input_limit);
};

}  // namespace redshank
