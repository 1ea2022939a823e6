#include "agent/alert_rules.hpp"

#include <algorithm>

namespace redshank {

namespace {

using Kind = Condition::Kind;

// Whole milliseconds, for people.
double seconds(std::int64_t ns) noexcept {
    const std::int64_t ms = ns / 1'000'000;
    return static_cast<double>(ms) / 1000.0;
}

}  // namespace

AlertRules::AlertRules(std::vector<Rule> rules, std::size_t capacity, Timers& timers, std::uint32_t first_timer_id,
                       AlertGate gate)
    : rules_(std::move(rules)),
      states_(capacity),
      timers_(timers),
      first_timer_id_(first_timer_id),
      gate_(std::move(gate)) {
    paused_.fill(true);
}

std::uint32_t AlertRules::find(std::uint16_t rule, std::string_view target) const noexcept {
    for (std::uint32_t slot = 0; slot < states_.size(); ++slot) {
        if (states_[slot].used && states_[slot].rule == rule && states_[slot].target() == target) return slot;
    }
    return none;
}

std::uint32_t AlertRules::add(std::uint16_t rule, const Target& target, Moment& moment) noexcept {
    while (next_slot_ < for_brokers() && states_[next_slot_].used) ++next_slot_;
    if (next_slot_ == for_brokers()) {
        ++refused_;
        return none;
    }
    const std::uint32_t slot = next_slot_++;
    begin(slot, rule, target, moment);
    moment.out.rule_state_added(slot);
    return slot;
}

RuleState AlertRules::state_of(std::uint16_t rule, const Target& target) noexcept {
    RuleState state;
    state.used = true;
    state.rule = rule;
    state.named = target.named;
    state.name_bytes = target.name_bytes;
    state.source = target.source;
    state.broker = target.broker;
    return state;
}

void AlertRules::begin(std::uint32_t slot, std::uint16_t rule, const Target& target, Moment& moment) noexcept {
    RuleState& state = states_[slot];
    state = state_of(rule, target);
    state.changed_at = moment.position;
    // Clear since now. No alert of this record has such an ordinal.
    state.since_ns = moment.now_ns;
    state.id = {moment.boot, moment.position, UINT32_MAX - slot};
}

bool AlertRules::joined(const RuleState& state) const noexcept {
    switch (rules_[state.rule].join) {
        case RuleJoin::both:
            return state.holding[0] > 0 && state.holding[1] > 0;
        case RuleJoin::either:
            return state.holding[0] > 0 || state.holding[1] > 0;
        case RuleJoin::none:
            break;
    }
    return state.holding[0] > 0;
}

void AlertRules::linked(const RuleLink& link) noexcept {
    if (link.holds) ++states_[link.state].holding[link.part];
}

void AlertRules::judge(RuleLink& link, double value, Moment& moment) noexcept {
    RuleState& state = states_[link.state];
    const Condition& condition = rules_[state.rule].condition(link.part);
    // Until it fires a condition must hold all the time: the hysteresis is for the way back.
    const bool back = state.state == AlertState::firing && link.holds;
    const bool holds = back ? !condition.clears(value) : condition.fires(value);
    if (holds != link.holds) {
        link.holds = holds;
        holds ? ++state.holding[link.part] : --state.holding[link.part];
        state.changed_at = moment.position;
    }
    const bool alone = rules_[state.rule].parts() == 1;
    if (!alone && link.part == 0) {
        state.first_value = value;
        state.changed_at = moment.position;
    }
    decide(link.state, alone ? value : state.first_value, moment);
}

void AlertRules::decide(std::uint32_t slot, double value, Moment& moment) noexcept {
    RuleState& state = states_[slot];
    const bool holds = joined(state);
    if (state.state == AlertState::firing) {
        if (!holds) change(slot, AlertState::clear, moment.now_ns, value, moment);
        return;
    }
    if (!holds) {
        if (state.pending) state.changed_at = moment.position;
        return let_go(slot);
    }
    state.pending_value = value;
    if (state.pending) {
        state.changed_at = moment.position;
        return;
    }
    if (rules_[state.rule].for_ns == 0) return attempt(slot, moment.now_ns, value, moment);
    state.changed_at = moment.position;
    state.pending = true;
    state.pending_since_ns = moment.now_ns;
    set_timer(slot);
}

void AlertRules::let_go(std::uint32_t slot) noexcept {
    RuleState& state = states_[slot];
    state.held_back = false;
    if (!state.pending) return;
    state.pending = false;
    timers_.cancel(first_timer_id_ + slot);
}

// Fires where nothing holds it back; else waits for the gate, its condition holding.
void AlertRules::attempt(std::uint32_t slot, std::int64_t since_ns, double value, Moment& moment) noexcept {
    RuleState& state = states_[slot];
    const Rule& rule = rules_[state.rule];
    AlertGate::Verdict verdict =
        gate_.ask(rule.name.view(), state.target(), rule.severity, state.source, moment.now_ns);
    if (state.cooldown_until_ns > std::max(verdict.opens_ns, moment.now_ns)) {
        verdict = {state.cooldown_until_ns, HeldBack::cooldown};
    }
    if (verdict.opens_ns <= moment.now_ns) {
        gate_.passed(rule.severity, state.source, moment.now_ns);
        gate_changed_at_ = moment.position;
        state.cooldown_until_ns = moment.now_ns + rule.cooldown_ns;
        return change(slot, AlertState::firing, since_ns, value, moment);
    }
    if (!state.held_back) {
        gate_.held_back(verdict.reason);
        gate_changed_at_ = moment.position;
    }
    state.held_back = true;
    state.opens_ns = verdict.opens_ns;
    state.pending = true;
    state.pending_since_ns = since_ns;
    state.pending_value = value;
    state.changed_at = moment.position;
    set_timer(slot);
}

void AlertRules::heard(std::uint32_t slot, Moment& moment) noexcept {
    RuleState& state = states_[slot];
    const Rule& rule = rules_[state.rule];
    const bool firing = state.state == AlertState::firing;
    if (rule.absent_for_ns == 0) {
        if (state.timed) state.rhythm.heard(moment.now_ns - state.pending_since_ns, moment.now_ns);
        state.timed = true;
    }
    state.pending = true;
    state.held_back = false;
    state.pending_since_ns = moment.now_ns;
    state.changed_at = moment.position;
    if (firing) change(slot, AlertState::clear, moment.now_ns, seconds(moment.now_ns - state.since_ns), moment);
    set_timer(slot);
}

void AlertRules::timer_fired(std::uint32_t slot, Moment& moment) noexcept {
    timers_.cancel(first_timer_id_ + slot);
    RuleState& state = states_[slot];
    const Rule& rule = rules_[state.rule];
    if (!state.pending || state.state == AlertState::firing) return;
    double value = state.pending_value;
    if (rule.absent()) {
        value = seconds(rule.absent_for_ns != 0 ? rule.absent_for_ns : state.rhythm.timeout_ns().value_or(0));
    }
    if (rule.first.kind == Kind::broker_lost) value = seconds(moment.now_ns - state.pending_since_ns);
    attempt(slot, state.pending_since_ns, value, moment);
}

void AlertRules::settle(RuleLink& link, Moment& moment) noexcept {
    RuleState& state = states_[link.state];
    if (link.holds) --state.holding[link.part];
    link.holds = false;
    decide(link.state, 0, moment);
}

bool AlertRules::stands_still(const RuleState& state) const noexcept {
    return paused_[state.broker] && rules_[state.rule].first.kind != Kind::broker_lost;
}

void AlertRules::pause(std::uint8_t broker, std::int64_t now_ns, std::uint64_t position) noexcept {
    if (paused_[broker]) return;
    paused_[broker] = true;
    paused_since_ns_[broker] = now_ns;
    for (std::uint32_t slot = 0; slot < states_.size(); ++slot) {
        RuleState& state = states_[slot];
        if (!state.used || state.broker != broker) continue;
        if (state.timed) state.changed_at = position;
        state.timed = false;
        timers_.cancel(first_timer_id_ + slot);
        if (stands_still(state) || !state.pending) continue;
        // Timed anew: that the process was away is not the broker's fault.
        state.changed_at = position;
        let_go(slot);
    }
}

void AlertRules::time_brokers(Moment& moment) noexcept {
    for (std::uint32_t slot = for_brokers(); slot < states_.size(); ++slot) {
        RuleState& state = states_[slot];
        const bool waits = state.used && paused_[state.broker] && state.state == AlertState::clear && !state.pending;
        if (!waits) continue;
        state.pending = true;
        state.pending_since_ns = moment.now_ns;
        state.changed_at = moment.position;
        set_timer(slot);
    }
}

bool AlertRules::all_paused() const noexcept {
    return std::ranges::all_of(paused_, [](bool paused) { return paused; });
}

void AlertRules::pause_all(std::int64_t now_ns, std::uint64_t position) noexcept {
    for (std::uint8_t broker = 0; broker < brokers_max; ++broker) pause(broker, now_ns, position);
}

void AlertRules::resume(std::uint8_t broker, Moment& moment) noexcept {
    if (!paused_[broker]) return;
    paused_[broker] = false;
    const std::int64_t paused_since_ns = paused_since_ns_[broker];
    const std::int64_t away_ns = moment.now_ns - paused_since_ns;
    for (std::uint32_t slot = 0; slot < states_.size(); ++slot) {
        RuleState& state = states_[slot];
        if (!state.used || state.broker != broker) continue;
        if (rules_[state.rule].first.kind == Kind::broker_lost) {
            if (state.pending) state.changed_at = moment.position;
            let_go(slot);
            if (state.state != AlertState::firing) continue;
            change(slot, AlertState::clear, moment.now_ns, seconds(moment.now_ns - state.since_ns), moment);
            continue;
        }
        if (!state.pending) continue;
        // What began within the pause (readings that waited in the broker) has stood still only since then.
        const std::int64_t began_ns = state.pending_since_ns;
        state.pending_since_ns = began_ns > paused_since_ns ? moment.now_ns : began_ns + away_ns;
        state.changed_at = moment.position;
        set_timer(slot);
    }
}

void AlertRules::move_time_line(std::int64_t from_ns, std::int64_t to_ns) noexcept {
    pause_all(from_ns, 0);
    const std::int64_t shift_ns = to_ns - from_ns;
    for (std::int64_t& since_ns : paused_since_ns_) since_ns += shift_ns;
    gate_.move_time_line(shift_ns);
    for (std::uint32_t slot = 0; slot < states_.size(); ++slot) {
        RuleState& state = states_[slot];
        if (!state.used) continue;
        state.rhythm.move_time_line(shift_ns);
        if (state.cooldown_until_ns != INT64_MIN) state.cooldown_until_ns += shift_ns;
        if (!state.pending) continue;
        state.pending_since_ns += shift_ns;
        if (state.held_back && state.opens_ns != AlertGate::never) state.opens_ns += shift_ns;
        if (!stands_still(state)) set_timer(slot);
    }
}

void AlertRules::watch_broker(std::uint8_t broker, std::uint16_t rule, const ChannelName& name,
                              Moment& moment) noexcept {
    if (rules_[rule].for_ns == 0) return;
    std::uint32_t slot = find(rule, name.view());
    if (slot == none) {
        slot = for_brokers() + broker;
        begin(slot, rule, {.named = &name, .name_bytes = static_cast<std::uint16_t>(name.size()), .broker = broker},
              moment);
    }
}

std::uint32_t AlertRules::command(const AlertCommand& command, Moment& moment) noexcept {
    using Action = AlertCommand::Action;
    std::uint32_t changed = 0;
    gate_changed_at_ = moment.position;
    switch (command.action) {
        case Action::silence:
            return gate_.silence(command, moment.now_ns) ? 1 : 0;
        case Action::unsilence:
            changed = gate_.unsilence(command) ? 1 : 0;
            open_again(moment);
            return changed;
        case Action::maintenance_on:
            gate_.set_maintenance(command.for_ns == 0 ? AlertGate::never : moment.now_ns + command.for_ns);
            return 1;
        case Action::maintenance_off:
            changed = gate_.maintenance(moment.now_ns) ? 1 : 0;
            gate_.set_maintenance(0);
            open_again(moment);
            return changed;
        case Action::acknowledge:
            break;
    }
    for (std::uint32_t slot = 0; slot < states_.size(); ++slot) {
        RuleState& state = states_[slot];
        if (!state.used || state.state != AlertState::firing) continue;
        if (!command.rule.empty() && rules_[state.rule].name.view() != command.rule) continue;
        if (!name_under(command.channel, state.target())) continue;
        ++changed;
        if (state.acknowledged_ns != 0) continue;
        state.acknowledged_ns = moment.now_ns;
        state.changed_at = moment.position;
        moment.out.rule_state_added(slot);
    }
    return changed;
}

// The gate is another one: whoever waited for it asks again.
void AlertRules::open_again(Moment& moment) noexcept {
    for (std::uint32_t slot = 0; slot < states_.size(); ++slot) {
        RuleState& state = states_[slot];
        if (!state.used || !state.held_back || stands_still(state)) continue;
        timer_fired(slot, moment);
    }
}

void AlertRules::change(std::uint32_t slot, AlertState to, std::int64_t since_ns, double value,
                        Moment& moment) noexcept {
    RuleState& state = states_[slot];
    state.state = to;
    state.ever_changed = true;
    state.since_ns = since_ns;
    state.value = value;
    state.id = moment.next_alert_id();
    state.changed_at = moment.position;
    state.acknowledged_ns = 0;
    if (to == AlertState::firing) {
        state.pending = false;
        state.held_back = false;
    }
    AlertRow made = row(state);
    made.number = moment.next_number();
    moment.out.alert(made);
}

AlertRow AlertRules::row(const RuleState& state) const noexcept {
    AlertRow row;
    row.id = state.id;
    row.rule = rules_[state.rule].name;
    row.channel.assign(state.target());
    row.state = state.state;
    row.severity = rules_[state.rule].severity;
    row.since_ns = state.since_ns;
    row.value = state.value;
    row.acknowledged_ns = state.acknowledged_ns;
    return row;
}

std::int64_t AlertRules::deadline_ns(const RuleState& state) const noexcept {
    const Rule& rule = rules_[state.rule];
    std::int64_t wait_ns = rule.for_ns;
    if (rule.absent()) {
        wait_ns = rule.absent_for_ns;
        if (wait_ns == 0) {
            const auto learned = state.rhythm.timeout_ns();
            if (!learned) return AlertGate::never;
            wait_ns = *learned;
        }
    }
    const std::int64_t due_ns = state.pending_since_ns + wait_ns;
    return state.held_back ? std::max(due_ns, state.opens_ns) : due_ns;
}

void AlertRules::set_timer(std::uint32_t slot) noexcept {
    if (stands_still(states_[slot])) return;
    const std::int64_t due_ns = deadline_ns(states_[slot]);
    if (due_ns == AlertGate::never) {
        timers_.cancel(first_timer_id_ + slot);
    } else {
        timers_.set(first_timer_id_ + slot, due_ns);
    }
}

}  // namespace redshank
