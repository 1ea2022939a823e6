#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

#include "model/bytes.hpp"
#include "model/framed_learner.hpp"

namespace redshank {

// Which of several learners answers: the champion, until some challenger's fading loss is less than (1 - margin) of the
// champion's for `patience` events in a row. It holds losses only; the learners are the caller's.
//   Source: fading prequential loss of Gama, Sebastiao, Rodrigues (2013). Invariant: losses within [0, loss_most].
//   Shape: 1 to Members members. Units: losses as given, the same for all members, clamped. Thread: the owner's. No
//   heap.
template <std::size_t Members>
class Champion {
public:
    static constexpr float loss_most = 1e6F;
    static constexpr float kept = 0.995F;  // 200 events
    static constexpr float margin = 0.05F;
    static constexpr std::uint16_t patience = 50;

    explicit Champion(std::size_t members) noexcept : members_(static_cast<std::uint8_t>(members)) {
        assert(members >= 1 && members <= Members && members <= UINT8_MAX);
    }

    // One event's loss of every member, not negative. true: another one is champion now.
    bool add(std::span<const float> losses) noexcept {
        assert(losses.size() == members_);
        weight_ = std::min(kept * weight_ + 1.0F, weight_most);
        std::size_t best = champion_;
        for (std::size_t i = 0; i < members_; ++i) {
            const float loss = std::min(std::max(losses[i], 0.0F), loss_most);
            losses_[i] = std::min(losses_[i] + (loss - losses_[i]) / weight_, loss_most);
        }
        for (std::size_t i = 0; i < members_; ++i) {
            if (losses_[i] < losses_[best]) best = i;
        }
        const bool better = losses_[best] < (1.0F - margin) * losses_[champion_];
        ahead_ = better ? static_cast<std::uint16_t>(ahead_ + 1) : std::uint16_t{0};
        if (ahead_ < patience) return false;
        champion_ = static_cast<std::uint8_t>(best);
        ahead_ = 0;
        return true;
    }

    std::size_t champion() const noexcept { return champion_; }
    float loss(std::size_t member) const noexcept { return losses_[member]; }

    std::size_t written_bytes() const noexcept { return 7U + 4U * members_; }
    void write(ByteWriter& out) const noexcept {
        out.put(champion_);
        out.put(ahead_);
        out.put(weight_);
        put_all(out, std::span(losses_).first(members_));
    }
    // false: values that no stream can lead to.
    bool read(ByteReader& in) noexcept {
        champion_ = in.get<std::uint8_t>();
        ahead_ = in.get<std::uint16_t>();
        const bool weight_fine = get_all(in, std::span(&weight_, 1), 0.0F, weight_most);
        const bool losses_fine = get_all(in, std::span(losses_).first(members_), 0.0F, loss_most);
        const bool fine = champion_ < members_ && ahead_ < patience && weight_fine && losses_fine;
        if (!fine) *this = Champion(members_);
        return fine;
    }

private:
    static constexpr float weight_most = 200.0F;  // 1 / (1 - kept)

    std::uint8_t members_;
    std::uint8_t champion_ = 0;
    std::uint16_t ahead_ = 0;  // events in a row with a challenger ahead by the margin
    float weight_ = 0;
    std::array<float, Members> losses_{};
};

}  // namespace redshank
