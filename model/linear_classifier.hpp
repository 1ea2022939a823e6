#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "model/dense_inputs.hpp"
#include "model/float_math.hpp"
#include "model/framed_learner.hpp"
#include "model/linear_head.hpp"

namespace redshank {

enum class Loss : std::uint8_t {
    logistic,  // softmax; of two classes the sigmoid of one value
    hinge,     // one class against the rest; shares are sigmoids of twice the margin
};

// Shares of the classes from one value each, of two classes from the one value of class 1.
inline void shares_of(Loss loss, std::span<const float> values, std::span<float> out) noexcept {
    if (out.size() == 2) {
        out[1] = sigmoid_of(loss == Loss::hinge ? 2.0F * values[0] : values[0]);
        out[0] = 1.0F - out[1];
        return;
    }
    float most = values[0];
    for (const float value : values) most = std::max(most, value);
    float sum = 0.0F;
    for (std::size_t k = 0; k < out.size(); ++k) {
        out[k] = loss == Loss::hinge ? sigmoid_of(2.0F * values[k]) + 1e-6F : exp_of(values[k] - most);
        sum += out[k];
    }
    for (float& share : out) share /= sum;
}

// Linear functions that tell classes apart; Head says how they learn, Map what they see of the features.
//   Map: static constexpr std::size_t width; void map(const Features&, std::array<float, width>&) const noexcept.
//   Source: multinomial logistic regression by gradient descent (Bishop, "Pattern Recognition and Machine Learning",
//   section 4.3); the hinge loss with decay after Pegasos (Shalev-Shwartz et al. 2011) at a constant rate, because a
//   stream does not end.
//   Shape: 2 to Classes classes; two need one function.
template <template <std::size_t> class Head, class Map, std::size_t Classes>
class LinearClassifier final : public FramedLearner<Classifier, LinearClassifier<Head, Map, Classes>> {
public:
    // name: of static storage.
    LinearClassifier(std::string_view name, std::size_t inputs, std::size_t classes, Loss loss,
                     const HeadOptions& options) noexcept
        : name_(name),
          inputs_(static_cast<std::uint16_t>(inputs)),
          classes_(static_cast<std::uint8_t>(classes)),
          loss_(loss),
          options_(options),
          map_(inputs) {
        assert(classes >= 2 && classes <= Classes);
    }

    void shares(const Features& features, std::span<float> out) const noexcept override {
        assert(out.size() == classes_);
        Mapped x;
        map_.map(features, x);
        values_then_shares(x, out);
    }
    void learn(const Features& features, std::uint8_t actual) noexcept override {
        assert(actual < classes_);
        Mapped x;
        map_.map(features, x);
        if (loss_ == Loss::hinge) {
            for (std::size_t k = 0; k < heads(); ++k) {
                const float side = (classes_ == 2 ? actual == 1 : actual == k) ? 1.0F : -1.0F;
                heads_[k].descend(x, side * heads_[k].at(x) < 1.0F ? -side : 0.0F);
            }
            return;
        }
        std::array<float, Classes> room{};
        const std::span<float> predicted = std::span(room).first(classes_);
        values_then_shares(x, predicted);
        if (classes_ == 2) {
            heads_[0].descend(x, predicted[1] - (actual == 1 ? 1.0F : 0.0F));
            return;
        }
        for (std::size_t k = 0; k < classes_; ++k) heads_[k].descend(x, predicted[k] - (actual == k ? 1.0F : 0.0F));
    }

    std::size_t classes() const noexcept override { return classes_; }
    void reset() noexcept override { heads_.fill(OneHead(options_)); }
    std::string_view name() const noexcept override { return name_; }

    SnapshotFrame frame() const noexcept {
        return {.magic = magic_of(name_),
                .inputs = inputs_,
                .body_bytes = static_cast<std::uint32_t>(1 + heads() * OneHead::written_bytes(map_.used()))};
    }
    void write_body(ByteWriter& out) const noexcept {
        out.put(classes_);
        for (std::size_t k = 0; k < heads(); ++k) heads_[k].write(out, map_.used());
    }
    bool read_body(ByteReader& in) noexcept {
        bool fine = in.get<std::uint8_t>() == classes_;
        for (std::size_t k = 0; k < heads(); ++k) fine = heads_[k].read(in, map_.used()) && fine;
        return fine;
    }

private:
    using OneHead = Head<Map::width>;
    using Mapped = std::array<float, Map::width>;
    static constexpr std::size_t heads_most = Classes == 2 ? 1 : Classes;

    std::size_t heads() const noexcept { return classes_ == 2 ? 1U : classes_; }
    void values_then_shares(const Mapped& x, std::span<float> out) const noexcept {
        std::array<float, heads_most> values{};
        for (std::size_t k = 0; k < heads(); ++k) values[k] = heads_[k].at(x);
        shares_of(loss_, std::span(values).first(heads()), out);
    }

    std::string_view name_;
    std::uint16_t inputs_;
    std::uint8_t classes_;
    Loss loss_;
    HeadOptions options_;
    Map map_;
    std::array<OneHead, heads_most> heads_ = filled(options_);

    static std::array<OneHead, heads_most> filled(const HeadOptions& options) noexcept {
        return [&]<std::size_t... K>(std::index_sequence<K...>) {
            return std::array<OneHead, heads_most>{(static_cast<void>(K), OneHead(options))...};
        }
        (std::make_index_sequence<heads_most>{});
    }
};

// The features as they are.
template <std::size_t Inputs>
class SameFeatures {
public:
    static constexpr std::size_t width = Inputs;
    explicit SameFeatures(std::size_t inputs) noexcept : inputs_(static_cast<std::uint16_t>(inputs)) {
        assert(inputs >= 1 && inputs <= Inputs);
    }
    std::size_t used() const noexcept { return inputs_; }
    void map(const Features& features, std::array<float, Inputs>& out) const noexcept { load(features, out); }

private:
    std::uint16_t inputs_;
};

}  // namespace redshank
