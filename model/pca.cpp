#include "model/pca.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace redshank {
namespace {

constexpr float input_limit = 1024.0F;
constexpr std::uint32_t memory = 2048;
constexpr float reach_square = 64.0F;        // 8 deviations
constexpr float variance_least = 1.0F / 64;  // for the reach: an input that never varied may still move by 1
constexpr float t2_variance_least = 1e-4F;   // 1 % of a deviation along a component is no distance
constexpr std::uint32_t turn_every = 4;      // vectors; at each of the first `turn_always`
constexpr std::uint32_t turn_always = 64;
constexpr float vanishing_square = 1e-10F;  // of a turned component, relative to the trace's square
constexpr float negligible = 1e-20F;        // set to 0, so that nothing decays into denormal numbers

// Takes out of `column` its parts along the first `count` columns, twice, because once leaves rounding behind (Parlett,
// "The Symmetric Eigenvalue Problem", section 6.9).
void orthogonalise(const Pca::Columns& columns, Eigen::Index count, Pca::Vector& column) noexcept {
    for (int pass = 0; pass < 2; ++pass) {
        for (Eigen::Index k = 0; k < count; ++k) column -= columns.col(k).dot(column) * columns.col(k);
    }
}

// A unit vector across the first `count` columns: the old one where it will do, else from an axis. Some axis has at
// least (inputs - count) / inputs of its square across them.
void replace_vanished(Pca::Columns& columns, Eigen::Index count) noexcept {
    const Eigen::Index inputs = columns.rows();
    Pca::Vector column = columns.col(count);
    for (Eigen::Index axis = 0; axis <= inputs; ++axis) {
        orthogonalise(columns, count, column);
        const float square = column.squaredNorm();
        if (square * static_cast<float>(2 * inputs) >= 1.0F) {
            columns.col(count) = column / std::sqrt(square);
            return;
        }
        if (axis < inputs) column = Pca::Vector::Unit(inputs, axis);
    }
    assert(false && "no direction is left");
}

template <class Values>
bool all_within(const Values& values, float least, float most) noexcept {
    for (Eigen::Index i = 0; i < values.size(); ++i) {
        const float value = values.data()[i];
        if (!(value >= least && value <= most)) return false;  // NaN too
    }
    return true;
}

}  // namespace

Pca::Pca(std::size_t inputs) noexcept {
    assert(inputs >= 1 && inputs <= Lags::inputs_max);
    const auto size = static_cast<Eigen::Index>(inputs);
    mean_ = Vector::Zero(size);
    covariance_ = Square::Identity(size, size);  // what standardised inputs have, worth one vector
    const auto count = static_cast<Eigen::Index>(components_for(inputs));
    components_ = Columns::Identity(size, count);
    variances_ = Variances::Ones(count);
}

Pca::Vector Pca::deviation_of(std::span<const float> inputs) const noexcept {
    assert(inputs.size() == this->inputs());
    Vector deviation(mean_.size());
    for (Eigen::Index i = 0; i < mean_.size(); ++i) {
        const float input = inputs[static_cast<std::size_t>(i)];
        assert(std::isfinite(input));
        deviation[i] = std::clamp(input, -input_limit, input_limit) - mean_[i];
    }
    return deviation;
}

Pca::Distances Pca::measure(std::span<const float> inputs) const noexcept {
    Vector rest = deviation_of(inputs);
    Distances distances;
    for (Eigen::Index k = 0; k < components_.cols(); ++k) {
        const float along = components_.col(k).dot(rest);
        distances.t2 += along * along / std::max(variances_[k], t2_variance_least);
        rest -= along * components_.col(k);
    }
    distances.spe = rest.squaredNorm();
    return distances;
}

