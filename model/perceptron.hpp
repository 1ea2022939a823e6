#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/linear_classifier.hpp"
#include "model/network.hpp"

namespace redshank {

// A multi-layer perceptron with 16 hidden units, for classes (softmax, of two classes the sigmoid of one output) and
// for a number (squared error, an error counts as no more than `error_limit`). A missing value is the mean.
//   Source: as in network.hpp. Units: inputs clamped to +-perceptron_input_limit, so that garbage saturates the units
//   and no more. Shape: 1 to Inputs inputs, 2 to Classes classes. Thread: the owner's. No heap.
inline constexpr float perceptron_input_limit = 16.0F;
inline constexpr std::size_t perceptron_units = 16;

template <std::size_t Inputs>
void load_for_perceptron(const Features& features, std::array<float, Inputs>& x) noexcept {
    load(features, x);
    for (float& value : x) value = clamped(value, perceptron_input_limit);
}

template <std::size_t Inputs, std::size_t Classes>
class PerceptronClassifier final : public FramedLearner<Classifier, PerceptronClassifier<Inputs, Classes>> {
public:
    PerceptronClassifier(std::size_t inputs, std::size_t classes) noexcept
        : inputs_(static_cast<std::uint16_t>(inputs)),
          classes_(static_cast<std::uint8_t>(classes)),
          network_(inputs, perceptron_units, outputs()) {
        assert(classes >= 2 && classes <= Classes);
    }

    // Equal before anything was learned.
    void shares(const Features& features, std::span<float> out) const noexcept override {
        assert(out.size() == classes_);
        if (!learned_) {
            for (float& share : out) share = 1.0F / static_cast<float>(classes_);
            return;
        }
        typename Net::Input x;
        load_for_perceptron(features, x);
        typename Net::Pass pass;
        network_.forward(x, pass);
        shares_of(Loss::logistic, std::span(pass.outputs).first(outputs()), out);
    }
    void learn(const Features& features, std::uint8_t actual) noexcept override {
        assert(actual < classes_);
        typename Net::Input x;
        load_for_perceptron(features, x);
        typename Net::Pass pass;
        network_.forward(x, pass);
        std::array<float, Classes> room{};
        const std::span<float> predicted = std::span(room).first(classes_);
        shares_of(Loss::logistic, std::span(pass.outputs).first(outputs()), predicted);
        typename Net::Output errors{};
        for (std::size_t k = 0; k < outputs(); ++k) {
            const std::size_t c = classes_ == 2 ? 1 : k;
            errors[k] = predicted[c] - (actual == c ? 1.0F : 0.0F);
        }
        network_.descend(x, pass, errors, rate);
        learned_ = true;
    }

    std::size_t classes() const noexcept override { return classes_; }
    void reset() noexcept override {
        network_.reset();
        learned_ = false;
    }
    std::string_view name() const noexcept override { return "mlp"; }

    SnapshotFrame frame() const noexcept {
        return {.magic = magic_of("mlp"),
                .inputs = inputs_,
                .body_bytes = static_cast<std::uint32_t>(2 + network_.written_bytes())};
    }
    void write_body(ByteWriter& out) const noexcept {
        out.put(classes_);
        out.put(learned_);
        network_.write(out);
    }
    bool read_body(ByteReader& in) noexcept {
        const bool fine = in.get<std::uint8_t>() == classes_;
        const auto learned = in.get<std::uint8_t>();
        learned_ = learned == 1;
        return network_.read(in) && fine && learned <= 1;
    }

private:
    static constexpr std::size_t outputs_most = Classes == 2 ? 1 : Classes;
    static constexpr float rate = 0.03F;
    using Net = Network<Inputs, perceptron_units, outputs_most>;

    std::size_t outputs() const noexcept { return classes_ == 2 ? 1U : classes_; }

    std::uint16_t inputs_;
    std::uint8_t classes_;
    bool learned_ = false;
    Net network_;
};

template <std::size_t Inputs>
class PerceptronRegressor final : public FramedLearner<Regressor, PerceptronRegressor<Inputs>> {
public:
    explicit PerceptronRegressor(std::size_t inputs) noexcept
        : inputs_(static_cast<std::uint16_t>(inputs)), network_(inputs, perceptron_units, 1) {}

    float predict(const Features& features) const noexcept override {
        typename Net::Input x;
        load_for_perceptron(features, x);
        typename Net::Pass pass;
        network_.forward(x, pass);
        return pass.outputs[0];
    }
    void learn(const Features& features, float target) noexcept override {
        typename Net::Input x;
        load_for_perceptron(features, x);
        typename Net::Pass pass;
        network_.forward(x, pass);
        const float error = clamped(pass.outputs[0] - clamped(target, input_limit), error_limit);
        network_.descend(x, pass, {error}, rate);
    }

    void reset() noexcept override { network_.reset(); }
    std::string_view name() const noexcept override { return "mlp"; }

    SnapshotFrame frame() const noexcept {
        return {.magic = magic_of("mlp-number"),
                .inputs = inputs_,
                .body_bytes = static_cast<std::uint32_t>(network_.written_bytes())};
    }
    void write_body(ByteWriter& out) const noexcept { network_.write(out); }
    bool read_body(ByteReader& in) noexcept { return network_.read(in); }

private:
    static constexpr float rate = 0.01F;
    static constexpr float error_limit = 4.0F;
    using Net = Network<Inputs, perceptron_units, 1>;

    std::uint16_t inputs_;
    Net network_;
};

}  // namespace redshank
