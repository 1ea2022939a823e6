#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "model/bytes.hpp"
#include "model/lags.hpp"

namespace redshank {

// Principal components of a stream, and how far a vector lies from what they describe.
//   Source: exponentially weighted mean and covariance (Finch 2009, "Incremental calculation of weighted mean and
//   variance", section 9), with one step of orthogonal iteration on that covariance every few vectors (Golub and Van
//   Loan, "Matrix Computations", section 8.2.4), started from the components before. T2 after Hotelling (1947), SPE
//   after Jackson and Mudholkar (1979). Weights are 1/n while the stream is short, `memory` vectors long from then on.
//   A vector that lies far out moves the estimates no more than one at `reach` deviations does, input by input: a
//   single fault in what is learned cannot hide the next, and a lasting change of scale is still followed.
//   Invariant: the components are orthonormal; everything is finite for any finite input.
//   Units: inputs standardised, clamped to +-1024; distances are squares of those.
//   Numbers: + - * / and sqrt on floats, in one order: bytes equal on every board. No heap.
class Pca {
public:
    static constexpr std::size_t components_max = 4;

    // inputs: 1 to Lags::inputs_max.
    explicit Pca(std::size_t inputs) noexcept;

    struct Distances {
        float t2 = 0;   // along the components, each in units of its own variance
        float spe = 0;  // across them: what the components leave unexplained
    };
    Distances measure(std::span<const float> inputs) const noexcept;
    void learn(std::span<const float> inputs) noexcept;

    std::size_t inputs() const noexcept { return static_cast<std::size_t>(mean_.size()); }
    std::uint32_t learned() const noexcept { return learned_; }  // stops at 2^32 - 1

    using Vector = Eigen::Matrix<float, Eigen::Dynamic, 1, 0, Lags::inputs_max, 1>;
    using Square = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, 0, Lags::inputs_max, Lags::inputs_max>;
    using Columns = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, 0, Lags::inputs_max, components_max>;
    using Variances = Eigen::Matrix<float, Eigen::Dynamic, 1, 0, components_max, 1>;
    const Vector& mean() const noexcept { return mean_; }
    const Columns& components() const noexcept { return components_; }  // by falling variance, once converged

    void write(ByteWriter& out) const noexcept;
    bool read(ByteReader& in) noexcept;  // false: values that no stream can lead to; state undefined then

    static constexpr std::size_t components_for(std::size_t inputs) noexcept {
        return std::clamp<std::size_t>(inputs / 2, 1, components_max);
    }
    static constexpr std::size_t written_bytes(std::size_t inputs) noexcept {
        return 4 + 4 * (inputs + inputs * (inputs + 1) / 2 + (inputs + 1) * components_for(inputs));
    }

private:
    Vector deviation_of(std::span<const float> inputs) const noexcept;
    void turn_components() noexcept;

    std::uint32_t learned_ = 0;
    Vector mean_;
    Square covariance_;
    Columns components_;
    Variances variances_;  // along the components
};

}  // namespace redshank
