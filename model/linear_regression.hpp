#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/dense_inputs.hpp"
#include "model/framed_learner.hpp"
#include "model/linear_head.hpp"

namespace redshank {

// Linear regression by gradient descent on the squared error; Head says how (model/linear_head.hpp).
//   Units: targets clamped to +-input_limit, so are predictions. Shape: 1 to Inputs inputs.
template <template <std::size_t> class Head, std::size_t Inputs>
class LinearRegression final : public FramedLearner<Regressor, LinearRegression<Head, Inputs>> {
public:
    // name: of static storage.
    LinearRegression(std::string_view name, std::size_t inputs, const HeadOptions& options) noexcept
        : name_(name), inputs_(static_cast<std::uint16_t>(inputs)), options_(options), head_(options) {
        assert(inputs >= 1 && inputs <= Inputs);
    }

    float predict(const Features& features) const noexcept override {
        std::array<float, Inputs> x;
        load(features, x);
        return clamped(head_.at(x), input_limit);
    }
    void learn(const Features& features, float target) noexcept override {
        std::array<float, Inputs> x;
        load(features, x);
        const float error = clamped(head_.at(x), input_limit) - clamped(target, input_limit);
        head_.descend(x, error);
    }

    void reset() noexcept override { head_ = Head<Inputs>(options_); }
    std::string_view name() const noexcept override { return name_; }

    SnapshotFrame frame() const noexcept {
        return {.magic = magic_of(name_),
                .inputs = inputs_,
                .body_bytes = static_cast<std::uint32_t>(Head<Inputs>::written_bytes(inputs_))};
    }
    void write_body(ByteWriter& out) const noexcept { head_.write(out, inputs_); }
    bool read_body(ByteReader& in) noexcept { return head_.read(in, inputs_); }

private:
    std::string_view name_;
    std::uint16_t inputs_;
    HeadOptions options_;
    Head<Inputs> head_;
};

}  // namespace redshank
