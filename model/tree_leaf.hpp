#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "model/gaussian_observers.hpp"
#include "model/linear_classifier.hpp"
#include "model/tree_event.hpp"

namespace redshank {

// A leaf of a classification tree: what it knows of the events that came to it, and three ways to answer. The one that
// was right most often here does.
//   Source: majority class and naive Bayes as Gama, Rocha, Medas (2003), "Accurate decision trees for mining high-speed
//   data streams", and Holmes, Kirkby, Pfahringer (2005), "Stress-testing Hoeffding trees", have them. The third way is
//   a logistic function of an event's terms, as in model/linear_classifier.hpp; a new leaf goes on from the one of the
//   leaf that was split, so it has an answer at once.
//   Past `memory` all counts are halved together: what is old fades and shares stay.
//   Invariant: the class weights' sum is within [0, memory]; no observer's count and no count of right answers is above
//   the weights, but by rounding or head_start; everything is finite.
//   Units: weights of events. Shape: 1 to Inputs watched inputs, 2 to Classes classes. No heap.
template <std::size_t Inputs, std::size_t Classes, std::size_t Terms>
class TreeLeaf {
public:
    using Seen = SeenInputs<Inputs>;
    using EventTerms = std::array<float, Terms>;
    using Observers = GaussianObservers<Inputs, Classes>;

    // A share for each class.
    void shares(const Seen& seen, const EventTerms& terms, std::span<float> out) const noexcept {
        switch (best()) {
            case by_majority: {
                const float all = total() + static_cast<float>(out.size());
                for (std::size_t c = 0; c < out.size(); ++c) out[c] = (weights_[c] + 1.0F) / all;
                break;
            }
            case by_bayes:
                shares_of_densities(seen, out);
                break;
            default:
                shares_of_functions(terms, out);
                break;
        }
    }

    // True when its answer would have been right.
    bool learn(const Seen& seen, const EventTerms& terms, std::size_t actual, float weight,
               std::size_t classes) noexcept {
        std::array<float, Classes> room{};
        const std::span<float> out = std::span(room).first(classes);
        const std::size_t answering = best();
        std::array<bool, ways> right{};
        right[by_majority] = largest(std::span(weights_).first(classes)) == actual;
        for (std::size_t c = 0; c < classes; ++c) out[c] = log2_of(weights_[c] + 1.0F) + log2_density(seen, c);
        right[by_bayes] = largest(out) == actual;
        shares_of_functions(terms, out);
        right[by_function] = largest(out) == actual;
        if (weight == 0.0F) return right[answering];

        descend(terms, out, actual, weight);
        for (std::size_t way = 0; way < ways; ++way) right_[way] += right[way] ? weight : 0.0F;
        weights_[actual] += weight;
        since_look_ += weight;
        observers_.learn(seen.x, seen.present, actual, weight);
        if (total() > memory) halve();
        return right[answering];
    }

    // True once for each `grace` of weight that was learned.
    bool due(float grace) noexcept {
        if (since_look_ < grace) return false;
        since_look_ = 0.0F;
        return true;
    }

    const Observers& observers() const noexcept { return observers_; }
    float total() const noexcept {
        float sum = 0.0F;
        for (const float weight : weights_) sum += weight;
        return sum;
    }

    // The leaf of one side of a split of `from`: it knows the weights of the classes and the function.
    static TreeLeaf side_of(const TreeLeaf& from, std::span<const float> weights) noexcept {
        TreeLeaf leaf;
        std::copy(weights.begin(), weights.end(), leaf.weights_.begin());
        leaf.functions_ = from.functions_;
        leaf.right_[by_function] = from.best() == by_function ? head_start : 0.0F;
        return leaf;
    }

    static constexpr float memory = 65536.0F;

