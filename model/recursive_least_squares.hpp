#pragma once

#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/bytes.hpp"
#include "model/dense_inputs.hpp"
#include "model/framed_learner.hpp"
#include "model/linear_head.hpp"

namespace redshank {

// Least squares with forgetting, one event at a time.
//   Source: the factored update of Bierman (1976), "Measurement updating using the U-D factorization", the covariance
//   kept as U D U' with U unit upper triangular; forgetting divides D. D stays positive whatever comes, by
//   construction; it is held below `diagonal_most`, so that what is not excited does not wind up. Invariant: D within
//   [diagonal_least, diagonal_most], U and the weights within +-weight_limit. Shape: Order values, the constant 1 is
//   one of them. Thread: the owner's. No heap.
template <std::size_t Order>
class LeastSquaresCore {
public:
    static_assert(Order % lanes == 0);
    using Vector = std::array<float, Order>;

    // order: values in use, the rest of x is 0. kept: the weight of the past at each event, 0.9 to 1.
    LeastSquaresCore(std::size_t order, float kept) noexcept : order_(static_cast<std::uint32_t>(order)), kept_(kept) {
        assert(order >= 1 && order <= Order);
        diagonal_.fill(diagonal_first);
    }

    float at(const Vector& x) const noexcept { return dot(weights_, x); }

    void learn(const Vector& x, float error) noexcept {
        Vector gain{};
        float variance = kept_;
        for (std::size_t j = 0; j < order_; ++j) {
            Vector& column = upper_[j];
            const float along = x[j] + dot(column, x);  // the column's own 1 is not stored, nor what is below
            const float spread = diagonal_[j] * along;
            const float before = variance;
            variance += spread * along;
            diagonal_[j] =
                std::min(std::max(diagonal_[j] * (before / (variance * kept_)), diagonal_least), diagonal_most);
            const float factor = -along / before;
            for (std::size_t i = 0; i < Order; ++i) {
                const float old = column[i];
                column[i] = clamped(old + gain[i] * factor, weight_limit);
                gain[i] += old * spread;
            }
            gain[j] = spread;
        }
        const float step = error / variance;
        for (std::size_t i = 0; i < Order; ++i) weights_[i] = clamped(weights_[i] + gain[i] * step, weight_limit);
    }

    void write(ByteWriter& out) const noexcept {
        put_all(out, std::span(weights_).first(order_));
        put_all(out, std::span(diagonal_).first(order_));
        for (std::size_t j = 1; j < order_; ++j) put_all(out, std::span(upper_[j]).first(j));
    }
    bool read(ByteReader& in) noexcept {
        *this = LeastSquaresCore(order_, kept_);
        bool fine = get_all(in, std::span(weights_).first(order_), -weight_limit, weight_limit);
        fine = get_all(in, std::span(diagonal_).first(order_), diagonal_least, diagonal_most) && fine;
        for (std::size_t j = 1; j < order_; ++j) {
            fine = get_all(in, std::span(upper_[j]).first(j), -weight_limit, weight_limit) && fine;
        }
        return fine;
    }
    static constexpr std::size_t written_bytes(std::size_t order) noexcept {
        return 4 * (2 * order + order * (order - 1) / 2);
    }

private:
    static constexpr float diagonal_first = 100.0F;
    static constexpr float diagonal_least = 1e-12F;
    static constexpr float diagonal_most = 1e4F;

    std::uint32_t order_;
    float kept_;
    Vector weights_{};
    Vector diagonal_{};
    std::array<Vector, Order> upper_{};  // by columns
};

// `rls`: least squares on the inputs and a constant.
template <std::size_t Inputs>
class RecursiveLeastSquares final : public FramedLearner<Regressor, RecursiveLeastSquares<Inputs>> {
public:
    static constexpr float kept_default = 0.9995F;

    explicit RecursiveLeastSquares(std::size_t inputs, float kept = kept_default) noexcept
        : inputs_(static_cast<std::uint16_t>(inputs)), kept_(kept), core_(inputs + 1, kept) {
        assert(inputs >= 1 && inputs <= Inputs);
    }

    float predict(const Features& features) const noexcept override {
        return clamped(core_.at(values_of(features)), input_limit);
    }
    void learn(const Features& features, float target) noexcept override {
        const auto x = values_of(features);
        core_.learn(x, clamped(target, input_limit) - clamped(core_.at(x), input_limit));
    }

    void reset() noexcept override { core_ = Core(inputs_ + std::size_t{1}, kept_); }
    std::string_view name() const noexcept override { return "rls"; }

    SnapshotFrame frame() const noexcept {
        return {.magic = magic_of("rls"),
                .inputs = inputs_,
                .body_bytes = static_cast<std::uint32_t>(Core::written_bytes(inputs_ + std::size_t{1}))};
    }
    void write_body(ByteWriter& out) const noexcept { core_.write(out); }
    bool read_body(ByteReader& in) noexcept { return core_.read(in); }

private:
    using Core = LeastSquaresCore<(Inputs + lanes) / lanes * lanes>;
    typename Core::Vector values_of(const Features& features) const noexcept {
        typename Core::Vector x;
        load(features, x);
        x[inputs_] = 1.0F;
        return x;
    }

    std::uint16_t inputs_;
    float kept_;
    Core core_;
};

}  // namespace redshank
