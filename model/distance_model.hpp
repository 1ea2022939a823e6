#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "model/calibration.hpp"
#include "model/framed_learner.hpp"
#include "model/lags.hpp"
#include "model/model.hpp"
#include "model/snapshot_frame.hpp"

namespace redshank {

// Any measure of how far a vector is from what was learned, as an anomaly model: on the standardised members and, if
// the detector wants them, the last values of few members. The distance is calibrated by its own past, from the second
// half of the warm-up on and not before the detector has settled.
//   Detector: explicit Detector(std::size_t inputs); float distance(std::span<const float>) const, finite and >= 0;
//   void learn(std::span<const float>); std::size_t written_bytes() const; void write(ByteWriter&) const;
//   bool read(ByteReader&), false for what no stream leads to; and constants: std::string_view name, as in the
//   configuration; std::size_t inputs_most; std::uint32_t unsettled, the vectors after which distances mean something;
//   bool lagged. It holds all its memory in itself. Inputs are within +-16.
template <class Detector>
class DistanceModel final : public Model {
public:
    static constexpr std::size_t members_most = Lags::inputs_max;
    static_assert(Detector::inputs_most >= Lags::inputs_max);

    DistanceModel(std::size_t members, std::uint32_t warmup) noexcept
        : lags_(members), detector_(inputs_for(members)), warmup_(warmup) {}

    Score score(const Observation& observation) const noexcept override {
        if (learned_ < warmup_) return {};
        const Lags::Inputs inputs = lags_.before(observation.standardised);
        last_ = {true, inputs, detector_.distance(seen(inputs))};
        return {score_of(distances_.rarity(last_.distance)), true};
    }
    void learn(const Observation& observation) noexcept override {
        const Lags::Inputs inputs = lags_.before(observation.standardised);
        if (learned_ >= std::max(warmup_ / 2, Detector::unsettled)) {
            const bool known =
                last_.known && std::ranges::equal(std::as_bytes(seen(last_.inputs)), std::as_bytes(seen(inputs)));
            distances_.add(known ? last_.distance : detector_.distance(seen(inputs)));
        }
        last_.known = false;
        detector_.learn(seen(inputs));
        if (learned_ < UINT32_MAX) ++learned_;
        pass(observation);
    }
    void pass(const Observation& observation) noexcept override { lags_.push(observation.standardised); }
    std::uint32_t learned() const noexcept override { return learned_; }
    std::uint32_t settling() const noexcept override { return 32; }

    void snapshot(ByteWriter& out) const noexcept override {
        frame().write(out, [this](ByteWriter& body) {
            body.put(learned_);
            lags_.write(body);
            detector_.write(body);
            distances_.write(body);
        });
    }
    bool restore(ByteReader& in) noexcept override {
        std::optional<ByteReader> body = frame().read(in);
        if (!body) return false;
        last_.known = false;
        learned_ = body->get<std::uint32_t>();
        lags_.read(*body);
        if (!body->ok() || !detector_.read(*body)) return false;
        distances_.read(*body);
        return body->ok() && body->left() == 0;
    }
    std::size_t snapshot_bytes() const noexcept override { return frame().bytes(); }
    std::size_t bytes() const noexcept override { return sizeof(*this); }
    void reset() noexcept override {
        const std::size_t members = lags_.members();
        lags_ = Lags(members);
        detector_ = Detector(inputs_for(members));
        distances_ = {};
        learned_ = 0;
        last_.known = false;
    }
    std::string_view name() const noexcept override { return Detector::name; }

private:
    static std::size_t inputs_for(std::size_t members) noexcept {
        return Detector::lagged ? members * Lags::lags_for(members) : members;
    }
    // The newest values come first, so they are what is left without the older ones.
    std::span<const float> seen(const Lags::Inputs& inputs) const noexcept {
        return std::span(inputs).first(inputs_for(lags_.members()));
    }
    SnapshotFrame frame() const noexcept {
        const std::size_t body_bytes =
            4 + lags_.written_bytes() + detector_.written_bytes() + TailHistogram::written_bytes;
        return {.magic = magic_of(Detector::name),
                .inputs = static_cast<std::uint16_t>(lags_.members()),
                .body_bytes = static_cast<std::uint32_t>(body_bytes)};
    }

    // The distance of the last score, while nothing was learned: what is scored is mostly learned next.
    struct Last {
        bool known = false;
        Lags::Inputs inputs{};
        float distance = 0;
    };

    mutable Last last_;
    Lags lags_;
    Detector detector_;
    TailHistogram distances_;
    std::uint32_t warmup_;
    std::uint32_t learned_ = 0;
};

}  // namespace redshank
