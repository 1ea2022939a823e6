#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "model/adwin.hpp"
#include "model/framed_learner.hpp"
#include "model/hoeffding_tree.hpp"
#include "model/poisson.hpp"
#include "model/splitmix64.hpp"

namespace redshank {

// Trees that vote, each by its own share of right answers, and that are replaced when the stream changes.
//   Source: Gomes, Bifet, Read et al. (2017), "Adaptive random forests for evolving data stream classification": each
//   tree learns an event with a weight drawn from Poisson(6) (online bagging, Oza and Russell 2001), each leaf watches
//   ceil(sqrt(inputs)) + 1 inputs of its own; where a tree's errors rise as ADWIN sees it, with `warning_confidence` a
//   tree in the background begins to learn, with `drift_confidence` it takes the other's place.
//   Two departures: background trees share Spare slots (a warning that finds none free is counted in
//   warnings_without_room(), and a drift without a background tree starts the tree anew), and the leaves' logistic
//   functions see all inputs.
//   Invariant: no slot has two owners. Shape: 1 to Inputs inputs, 2 to Classes classes, at most Leaves leaves a tree.
//   The trees draw from one fixed seed; its state is part of a snapshot. Thread: the owner's. No heap.
template <std::size_t Inputs, std::size_t Classes, std::size_t Watched, std::size_t Leaves, std::size_t Spare = 3>
class AdaptiveForest final : public FramedLearner<Classifier, AdaptiveForest<Inputs, Classes, Watched, Leaves, Spare>> {
    static_assert(Watched < Inputs && Spare >= 1);

public:
    static constexpr std::size_t trees = 10;
    static constexpr float warning_confidence = 0.01F;
    static constexpr float drift_confidence = 0.001F;

    AdaptiveForest(std::size_t inputs, std::size_t classes) noexcept
        : inputs_(static_cast<std::uint16_t>(inputs)),
          classes_(static_cast<std::uint8_t>(classes)),
          slots_(made(inputs, classes, random_, std::make_index_sequence<slots>())) {
        reset();
    }

    void shares(const Features& features, std::span<float> out) const noexcept override {
        assert(out.size() == classes_);
        const TreeEvent<Inputs> event = scale_.event(features);
        std::array<float, Classes> room{};
        const std::span<float> answer = std::span(room).first(classes_);
        std::fill(out.begin(), out.end(), 0.0F);
        for (const Member& member : members_) {
            slots_[member.tree.slot].shares(event, answer);
            for (std::size_t c = 0; c < classes_; ++c) out[c] += member.tree.accuracy * answer[c];
        }
        float sum = 0.0F;
        for (const float share : out) sum += share;
        for (float& share : out) share = sum > 0.0F ? share / sum : 1.0F / static_cast<float>(classes_);
    }

    void learn(const Features& features, std::uint8_t actual) noexcept override {
        assert(actual < classes_);
        const TreeEvent<Inputs> event = scale_.event(features);
        for (Member& member : members_) {
            const auto weight = static_cast<float>(poisson_of_six(random_.uniform()));
            const bool right = learn(member.tree, event, actual, weight);
            if (member.background.slot != no_slot) learn(member.background, event, actual, weight);
            follow(member, right ? 0.0F : 1.0F);
        }
        scale_.learn(event);
    }

    std::uint32_t drifts() const noexcept { return drifts_; }  // trees replaced
    std::uint32_t warnings_without_room() const noexcept { return warnings_without_room_; }

    std::size_t classes() const noexcept override { return classes_; }
    void reset() noexcept override {
        random_ = SplitMix64(seed);
        scale_ = {};
        drifts_ = 0;
        warnings_without_room_ = 0;
        for (std::size_t slot = 0; slot < slots; ++slot) slots_[slot].reset(random_);
        own_first_slots();
    }
    std::string_view name() const noexcept override { return "forest"; }

    SnapshotFrame frame() const noexcept {
        const std::size_t body = 1 + 8 + 4 + 4 + InputScale<Inputs>::written_bytes(inputs_) +
                                 trees * Member::written_bytes + slots * slots_[0].written_bytes();
        return {.magic = magic_of("forest"), .inputs = inputs_, .body_bytes = static_cast<std::uint32_t>(body)};
    }
    void write_body(ByteWriter& out) const noexcept {
        out.put(classes_);
        out.put(random_.state());
        out.put(drifts_);
        out.put(warnings_without_room_);
        scale_.write(out, inputs_);
        for (const Member& member : members_) member.write(out);
        for (const Tree& tree : slots_) tree.write(out);
    }
    bool read_body(ByteReader& in) noexcept {
        const bool same_classes = in.get<std::uint8_t>() == classes_;
        random_ = SplitMix64(in.get<std::uint64_t>());
        drifts_ = in.get<std::uint32_t>();
        warnings_without_room_ = in.get<std::uint32_t>();
        bool fine = same_classes && scale_.read(in, inputs_);
        std::array<bool, slots> owned{};
        for (Member& member : members_) fine = fine && member.read(in, owned);
        for (Tree& tree : slots_) fine = fine && tree.read(in);
        if (!fine) own_first_slots();  // no index is out of range then
        return fine;
    }

private:
    static constexpr std::size_t slots = trees + Spare;
    static constexpr std::uint8_t no_slot = 255;
    static constexpr std::uint64_t seed = 0x666f72657374U;
    static_assert(slots < no_slot);
    using Tree = HoeffdingTree<Inputs, Classes, Watched, Leaves>;

