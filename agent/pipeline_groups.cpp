#include "agent/pipeline.hpp"

namespace redshank {

namespace {

// The first vectors are standardised by a mean and a deviation of next to nothing: no model should learn them.
constexpr std::uint64_t settling_vectors = 32;

}  // namespace

void Pipeline::offer(std::uint32_t slot, std::int64_t raw, bool row, Moment& moment) noexcept {
    Channel& channel = channels_[slot];
    const std::int64_t smoothed_q8 = channel.preprocess.smooth_q8(raw);
    const StandardisedQ16 standardised = channel.preprocess.standardise(smoothed_q8);
    bool held = false;
    for (std::uint8_t i = 0; i < channel.seat_count; ++i) {
        const Seat seat = channel.seats[i];
        Group& group = groups_[seat.group];
        const std::uint32_t bit = 1u << seat.member;
        if (!row && (group.fresh & bit) != 0) score(seat.group, moment);  // others are missing: held
        group.values[seat.member] = standardised;
        group.known |= bit;
        group.fresh |= bit;
        group.changed_at = moment.position;
        if (!row && group.fresh == group.all()) score(seat.group, moment);
        held = held || group.held;
    }
    if (!held) channel.preprocess.learn(smoothed_q8);
}

// Scores, judges, then learns: the model saw nothing of this vector when it scored it.
void Pipeline::score(std::uint32_t slot, Moment& moment) noexcept {
    Group& group = groups_[slot];
    group.fresh = 0;
    group.lags.push(std::span<const StandardisedQ16>(group.values).first(group.members));
    ++group.vectors;
    group.changed_at = moment.position;

    const std::span<const float> inputs = group.lags.inputs();
    const Score score = group.model->score(inputs);
    if (score.warm) {
        for (std::uint8_t i = 0; i < group.rule_count; ++i)
            rules_.judge(group.rules[i], static_cast<double>(score.score), moment);
    }
    const bool firing =
        group.anomaly_rule != AlertRules::none && rules_[group.anomaly_rule].state == AlertState::firing;
    if (firing && !group.firing) group.firing_since_ns = moment.now_ns;
    group.firing = firing;
    // Once the longest hold is over it learns although it fires: the lasting change becomes the new normal.
    group.held = firing && moment.now_ns - group.firing_since_ns < group.hold_ns;
    if (!group.held && group.vectors > settling_vectors) {
        group.model->learn(inputs);
        group.model_changed_at = moment.position;
    }
    const float anomaly_score = group.suppression.pass(score.score);
    moment.out.scored({group.name.view(), anomaly_score, score.score, firing});
}

void Pipeline::end_row(Moment& moment) noexcept {
    for (std::uint32_t slot = 0; slot < groups_.size(); ++slot) {
        Group& group = groups_[slot];
        if (!group.used) continue;
        if (group.fresh != 0) {
            score(slot, moment);
        } else {
            const bool firing =
                group.anomaly_rule != AlertRules::none && rules_[group.anomaly_rule].state == AlertState::firing;
            moment.out.scored({group.name.view(), 0, 0, firing});
        }
    }
}

}  // namespace redshank
