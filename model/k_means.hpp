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
#include "model/framed_learner.hpp"
#include "model/splitmix64.hpp"

namespace redshank {

// Centres of a stream's clusters, and which one a vector is nearest to.
//   Source: MacQueen (1967), "Some methods for classification and analysis of multivariate observations": the nearest
//   centre moves by 1/n of the way, n the vectors it took, at most `memory`. Started by k-means++ (Arthur and
//   Vassilvitskii 2007) and a few rounds of Lloyd (1982) on the first `Start` vectors, the best of `tries`; that one
//   event costs tries * (rounds + 1) * Start * Clusters distances, any other one Clusters.
//   Invariant: before the start all centres are 0 and no vector is told from another; after it the room of the first
//   vectors is 0. Units: inputs clamped to +-input_limit; distances are squares. Shape: 1 to Inputs inputs, 1 to
//   Clusters clusters. Thread: the owner's. No heap.
template <std::size_t Inputs, std::size_t Clusters, std::size_t Start = 64>
class KMeans {
    static_assert(Inputs <= 16 && Inputs % lanes == 0 && Clusters >= 2 && Clusters <= 8 && Start >= Clusters &&
                  Start <= 255);

public:
    static constexpr std::string_view name = "k-means";
    static constexpr std::size_t inputs_most = Inputs;
    static constexpr std::uint32_t unsettled = Start;
    static constexpr bool lagged = true;

    explicit KMeans(std::size_t inputs, std::size_t clusters = Clusters) noexcept
        : inputs_(static_cast<std::uint8_t>(inputs)), clusters_(static_cast<std::uint8_t>(clusters)) {
        assert(inputs >= 1 && inputs <= Inputs && clusters >= 1 && clusters <= Clusters);
    }

    struct Nearest {
        std::uint8_t label = 0;
        float distance = 0;  // squared; 0 before the start
    };
    Nearest nearest(std::span<const float> inputs) const noexcept {
        return started_ ? nearest_of(centres_, loaded(inputs)) : Nearest{};
    }
    float distance(std::span<const float> inputs) const noexcept { return nearest(inputs).distance; }
    // Squared, to each centre; 0 before the start. out: clusters() places.
    void distances(std::span<const float> inputs, std::span<float> out) const noexcept {
        assert(out.size() == clusters_);
        const Vector x = loaded(inputs);
        for (std::size_t k = 0; k < clusters_; ++k) out[k] = started_ ? square_between(centres_[k], x) : 0.0F;
    }

    void learn(std::span<const float> inputs) noexcept {
        const Vector x = loaded(inputs);
        if (!started_) {
            first_[filled_++] = x;
            if (filled_ == Start) start();
            return;
        }
        take(nearest_of(centres_, x).label, x);
    }

    bool started() const noexcept { return started_; }
    std::size_t inputs() const noexcept { return inputs_; }
    std::size_t clusters() const noexcept { return clusters_; }
    std::span<const float> centre(std::size_t label) const noexcept {
        return std::span(centres_[label]).first(inputs_);
    }

    std::size_t written_bytes() const noexcept {
        const std::size_t inputs = inputs_;
        return 3 + 4 * (clusters_ * (inputs + 1) + Start * inputs);
    }
    void write(ByteWriter& out) const noexcept {
        out.put(clusters_);
        out.put(started_);
        out.put(filled_);
        put_all(out, std::span(counts_).first(clusters_));
        for (std::size_t k = 0; k < clusters_; ++k) put_all(out, centre(k));
        for (const Vector& x : first_) put_all(out, std::span(x).first(inputs_));
    }
    bool read(ByteReader& in) noexcept {  // false: values that no stream can lead to; state undefined then
        bool fine = in.get<std::uint8_t>() == clusters_;
        const auto started = in.get<std::uint8_t>();
        started_ = started == 1;
        filled_ = in.get<std::uint8_t>();
        fine = fine && started <= 1 && (started_ ? filled_ == 0 : filled_ < Start);
        const float centre_most = started_ ? input_limit : 0.0F;
        fine = get_all(in, std::span(counts_).first(clusters_), 0.0F, started_ ? memory : 0.0F) && fine;
        for (std::size_t k = 0; k < clusters_; ++k) {
            fine = get_all(in, std::span(centres_[k]).first(inputs_), -centre_most, centre_most) && fine;
        }
        for (std::size_t i = 0; i < Start; ++i) {
            const float most = i < filled_ ? input_limit : 0.0F;
            fine = get_all(in, std::span(first_[i]).first(inputs_), -most, most) && fine;
        }
        return fine;
    }

private:
    static constexpr float memory = 4096.0F;  // vectors of a cluster
    static constexpr int tries = 4;
    static constexpr int rounds = 4;

