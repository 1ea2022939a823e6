#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/model.hpp"
#include "model/snapshot_frame.hpp"

namespace redshank {

// What is normal for a group of channels: `auto` for 2 to 64. Every value is smoothed (EW, 0.15); what counts is how
// far that is from the channel's baseline, in a scale that the warm-up gives and that takes in the channel's drift. Up
// to 16 members, or with a short warm-up, the two farthest channels are the measure; above it is the Mahalanobis
// distance of the smoothed values, because with many channels a fault shows in their relation.
//   The baseline follows slowly, but not during an alarm. The alarm latches: it is over when the channels that raised
//   it are back; then all baselines start anew where their channels are, which after a fault is seldom where they were.
//   What is learned during an alarm (the longest hold is over) moves the baseline and widens the scale.
//   Shape: 2 to `capacity` members. Invariant: scales > 0, all state finite. Units: the channels'. Thread: the owner's.
//   Source: Roberts 1959 (EW charts), Lowry et al. 1992 (their multivariate form, here with the covariance of the
//   smoothed values themselves, so that autocorrelation is in it); Welford 1962 for all moments.
template <std::size_t capacity>
class GroupDetector final : public Model {
public:
    static_assert(capacity <= group_members_most);
    static constexpr std::size_t few_members = 16;

    GroupDetector(std::size_t members, std::uint32_t warmup) noexcept;

    Score score(const Observation& observation) const noexcept override;
    void learn(const Observation& observation) noexcept override;
    void pass(const Observation& observation) noexcept override;
    std::uint32_t learned() const noexcept override { return learned_; }
    std::uint32_t settling() const noexcept override { return 32; }

    void snapshot(ByteWriter& out) const noexcept override;
    bool restore(ByteReader& in) noexcept override;
    std::size_t snapshot_bytes() const noexcept override { return frame().bytes(); }
    std::size_t bytes() const noexcept override { return sizeof(*this); }
    void reset() noexcept override;
    std::string_view name() const noexcept override { return "group"; }

private:
    using Values = std::array<float, capacity>;
    static constexpr std::size_t packed = capacity > few_members ? capacity*(capacity + 1) / 2 : 0;

    // Lower triangle by rows.
    static constexpr std::size_t at(std::size_t row, std::size_t column) noexcept {
        return row * (row + 1) / 2 + column;
    }
    bool relates() const noexcept;  // by Mahalanobis distance
    bool ready() const noexcept { return trained_ == training_; }
    // Rows that give the moments. With a covariance the last fifth of the warm-up is kept to see how far unseen rows
    // are.
    std::uint32_t fitted_rows() const noexcept { return relates() ? training_ - training_ / 5 : training_; }
    bool fitted() const noexcept { return trained_ >= fitted_rows(); }
    std::size_t packed_in_use() const noexcept { return relates() ? at(members_, 0) : 0; }
    SnapshotFrame frame() const noexcept;

    Values smoothed_with(const Observation& observation) const noexcept;
    Values deviations(const Values& smoothed) const noexcept;
    float strangeness(const Values& deviations) const noexcept;  // alarm_strangeness and more is an alarm
    float distance(const Values& deviations) const noexcept;     // Mahalanobis, per square root of the members
    void train(const Observation& observation) noexcept;
    void finish_training() noexcept;
    void factorise() noexcept;
    void advance(const Observation& observation) noexcept;  // smoothing and latch
    template <class Each>
    static bool each_field(Each&& each, auto& self) noexcept;

    std::uint32_t members_;
    std::uint32_t warmup_;
    std::uint32_t training_;
    std::uint32_t learned_ = 0;
    std::uint32_t trained_ = 0;
    std::uint32_t blocks_ = 0;
    std::uint32_t in_block_ = 0;
    float unseen_distances_ = 0;   // a sum, of the last fifth of the warm-up
    std::uint64_t raised_by_ = 0;  // the channels that raised the alarm
    bool latched_ = false;
    bool seen_ = false;

    Values smoothed_{};
    Values baseline_{};  // the mean, in training
    Values squares_{};   // of the distance from the mean, a sum
    Values smoothed_mean_{};
    Values smoothed_squares_{};
    Values block_sum_{};
    Values block_mean_{};
    Values block_squares_{};
    Values scale_{};
    std::array<float, packed> products_{};  // of smoothed distances, a sum; then the Cholesky factor
};

extern template class GroupDetector<16>;
extern template class GroupDetector<64>;
static_assert(sizeof(GroupDetector<16>) <= 1024);
static_assert(sizeof(GroupDetector<64>) <= 12288);

}  // namespace redshank
