#include <algorithm>

#include "agent/pipeline.hpp"

namespace redshank {

namespace {

constexpr std::int64_t half_hour_ns = 1'800'000'000'000;
constexpr double value_limit = 1e15;  // of an observation

// The distance from the channel's pivot, in the channel's unit.
float distance_from_pivot(const Channel& channel, std::int64_t smoothed_q8) noexcept {
    const double distance = to_double(smoothed_q8 - channel.pivot * 256, channel.scale.exponent()) / 256;
    return static_cast<float>(std::clamp(distance, -value_limit, value_limit));
}

float clamped(StandardisedQ16 standardised) noexcept {
    constexpr StandardisedQ16 limit = Standardised::from_ratio(16, 1).raw();
    return static_cast<float>(std::clamp(standardised, -limit, limit)) / (1 << Standardised::fraction_bits);
}

// From the end of the first half hour before 1970 on; a time line that began elsewhere has a day as well.
std::int16_t half_hour_of(std::int64_t now_ns) noexcept {
    const std::int64_t half_hours = now_ns / half_hour_ns % 48;
    return static_cast<std::int16_t>(half_hours < 0 ? half_hours + 48 : half_hours);
}

}  // namespace

void Pipeline::offer(std::uint32_t slot, std::int64_t raw, const EventTime& time, bool row, Moment& moment) noexcept {
    Channel& channel = channels_[slot];
    const std::int64_t held = channel.preprocess.hold_within_deadband(raw, channel.scale.exponent());
    const std::int64_t smoothed_q8 = channel.preprocess.smooth_q8(held);
    const float standardised = clamped(channel.preprocess.standardise(smoothed_q8));
    const float value = distance_from_pivot(channel, smoothed_q8);
    bool group_held = false;
    for (std::uint8_t i = 0; i < channel.seat_count; ++i) {
        const Seat seat = channel.seats[i];
        Group& group = groups_[seat.group];
        if (group.labelled_later(seat.member)) continue;
        const std::uint64_t bit = std::uint64_t{1} << seat.member;
        if (!row && (group.fresh & bit) != 0) score(seat.group, moment);  // others are missing: held
        if (group.predictor != nullptr)
            offer_to_predictor(seat.group, seat.member, channel, raw, smoothed_q8, time, moment);
        if (!fills_.empty()) {
            GroupFill& fill = fills_[seat.group];
            const bool went_on = (group.known & bit) != 0 && !fill.is_missing(seat.member);
            went_on ? fill.changed(seat.member, value - group.values[seat.member],
                                   standardised - group.standardised[seat.member])
                    : fill.came_back(seat.member);
        }
        group.values[seat.member] = value;
        group.standardised[seat.member] = standardised;
        group.known |= bit;
        group.fresh |= bit;
        group.changed_at = moment.position;
        if (!row && group.fresh == group.all()) score(seat.group, moment);
        group_held = group_held || group.held;
    }
    if (!group_held) channel.preprocess.learn(smoothed_q8);
}

// False: a member is missing for which nothing may stand.
bool Pipeline::fill_missing(std::uint32_t slot) noexcept {
    if (fills_.empty() || groups_[slot].predictor != nullptr) return true;
    Group& group = groups_[slot];
    bool whole = true;
    for (std::uint8_t member = 0; member < group.members; ++member) {
        const std::uint64_t bit = std::uint64_t{1} << member;
        if ((group.known & bit) == 0 || (group.fresh & bit) != 0) continue;
        whole = whole && fills_[slot].mode(member) != Fill::none;
        fills_[slot].missing(member, group.values[member], group.standardised[member]);
    }
    return whole;
}

// Scores, judges, then learns: the model saw nothing of this vector when it scored it.
void Pipeline::score(std::uint32_t slot, Moment& moment) noexcept {
    Group& group = groups_[slot];
    if (group.predictor != nullptr) take_row(slot, group.fresh, moment);
    const bool whole = fill_missing(slot);
    group.fresh = 0;
    group.changed_at = moment.position;
    if (!whole) {
        moment.out.scored({group.name.view(), 0, 0, group.firing});
        return;
    }
    ++group.vectors;
    group.model_changed_at = moment.position;

    const Observation observation{
        .values = std::span(group.values).first(group.members),
        .standardised = std::span(group.standardised).first(group.members),
        .half_hour = wall_trusted_ ? half_hour_of(moment.now_ns) : Observation::no_half_hour,
    };
    const Score score = group.model->score(observation);
    group.last_score = score;
    if (score.warm && group.unjudged == 0) {
        for (std::uint8_t i = 0; i < group.rule_count; ++i)
            rules_.judge(group.rules[i], static_cast<double>(score.score), moment);
    }
    const bool firing =
        group.anomaly_rule != AlertRules::none && rules_[group.anomaly_rule].state == AlertState::firing;
    const bool repeated = firing && group.firing;
    if (firing && !group.firing) group.firing_since_ns = moment.now_ns;
    group.firing = firing;
    // Once the longest hold is over it learns although it fires: the lasting change becomes the new normal.
    // Work on the machine is no normal state either.
    group.held =
        (firing && moment.now_ns - group.firing_since_ns < group.hold_ns) || rules_.gate().maintenance(moment.now_ns);
    if (group.held || group.vectors <= group.model->settling()) {
        group.model->pass(observation);
    } else {
        group.model->learn(observation);
    }
    if (group.unjudged > 0) --group.unjudged;
    // What the alert already says is said once.
    const float anomaly_score = group.suppression.pass(repeated ? 0 : score.score);
    moment.out.scored({group.name.view(), anomaly_score, score.score, firing});
}

std::uint64_t Pipeline::learned() const noexcept {
    std::uint64_t learned = 0;
    for (const Group& group : groups_) learned += group.used ? group.model->learned() : 0;
    return learned;
}

void Pipeline::end_row(Moment& moment) noexcept {
    for (std::uint32_t slot = 0; slot < groups_.size(); ++slot) {
        Group& group = groups_[slot];
        if (!group.used) continue;
        if (group.fresh != 0) {
            score(slot, moment);
        } else {
            if (group.predictor != nullptr) take_empty_row(slot, moment);
            const bool firing =
                group.anomaly_rule != AlertRules::none && rules_[group.anomaly_rule].state == AlertState::firing;
            moment.out.scored({group.name.view(), 0, 0, firing});
        }
        join_labels(slot, moment);
    }
}

}  // namespace redshank