    // A slot's tree and how often it was right, faded.
    struct Judged {
        static constexpr float memory = 1000.0F;  // events
        std::uint8_t slot = no_slot;
        float seen = 0;
        float accuracy = 0.5F;  // as if one event in two had been right before

        void judge(bool right) noexcept {
            seen = std::min(seen + 1.0F, memory);
            accuracy += ((right ? 1.0F : 0.0F) - accuracy) / (seen + 1.0F);
        }
        void write(ByteWriter& out) const noexcept {
            out.put(slot);
            out.put(seen);
            out.put(accuracy);
        }
        bool read(ByteReader& in, std::array<bool, slots>& owned, bool may_be_none) noexcept {
            slot = in.get<std::uint8_t>();
            bool fine = get_all(in, std::span(&seen, 1), 0.0F, memory);
            fine = get_all(in, std::span(&accuracy, 1), 0.0F, 1.0F) && fine;
            if (slot == no_slot) return may_be_none && fine;
            if (!fine || slot >= slots || owned[slot]) return false;
            owned[slot] = true;
            return true;
        }
    };
    struct Member {
        Judged tree;
        Judged background;
        Adwin warning{warning_confidence};
        Adwin drift{drift_confidence};

        static constexpr std::size_t written_bytes = 2 * 9 + 2 * Adwin::written_bytes;
        void write(ByteWriter& out) const noexcept {
            tree.write(out);
            background.write(out);
            warning.write(out);
            drift.write(out);
        }
        bool read(ByteReader& in, std::array<bool, slots>& owned) noexcept {
            return tree.read(in, owned, false) && background.read(in, owned, true) && warning.read(in) &&
                   drift.read(in);
        }
    };

    template <std::size_t... Slot>
    static std::array<Tree, slots> made(std::size_t inputs, std::size_t classes, SplitMix64& random,
                                        std::index_sequence<Slot...>) noexcept {
        return {{(static_cast<void>(Slot), Tree(inputs, classes, watched(inputs), random))...}};
    }
    static std::size_t watched(std::size_t inputs) noexcept {
        std::size_t root = 1;
        while (root * root < inputs) ++root;
        return std::min<std::size_t>(root + 1, inputs);
    }

    void own_first_slots() noexcept {
        for (std::size_t m = 0; m < trees; ++m) {
            members_[m] = Member{};
            members_[m].tree.slot = static_cast<std::uint8_t>(m);
        }
    }

    bool learn(Judged& judged, const TreeEvent<Inputs>& event, std::uint8_t actual, float weight) noexcept {
        const bool right = slots_[judged.slot].learn(event, actual, weight, random_);
        judged.judge(right);
        return right;
    }

    void follow(Member& member, float error) noexcept {
        if (member.warning.look(error) == Adwin::Change::rose) {
            if (member.background.slot == no_slot) member.background.slot = free_slot();
            start(member.background);
            member.warning = Adwin(warning_confidence);
        }
        if (member.drift.look(error) == Adwin::Change::rose) {
            if (drifts_ < UINT32_MAX) ++drifts_;
            if (member.background.slot != no_slot) {
                member.tree = std::exchange(member.background, Judged{});
            } else {
                start(member.tree);
            }
            member.warning = Adwin(warning_confidence);
            member.drift = Adwin(drift_confidence);
        }
    }

    void start(Judged& judged) noexcept {
        const std::uint8_t slot = judged.slot;
        judged = {};
        judged.slot = slot;
        if (slot != no_slot) return slots_[slot].reset(random_);
        if (warnings_without_room_ < UINT32_MAX) ++warnings_without_room_;
    }

    std::uint8_t free_slot() const noexcept {
        for (std::uint8_t slot = 0; slot < slots; ++slot) {
            const bool owned = std::any_of(members_.begin(), members_.end(), [slot](const Member& member) {
                return member.tree.slot == slot || member.background.slot == slot;
            });
            if (!owned) return slot;
        }
        return no_slot;
    }

    std::uint16_t inputs_;
    std::uint8_t classes_;
    SplitMix64 random_{seed};
    InputScale<Inputs> scale_;
    std::uint32_t drifts_ = 0;
    std::uint32_t warnings_without_room_ = 0;
    std::array<Member, trees> members_;
    std::array<Tree, slots> slots_;
};

static_assert(sizeof(AdaptiveForest<8, 2, 4, 45>) <= std::size_t{256} * 1024);
static_assert(sizeof(AdaptiveForest<16, 4, 8, 14>) <= std::size_t{256} * 1024);
static_assert(sizeof(AdaptiveForest<16, 16, 8, 8>) <= std::size_t{512} * 1024);

}  // namespace redshank
