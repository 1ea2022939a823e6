#include <algorithm>
#include <bit>

#include "agent/alert_rules.hpp"

// Rule states as bytes, and at start back again.

namespace redshank {

namespace {

constexpr std::uint8_t format_with_brokers = 4;  // of the pipeline's state: since then there are several

}  // namespace

void AlertRules::write_common(ByteWriter& out) const noexcept {
    for (std::size_t broker = 0; broker < brokers_max; ++broker) {
        out.put(paused_[broker]);
        out.put(paused_since_ns_[broker]);
    }
}

void AlertRules::read_common(ByteReader& in, std::uint8_t format) noexcept {
    const std::size_t saved = format < format_with_brokers ? 1 : brokers_max;
    for (std::size_t broker = 0; broker < saved; ++broker) {
        paused_[broker] = in.get<bool>();
        paused_since_ns_[broker] = in.get<std::int64_t>();
    }
}

void AlertRules::write(std::uint32_t slot, ByteWriter& out) const noexcept {
    const RuleState& state = states_[slot];
    const Rule& rule = rules_[state.rule];
    out.put_text(rule.name.view());
    out.put_text(state.target());
    out.put(state.state);
    out.put(rule.severity);
    out.put(rule.first.kind);
    out.put(std::bit_cast<std::uint64_t>(rule.first.fire));
    out.put(state.id.boot);
    out.put(state.id.position);
    out.put(state.id.ordinal);
    out.put(state.ever_changed);
    out.put(state.since_ns);
    out.put(std::bit_cast<std::uint64_t>(state.value));
    out.put(state.pending);
    out.put(state.pending_since_ns);
    out.put(std::bit_cast<std::uint64_t>(state.pending_value));
    out.put(std::bit_cast<std::uint64_t>(state.first_value));
    out.put(state.held_back);
    out.put(state.opens_ns);
    out.put(state.cooldown_until_ns);
    out.put(state.acknowledged_ns);
    out.put(state.timed);
    state.rhythm.write(out);
}

SavedRuleName read_rule_name(ByteReader& in) noexcept {
    SavedRuleName saved;
    saved.rule.assign(in.get_text());
    saved.target.assign(in.get_text());
    saved.state = in.get<AlertState>();
    saved.severity = in.get<Severity>();
    saved.kind = in.get<Condition::Kind>();
    return saved;
}

void AlertRules::read_into(std::uint32_t slot, std::uint16_t rule, const Target& target, ByteReader& in,
                           std::uint8_t format) noexcept {
    RuleState& state = states_[slot];
    state = state_of(rule, target);
    state.state = read_rule_name(in).state;
    const bool same_threshold = in.get<std::uint64_t>() == std::bit_cast<std::uint64_t>(rules_[rule].first.fire);
    state.id.boot = in.get<std::uint64_t>();
    state.id.position = in.get<std::uint64_t>();
    state.id.ordinal = in.get<std::uint32_t>();
    state.ever_changed = in.get<bool>();
    state.since_ns = in.get<std::int64_t>();
    state.value = std::bit_cast<double>(in.get<std::uint64_t>());
    state.pending = in.get<bool>() && same_threshold;
    state.pending_since_ns = in.get<std::int64_t>();
    state.pending_value = std::bit_cast<double>(in.get<std::uint64_t>());
    if (format < format_with_brokers) return;
    state.first_value = std::bit_cast<double>(in.get<std::uint64_t>());
    state.held_back = in.get<bool>() && state.pending;
    state.opens_ns = in.get<std::int64_t>();
    state.cooldown_until_ns = in.get<std::int64_t>();
    state.acknowledged_ns = in.get<std::int64_t>();
    state.timed = in.get<bool>();
    state.rhythm.read(in);
}

void AlertRules::drop(std::uint32_t slot) noexcept {
    states_[slot] = {};
    next_slot_ = std::min(next_slot_, slot);
}

void AlertRules::renew(RuleLink& link) noexcept {
    const RuleState& old = states_[link.state];
    RuleState fresh = state_of(
        old.rule, {.named = old.named, .name_bytes = old.name_bytes, .source = old.source, .broker = old.broker});
    fresh.since_ns = old.since_ns;
    fresh.id = old.id;
    fresh.holding = old.holding;
    if (link.holds) --fresh.holding[link.part];
    link.holds = false;
    states_[link.state] = fresh;
}

void AlertRules::restore_timers() noexcept {
    for (std::uint32_t slot = 0; slot < states_.size(); ++slot) {
        if (states_[slot].used && states_[slot].pending && states_[slot].state == AlertState::clear) set_timer(slot);
    }
}

}  // namespace redshank
