#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/framed_learner.hpp"
#include "model/hoeffding_tree.hpp"

namespace redshank {

// One Hoeffding tree that watches all inputs: model/hoeffding_tree.hpp.
//   Shape: 1 to Inputs inputs, 2 to Classes classes, at most Leaves leaves. Thread: the owner's. No heap.
template <std::size_t Inputs, std::size_t Classes, std::size_t Leaves>
class HoeffdingClassifier final : public FramedLearner<Classifier, HoeffdingClassifier<Inputs, Classes, Leaves>> {
public:
    HoeffdingClassifier(std::size_t inputs, std::size_t classes) noexcept
        : inputs_(static_cast<std::uint16_t>(inputs)),
          classes_(static_cast<std::uint8_t>(classes)),
          tree_(inputs, classes, inputs, random_) {}

    void shares(const Features& features, std::span<float> out) const noexcept override {
        assert(out.size() == classes_);
        tree_.shares(scale_.event(features), out);
    }

    void learn(const Features& features, std::uint8_t actual) noexcept override {
        assert(actual < classes_);
        const TreeEvent<Inputs> event = scale_.event(features);
        tree_.learn(event, actual, 1.0F, random_);
        scale_.learn(event);
    }

    std::size_t classes() const noexcept override { return classes_; }
    void reset() noexcept override {
        scale_ = {};
        tree_.reset(random_);
    }
    std::string_view name() const noexcept override { return "hoeffding-tree"; }

    using Tree = HoeffdingTree<Inputs, Classes, Inputs, Leaves>;
    const Tree& tree() const noexcept { return tree_; }

    SnapshotFrame frame() const noexcept {
        const std::size_t body = 1 + InputScale<Inputs>::written_bytes(inputs_) + tree_.written_bytes();
        return {.magic = magic_of("hoeffding-tree"), .inputs = inputs_, .body_bytes = static_cast<std::uint32_t>(body)};
    }
    void write_body(ByteWriter& out) const noexcept {
        out.put(classes_);
        scale_.write(out, inputs_);
        tree_.write(out);
    }
    bool read_body(ByteReader& in) noexcept {
        return in.get<std::uint8_t>() == classes_ && scale_.read(in, inputs_) && tree_.read(in);
    }

private:
    std::uint16_t inputs_;
    std::uint8_t classes_;
    SplitMix64 random_{0};  // nothing is drawn where all inputs are watched
    InputScale<Inputs> scale_;
    Tree tree_;
};

static_assert(sizeof(HoeffdingClassifier<8, 2, 88>) <= std::size_t{64} * 1024);
static_assert(sizeof(HoeffdingClassifier<16, 4, 42>) <= std::size_t{64} * 1024);
static_assert(sizeof(HoeffdingClassifier<16, 16, 12>) <= std::size_t{64} * 1024);

}  // namespace redshank