void Pca::learn(std::span<const float> inputs) noexcept {
    const float weight = 1.0F / static_cast<float>(std::min(learned_, memory - 2) + 2);
    const float kept = 1.0F - weight;

    Vector deviation = deviation_of(inputs);
    for (Eigen::Index i = 0; i < deviation.size(); ++i) {
        const float most_square = reach_square * std::max(covariance_(i, i), variance_least);
        if (deviation[i] * deviation[i] > most_square) {
            const float most = std::sqrt(most_square);
            deviation[i] = std::clamp(deviation[i], -most, most);
        }
    }
    mean_ += weight * deviation;
    for (Eigen::Index j = 0; j < deviation.size(); ++j) {  // the brackets keep it symmetric to the bit, as stored
        covariance_.col(j) = kept * (covariance_.col(j) + weight * (deviation[j] * deviation));
    }
    if (learned_ < UINT32_MAX) ++learned_;
    if (learned_ < turn_always || learned_ % turn_every == 0) turn_components();
}

void Pca::turn_components() noexcept {
    float trace = 0.0F;
    for (Eigen::Index j = 0; j < covariance_.cols(); ++j) {
        for (Eigen::Index i = 0; i < covariance_.rows(); ++i) {
            if (std::fabs(covariance_(i, j)) < negligible) covariance_(i, j) = 0.0F;
        }
        trace += covariance_(j, j);
        if (std::fabs(mean_[j]) < negligible) mean_[j] = 0.0F;
    }

    Columns turned(components_.rows(), components_.cols());
    turned.noalias() = covariance_.lazyProduct(components_);
    for (Eigen::Index k = 0; k < turned.cols(); ++k) {
        variances_[k] = std::max(components_.col(k).dot(turned.col(k)), 0.0F);
        Vector column = turned.col(k);
        orthogonalise(components_, k, column);
        const float square = column.squaredNorm();
        if (square > vanishing_square * trace * trace) {
            components_.col(k) = column / std::sqrt(square);
        } else {
            replace_vanished(components_, k);
        }
    }
}

void Pca::write(ByteWriter& out) const noexcept {
    out.put(learned_);
    for (Eigen::Index i = 0; i < mean_.size(); ++i) out.put(mean_[i]);
    for (Eigen::Index j = 0; j < covariance_.cols(); ++j) {
        for (Eigen::Index i = 0; i <= j; ++i) out.put(covariance_(i, j));
    }
    for (Eigen::Index i = 0; i < components_.size(); ++i) out.put(components_.data()[i]);
    for (Eigen::Index k = 0; k < variances_.size(); ++k) out.put(variances_[k]);
}

bool Pca::read(ByteReader& in) noexcept {
    learned_ = in.get<std::uint32_t>();
    for (Eigen::Index i = 0; i < mean_.size(); ++i) mean_[i] = in.get<float>();
    for (Eigen::Index j = 0; j < covariance_.cols(); ++j) {
        for (Eigen::Index i = 0; i <= j; ++i) {
            covariance_(i, j) = in.get<float>();
            covariance_(j, i) = covariance_(i, j);
        }
    }
    for (Eigen::Index i = 0; i < components_.size(); ++i) components_.data()[i] = in.get<float>();
    for (Eigen::Index k = 0; k < variances_.size(); ++k) variances_[k] = in.get<float>();

    constexpr float variance_most = 4.0F * input_limit * input_limit;
    if (!in.ok() || !all_within(mean_, -input_limit, input_limit)) return false;
    if (!all_within(covariance_, -variance_most, variance_most)) return false;
    for (Eigen::Index i = 0; i < covariance_.cols(); ++i) {
        if (covariance_(i, i) < 0.0F) return false;
    }
    if (!all_within(variances_, 0.0F, variance_most * static_cast<float>(Lags::inputs_max))) return false;
    for (Eigen::Index k = 0; k < components_.cols(); ++k) {
        for (Eigen::Index l = 0; l <= k; ++l) {
            const float expected = k == l ? 1.0F : 0.0F;
            if (!(std::fabs(components_.col(k).dot(components_.col(l)) - expected) < 1e-4F)) return false;
        }
    }
    return true;
}

}  // namespace redshank
