#include "agent/alert_rules.hpp"

#include <algorithm>
#include <bit>

#include "model/aggregate_parts.hpp"

namespace redshank {

namespace {

double as_double(const Decimal& value) noexcept {
    return to_double(value.mantissa, value.scale);
}

// Whole milliseconds, for people.
double seconds(std::int64_t ns) noexcept {
    const std::int64_t ms = ns / 1'000'000;
    return static_cast<double>(ms) / 1000.0;
}

bool fires(const Rule& rule, double value) noexcept {
    switch (rule.kind) {
        case Rule::Kind::above:
            return value > rule.fire;
        case Rule::Kind::below:
            return value < rule.fire;
        case Rule::Kind::score_above:
            return value >= rule.fire;
        case Rule::Kind::absent:
            break;
    }
    return false;
}

bool clears(const Rule& rule, double value) noexcept {
    if (fires(rule, value)) return false;
    if (rule.clear == rule.fire) return true;
    return rule.kind == Rule::Kind::below ? value > rule.clear : value < rule.clear;
}

}  // namespace

Rule compile(const RuleSettings& settings) {
    Rule rule;
    rule.name.assign(settings.name);
    rule.for_ns = settings.for_ns;
    rule.severity = settings.severity;
    if (settings.above) {
        rule.kind = Rule::Kind::above;
        rule.fire = as_double(*settings.above);
        rule.clear = settings.clear_below ? as_double(*settings.clear_below) : rule.fire;
    } else if (settings.below) {
        rule.kind = Rule::Kind::below;
        rule.fire = as_double(*settings.below);
        rule.clear = settings.clear_above ? as_double(*settings.clear_above) : rule.fire;
    } else if (settings.score_above) {
        rule.kind = Rule::Kind::score_above;
        rule.fire = as_double(*settings.score_above);
        rule.clear = settings.clear_below ? as_double(*settings.clear_below) : rule.fire;
    } else {
        rule.kind = Rule::Kind::absent;
        rule.absent_for_ns = settings.absent_for_ns.value_or(0);
    }
    return rule;
}

Rule compile(const AnomalySettings& settings) {
    Rule rule;
    rule.name.assign("anomaly");
    rule.kind = Rule::Kind::score_above;
    rule.fire = as_double(settings.score_above);
    rule.clear = as_double(settings.clear_below);
    rule.for_ns = settings.for_ns;
    rule.severity = settings.severity;
    rule.is_default_anomaly = true;
    return rule;
}

AlertRules::AlertRules(std::vector<Rule> rules, std::size_t capacity, Timers& timers, std::uint32_t first_timer_id)
    : rules_(std::move(rules)), states_(capacity), timers_(timers), first_timer_id_(first_timer_id) {}

std::uint32_t AlertRules::add(std::uint16_t rule, const ChannelName& target, Moment& moment) noexcept {
    while (next_slot_ < states_.size() && states_[next_slot_].used) ++next_slot_;
    if (next_slot_ == states_.size()) {
        ++refused_;
        return none;
    }
    const std::uint32_t slot = next_slot_++;
    RuleState& state = states_[slot];
    state = {};
    state.used = true;
    state.rule = rule;
    state.target = &target;
    state.changed_at = moment.position;
    // Clear since now. No alert of this record has such an ordinal.
    state.since_ns = moment.now_ns;
    state.id = {moment.boot, moment.position, UINT32_MAX - slot};
    moment.out.rule_state_added(slot);
    return slot;
}

void AlertRules::judge(std::uint32_t slot, double value, Moment& moment) noexcept {
    RuleState& state = states_[slot];
    const Rule& rule = rules_[state.rule];
    if (state.state == AlertState::firing) {
        if (clears(rule, value)) change(state, AlertState::clear, moment.now_ns, value, moment);
        return;
    }
    if (!fires(rule, value)) {
        if (!state.pending) return;
        state.pending = false;
        state.changed_at = moment.position;
        timers_.cancel(first_timer_id_ + slot);
        return;
    }
    if (rule.for_ns == 0) {
        change(state, AlertState::firing, moment.now_ns, value, moment);
        return;
    }
    state.pending_value = value;
    state.changed_at = moment.position;
    if (state.pending) return;
    state.pending = true;
    state.pending_since_ns = moment.now_ns;
    set_timer(slot);
}

void AlertRules::heard(std::uint32_t slot, Moment& moment) noexcept {
    RuleState& state = states_[slot];
    state.pending = true;
    state.pending_since_ns = moment.now_ns;
    state.changed_at = moment.position;
    if (state.state == AlertState::firing) {
        const double silence_s = seconds(moment.now_ns - state.since_ns);
        change(state, AlertState::clear, moment.now_ns, silence_s, moment);
    }
    set_timer(slot);
}

void AlertRules::timer_fired(std::uint32_t slot, Moment& moment) noexcept {
    timers_.cancel(first_timer_id_ + slot);
    RuleState& state = states_[slot];
    const Rule& rule = rules_[state.rule];
    if (!state.pending || state.state == AlertState::firing) return;
    state.pending = false;
    const double value = rule.kind == Rule::Kind::absent ? seconds(rule.absent_for_ns) : state.pending_value;
    change(state, AlertState::firing, state.pending_since_ns, value, moment);
}

void AlertRules::settle(std::uint32_t slot, Moment& moment) noexcept {
    RuleState& state = states_[slot];
    if (state.pending) {
        state.pending = false;
        state.changed_at = moment.position;
        timers_.cancel(first_timer_id_ + slot);
    }
    if (state.state == AlertState::firing) change(state, AlertState::clear, moment.now_ns, 0, moment);
}

void AlertRules::pause(std::int64_t now_ns) noexcept {
    if (paused_) return;
    paused_ = true;
    paused_since_ns_ = now_ns;
    for (std::uint32_t slot = 0; slot < states_.size(); ++slot) timers_.cancel(first_timer_id_ + slot);
}

void AlertRules::resume(Moment& moment) noexcept {
    if (!paused_) return;
    paused_ = false;
    const std::int64_t away_ns = moment.now_ns - paused_since_ns_;
    for (std::uint32_t slot = 0; slot < states_.size(); ++slot) {
        RuleState& state = states_[slot];
        if (!state.used || !state.pending) continue;
        // What began within the pause (readings that waited in the broker) has stood still only since then.
        const std::int64_t began_ns = state.pending_since_ns;
        state.pending_since_ns = began_ns > paused_since_ns_ ? moment.now_ns : began_ns + away_ns;
        state.changed_at = moment.position;
        set_timer(slot);
    }
}

void AlertRules::move_time_line(std::int64_t from_ns, std::int64_t to_ns) noexcept {
    pause(from_ns);
    const std::int64_t shift_ns = to_ns - from_ns;
    paused_since_ns_ += shift_ns;
    for (RuleState& state : states_) {
        if (state.used && state.pending) state.pending_since_ns += shift_ns;
    }
}

void AlertRules::change(RuleState& state, AlertState to, std::int64_t since_ns, double value, Moment& moment) noexcept {
    state.state = to;
    state.ever_changed = true;
    state.since_ns = since_ns;
    state.value = value;
    state.id = moment.next_alert_id();
    state.changed_at = moment.position;
    if (to == AlertState::firing) state.pending = false;
    AlertRow made = row(state);
    made.number = moment.next_number();
    moment.out.alert(made);
}

AlertRow AlertRules::row(const RuleState& state) const noexcept {
    AlertRow row;
    row.id = state.id;
    row.rule = rules_[state.rule].name;
    row.channel = *state.target;
    row.state = state.state;
    row.severity = rules_[state.rule].severity;
    row.since_ns = state.since_ns;
    row.value = state.value;
    return row;
}

std::int64_t AlertRules::deadline_ns(const RuleState& state) const noexcept {
    const Rule& rule = rules_[state.rule];
    return state.pending_since_ns + (rule.kind == Rule::Kind::absent ? rule.absent_for_ns : rule.for_ns);
}

void AlertRules::set_timer(std::uint32_t slot) noexcept {
    if (!paused_) timers_.set(first_timer_id_ + slot, deadline_ns(states_[slot]));
}

void AlertRules::write_common(ByteWriter& out) const noexcept {
    out.put(paused_);
    out.put(paused_since_ns_);
}

void AlertRules::read_common(ByteReader& in) noexcept {
    paused_ = in.get<bool>();
    paused_since_ns_ = in.get<std::int64_t>();
}

void AlertRules::write(std::uint32_t slot, ByteWriter& out) const noexcept {
    const RuleState& state = states_[slot];
    out.put_text(rules_[state.rule].name.view());
    out.put_text(state.target->view());
    out.put(state.state);
    out.put(rules_[state.rule].severity);
    out.put(rules_[state.rule].kind);
    out.put(std::bit_cast<std::uint64_t>(rules_[state.rule].fire));
    out.put(state.id.boot);
    out.put(state.id.position);
    out.put(state.id.ordinal);
    out.put(state.ever_changed);
    out.put(state.since_ns);
    out.put(std::bit_cast<std::uint64_t>(state.value));
    out.put(state.pending);
    out.put(state.pending_since_ns);
    out.put(std::bit_cast<std::uint64_t>(state.pending_value));
}

SavedRuleName read_rule_name(ByteReader& in) noexcept {
    SavedRuleName saved;
    saved.rule.assign(in.get_text());
    saved.target.assign(in.get_text());
    saved.state = in.get<AlertState>();
    saved.severity = in.get<Severity>();
    saved.kind = in.get<Rule::Kind>();
    return saved;
}

void AlertRules::read_into(std::uint32_t slot, std::uint16_t rule, const ChannelName& target, ByteReader& in) noexcept {
    RuleState& state = states_[slot];
    state = {};
    state.used = true;
    state.rule = rule;
    state.target = &target;
    state.state = read_rule_name(in).state;
    const bool same_threshold = in.get<std::uint64_t>() == std::bit_cast<std::uint64_t>(rules_[rule].fire);
    state.id.boot = in.get<std::uint64_t>();
    state.id.position = in.get<std::uint64_t>();
    state.id.ordinal = in.get<std::uint32_t>();
    state.ever_changed = in.get<bool>();
    state.since_ns = in.get<std::int64_t>();
    state.value = std::bit_cast<double>(in.get<std::uint64_t>());
    state.pending = in.get<bool>() && same_threshold;
    state.pending_since_ns = in.get<std::int64_t>();
    state.pending_value = std::bit_cast<double>(in.get<std::uint64_t>());
}

void AlertRules::drop(std::uint32_t slot) noexcept {
    states_[slot] = {};
    next_slot_ = std::min(next_slot_, slot);
}

void AlertRules::renew(std::uint32_t slot) noexcept {
    RuleState fresh;
    fresh.used = true;
    fresh.rule = states_[slot].rule;
    fresh.target = states_[slot].target;
    fresh.since_ns = states_[slot].since_ns;
    fresh.id = states_[slot].id;
    states_[slot] = fresh;
}

void AlertRules::restore_timers() noexcept {
    for (std::uint32_t slot = 0; slot < states_.size(); ++slot) {
        if (states_[slot].used && states_[slot].pending && states_[slot].state == AlertState::clear) set_timer(slot);
    }
}

}  // namespace redshank
