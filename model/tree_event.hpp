#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "model/bytes.hpp"
#include "model/dense_inputs.hpp"
#include "model/float_math.hpp"
#include "model/framed_learner.hpp"

namespace redshank {

// What a leaf's observers see: some inputs of an event, or all of them.
template <std::size_t Inputs>
struct SeenInputs {
    std::array<float, Inputs> x{};        // clamped to +-input_limit; where missing the mean
    std::array<float, Inputs> present{};  // 1, or 0 where missing and beyond the inputs in use
};

// One event as a tree sees it.
template <std::size_t Inputs>
struct TreeEvent {
    // Deviations of the inputs from their means, d; then d^2 - 1; then, for few inputs, the product of each two. Where
    // an input is missing all of its terms are 0.
    static constexpr bool has_products = Inputs <= 8;
    static constexpr std::size_t terms_used = 2 * Inputs + (has_products ? Inputs * (Inputs - 1) / 2 : 0);
    static constexpr std::size_t terms_all = (terms_used + lanes - 1) / lanes * lanes;
    static constexpr float deviations_most = 3.0F;

    SeenInputs<Inputs> seen;
    std::array<float, terms_all> terms{};

    template <std::size_t Some>
    SeenInputs<Some> some(std::span<const std::uint8_t> which) const noexcept {
        SeenInputs<Some> result;
        for (std::size_t i = 0; i < which.size(); ++i) {
            result.x[i] = seen.x[which[i]];
            result.present[i] = seen.present[which[i]];
        }
        return result;
    }
};

// The scale of each input: features are standardised once, this follows where they drift to.
//   Source: West (1979), exponentially weighted once `memory` values were seen; it starts as if a first value had been
//   a deviation of 1 away from 0. Invariant: counts within [1, memory], variances within [0, variance_most]. No heap.
template <std::size_t Inputs>
class InputScale {
public:
    TreeEvent<Inputs> event(const Features& features) const noexcept {
        const Vector means = means_;
        const Vector inverses = inverses_;
        Vector x;
        load(features, x);
        Vector present{};
        if (features.missing == 0 && features.values.size() == Inputs) {
            present = filled(1.0F);
        } else {
            for (std::size_t i = 0; i < features.values.size(); ++i) {
                present[i] = features.has(i) ? 1.0F : 0.0F;
                if (!features.has(i)) x[i] = means[i];
            }
        }
        Vector linear;
        Vector square;
        constexpr float most = TreeEvent<Inputs>::deviations_most;
        for (std::size_t i = 0; i < Inputs; ++i) {
            const float deviations = present[i] * ((x[i] - means[i]) * inverses[i]);
            linear[i] = deviations < -most ? -most : deviations;
        }
        for (std::size_t i = 0; i < Inputs; ++i) {
            linear[i] = linear[i] > most ? most : linear[i];
            square[i] = linear[i] * linear[i] - present[i];
        }
        TreeEvent<Inputs> event{{x, present}, {}};
        std::copy(linear.begin(), linear.end(), event.terms.begin());
        std::copy(square.begin(), square.end(), event.terms.begin() + Inputs);
        if constexpr (TreeEvent<Inputs>::has_products) {
            // Each with the one after it, with the second after it, and so on: whole lanes.
            std::array<float, 2 * Inputs> twice;
            std::copy(linear.begin(), linear.end(), twice.begin());
            std::copy(linear.begin(), linear.end(), twice.begin() + Inputs);
            for (std::size_t apart = 1; apart < Inputs / 2; ++apart) {
                for (std::size_t i = 0; i < Inputs; ++i) {
                    event.terms[(apart + 1) * Inputs + i] = linear[i] * twice[i + apart];
                }
            }
            for (std::size_t i = 0; i < Inputs / 2; ++i) {
                event.terms[(Inputs / 2 + 1) * Inputs + i] = linear[i] * linear[i + Inputs / 2];
            }
        }
        return event;
    }

    void learn(const TreeEvent<Inputs>& event) noexcept {
        const Vector x = event.seen.x;
        const Vector present = event.seen.present;
        Vector counts = counts_;
        Vector means = means_;
        Vector variances = variances_;
        for (std::size_t i = 0; i < Inputs; ++i) {
            const float count = counts[i] + present[i];
            counts[i] = count > memory ? memory : count;
            const float share = present[i] / counts[i];
            const float deviation = x[i] - means[i];
            const float variance = (1.0F - share) * (variances[i] + share * deviation * deviation);
            means[i] += share * deviation;
            variances[i] = variance < variance_most ? variance : variance_most;
        }
        counts_ = counts;
        means_ = means;
        variances_ = variances;
        invert();
    }

    static constexpr std::size_t written_bytes(std::size_t inputs) noexcept { return 12 * inputs; }
    void write(ByteWriter& out, std::size_t inputs) const noexcept {
        put_all(out, std::span(counts_).first(inputs));
        put_all(out, std::span(means_).first(inputs));
        put_all(out, std::span(variances_).first(inputs));
    }
    bool read(ByteReader& in, std::size_t inputs) noexcept {  // false: values that no stream leads to
        *this = InputScale();
        const bool counts = get_all(in, std::span(counts_).first(inputs), 1.0F, memory);
        const bool means = get_all(in, std::span(means_).first(inputs), -mean_most, mean_most);
        const bool variances = get_all(in, std::span(variances_).first(inputs), 0.0F, variance_most);
        if (!counts || !means || !variances) return false;
        invert();
        return true;
    }

private:
    static constexpr float memory = 8192.0F;
    static constexpr float mean_most = 1.001F * input_limit;  // rounding may pass the values
    static constexpr float variance_least = 1e-6F;
    static constexpr float variance_most = 4.0F * input_limit * input_limit;

    using Vector = std::array<float, Inputs>;
    static Vector filled(float value) noexcept {
        Vector result{};
        for (float& each : result) each = value;
        return result;
    }

    void invert() noexcept {
        Vector inverses;
        for (std::size_t i = 0; i < Inputs; ++i) inverses[i] = inverse_root_of(variances_[i] + variance_least);
        inverses_ = inverses;
    }

    Vector counts_ = filled(1.0F);
    Vector means_{};
    Vector variances_ = filled(1.0F);
    Vector inverses_ = filled(inverse_root_of(1.0F + variance_least));  // follow from the variances
};

}  // namespace redshank