    static constexpr std::size_t written_bytes(std::size_t inputs, std::size_t classes) noexcept {
        return 4 * (classes + 1 + ways + heads(classes) * (Terms + 1)) + Observers::written_bytes(inputs, classes);
    }
    void write(ByteWriter& out, std::size_t inputs, std::size_t classes) const noexcept {
        put_all(out, std::span(weights_).first(classes));
        out.put(since_look_);
        put_all(out, right_);
        for (std::size_t h = 0; h < heads(classes); ++h) {
            put_all(out, functions_[h].slopes);
            out.put(functions_[h].bias);
        }
        observers_.write(out, inputs, classes);
    }
    bool read(ByteReader& in, std::size_t inputs, std::size_t classes, float grace) noexcept {  // false: no such leaf
        *this = TreeLeaf();
        const std::span<float> weights = std::span(weights_).first(classes);
        bool fine = get_all(in, weights, 0.0F, memory) && total() <= memory;
        fine = get_all(in, std::span(&since_look_, 1), 0.0F, grace) && since_look_ < grace && fine;
        fine = get_all(in, right_, 0.0F, at_most(total() + head_start)) && fine;
        for (std::size_t h = 0; h < heads(classes); ++h) {
            Function& function = functions_[h];
            fine = get_all(in, function.slopes, -slope_most, slope_most) && fine;
            fine = get_all(in, std::span(&function.bias, 1), -slope_most, slope_most) && fine;
        }
        std::array<float, Classes> most{};
        for (std::size_t c = 0; c < classes; ++c) most[c] = at_most(weights_[c]);
        return observers_.read(in, inputs, std::span<const float>(most).first(classes)) && fine;
    }

private:
    enum Way : std::size_t { by_bayes, by_majority, by_function, ways };
    static constexpr float rate = 0.07F;
    static constexpr float slope_most = 1e3F;
    static constexpr float head_start = 1.0F;

    struct Function {
        EventTerms slopes{};
        float bias = 0;
        float at(const EventTerms& terms) const noexcept { return bias + dot(slopes, terms); }
    };
    static constexpr std::size_t heads(std::size_t classes) noexcept { return classes == 2 ? 1 : classes; }
    static constexpr float at_most(float value) noexcept { return value * 1.001F + 1.0F; }

    static std::size_t largest(std::span<const float> values) noexcept {
        std::size_t best = 0;
        for (std::size_t i = 1; i < values.size(); ++i) {
            if (values[i] > values[best]) best = i;
        }
        return best;
    }
    std::size_t best() const noexcept { return largest(right_); }

    float log2_density(const Seen& seen, std::size_t of) const noexcept {
        return observers_.log2_density(seen.x, seen.present, of);
    }

    void shares_of_densities(const Seen& seen, std::span<float> out) const noexcept {
        for (std::size_t c = 0; c < out.size(); ++c) out[c] = log2_of(weights_[c] + 1.0F) + log2_density(seen, c);
        const float most = out[largest(out)];
        float sum = 0.0F;
        for (float& share : out) {
            share = exp2_of(share - most);
            sum += share;
        }
        for (float& share : out) share /= sum;
    }

    void shares_of_functions(const EventTerms& terms, std::span<float> out) const noexcept {
        std::array<float, Classes> room{};
        const std::span<float> values = std::span(room).first(heads(out.size()));
        for (std::size_t h = 0; h < values.size(); ++h) values[h] = functions_[h].at(terms);
        redshank::shares_of(Loss::logistic, values, out);
    }

    // One step of the logistic loss against its gradient, never past where a squared loss has its least.
    void descend(const EventTerms& terms, std::span<const float> shares, std::size_t actual, float weight) noexcept {
        const float length = 1.0F + dot(terms, terms);
        const float step = rate * weight / (1.0F + rate * weight * length);
        for (std::size_t h = 0; h < heads(shares.size()); ++h) {
            const std::size_t of = shares.size() == 2 ? 1 : h;
            const float by = step * ((of == actual ? 1.0F : 0.0F) - shares[of]);
            EventTerms moved;  // a copy: nothing can share its memory, so that lanes are used
            for (std::size_t i = 0; i < Terms; ++i) {
                const float slope = functions_[h].slopes[i] + by * terms[i];
                const float not_below = slope < -slope_most ? -slope_most : slope;
                moved[i] = not_below > slope_most ? slope_most : not_below;
            }
            functions_[h].slopes = moved;
            functions_[h].bias = clamped(functions_[h].bias + by, slope_most);
        }
    }

    void halve() noexcept {
        for (float& weight : weights_) weight *= 0.5F;
        for (float& right : right_) right *= 0.5F;
        observers_.halve();
    }

    std::array<float, Classes> weights_{};
    float since_look_ = 0;
    std::array<float, ways> right_{};
    std::array<Function, Classes == 2 ? 1 : Classes> functions_{};
    Observers observers_{};
};

}  // namespace redshank