    using Vector = std::array<float, Inputs>;
    using Centres = std::array<Vector, Clusters>;

    Vector loaded(std::span<const float> inputs) const noexcept {
        assert(inputs.size() == inputs_);
        Vector x;
        load(Features{inputs}, x);
        return x;
    }

    static float square_between(const Vector& a, const Vector& b) noexcept {
        Vector difference;
        for (std::size_t i = 0; i < Inputs; ++i) difference[i] = a[i] - b[i];
        return dot(difference, difference);
    }

    Nearest nearest_of(const Centres& centres, const Vector& x) const noexcept {
        Nearest best{0, square_between(x, centres[0])};
        for (std::size_t k = 1; k < clusters_; ++k) {
            const float square = square_between(x, centres[k]);
            if (square < best.distance) best = {static_cast<std::uint8_t>(k), square};
        }
        return best;
    }

    void take(std::size_t label, const Vector& x) noexcept {
        counts_[label] = std::min(counts_[label] + 1.0F, memory);
        const float weight = 1.0F / counts_[label];
        Vector& centre = centres_[label];
        for (std::size_t i = 0; i < Inputs; ++i) {
            centre[i] = clamped(centre[i] + weight * (x[i] - centre[i]), input_limit);
        }
    }

    void start() noexcept {
        SplitMix64 random(0x6b2d6d65616e73U);
        float least = 0.0F;
        for (int attempt = 0; attempt < tries; ++attempt) {
            Centres centres = spread_out(random);
            for (int round = 0; round < rounds; ++round) centres = means_of(centres);
            float inertia = 0.0F;
            for (const Vector& x : first_) inertia += nearest_of(centres, x).distance;
            if (attempt == 0 || inertia < least) {
                least = inertia;
                centres_ = centres;
            }
        }
        for (const Vector& x : first_) counts_[nearest_of(centres_, x).label] += 1.0F;
        first_ = {};
        filled_ = 0;
        started_ = true;
    }

    // One of the first vectors, then again and again one more by the squares of the distances to those before.
    Centres spread_out(SplitMix64& random) const noexcept {
        std::array<float, Start> squares;
        Centres centres{};
        centres[0] = first_[random.below(Start)];
        for (std::size_t i = 0; i < Start; ++i) squares[i] = square_between(first_[i], centres[0]);
        for (std::size_t k = 1; k < clusters_; ++k) {
            float sum = 0.0F;
            for (const float square : squares) sum += square;
            float rest = random.uniform() * sum;
            std::size_t chosen = 0;
            while (chosen + 1 < Start && rest >= squares[chosen]) rest -= squares[chosen++];
            centres[k] = first_[chosen];
            for (std::size_t i = 0; i < Start; ++i) {
                squares[i] = std::min(squares[i], square_between(first_[i], centres[k]));
            }
        }
        return centres;
    }

    // The means of what is nearest to each; a centre that is nearest to nothing stays.
    Centres means_of(const Centres& centres) const noexcept {
        Centres sums{};
        std::array<float, Clusters> counts{};
        for (const Vector& x : first_) {
            const std::size_t label = nearest_of(centres, x).label;
            counts[label] += 1.0F;
            for (std::size_t i = 0; i < Inputs; ++i) sums[label][i] += x[i];
        }
        for (std::size_t k = 0; k < clusters_; ++k) {
            if (counts[k] == 0.0F) {
                sums[k] = centres[k];
                continue;
            }
            for (float& value : sums[k]) value = clamped(value / counts[k], input_limit);
        }
        return sums;
    }

    std::uint8_t inputs_;
    std::uint8_t clusters_;
    std::uint8_t filled_ = 0;
    bool started_ = false;
    std::array<float, Clusters> counts_{};
    Centres centres_{};
    std::array<Vector, Start> first_{};
};

}  // namespace redshank
