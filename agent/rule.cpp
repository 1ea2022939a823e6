#include "agent/rule.hpp"

#include "model/aggregate_parts.hpp"

namespace redshank {

namespace {

double as_double(const Decimal& value) noexcept {
    return to_double(value.mantissa, value.scale);
}

Condition compile_condition(const ConditionSettings& settings) {
    using Kind = Condition::Kind;
    Condition condition;
    const auto ask = [&](Kind kind, const Decimal& fire, const std::optional<Decimal>& clear) {
        condition.kind = kind;
        condition.fire = as_double(fire);
        condition.clear = clear ? as_double(*clear) : condition.fire;
    };
    if (settings.above) ask(Kind::above, *settings.above, settings.clear_below);
    if (settings.below) ask(Kind::below, *settings.below, settings.clear_above);
    if (settings.score_above) ask(Kind::score_above, *settings.score_above, settings.clear_below);
    if (settings.rate_above) ask(Kind::rate_above, *settings.rate_above, settings.clear_below);
    if (settings.rate_below) ask(Kind::rate_below, *settings.rate_below, settings.clear_above);
    condition.per_ns = settings.rate_per_ns;
    return condition;
}

}  // namespace

bool Condition::fires(double value) const noexcept {
    switch (kind) {
        case Kind::above:
        case Kind::rate_above:
            return value > fire;
        case Kind::below:
        case Kind::rate_below:
            return value < fire;
        case Kind::score_above:
            return value >= fire;
        case Kind::absent:
        case Kind::broker_lost:
            break;
    }
    return false;
}

bool Condition::clears(double value) const noexcept {
    if (fires(value)) return false;
    if (clear == fire) return true;
    return kind == Kind::below || kind == Kind::rate_below ? value > clear : value < clear;
}

Rule compile(const RuleSettings& settings) {
    Rule rule;
    rule.name.assign(settings.name);
    rule.for_ns = settings.for_ns;
    rule.cooldown_ns = settings.cooldown_ns;
    rule.severity = settings.severity;
    rule.per = settings.per;
    if (settings.absent_for_ns || settings.absent_auto) {
        rule.first.kind = Condition::Kind::absent;
        rule.absent_for_ns = settings.absent_auto ? 0 : settings.absent_for_ns.value_or(0);
        return rule;
    }
    rule.first = compile_condition(settings);
    rule.join = settings.join;
    if (rule.join != RuleJoin::none) rule.second = compile_condition(settings.second);
    return rule;
}

Rule compile(const AnomalySettings& settings) {
    Rule rule;
    rule.name.assign("anomaly");
    rule.first.kind = Condition::Kind::score_above;
    rule.first.fire = as_double(settings.score_above);
    rule.first.clear = as_double(settings.clear_below);
    rule.for_ns = settings.for_ns;
    rule.severity = settings.severity;
    rule.is_default_anomaly = true;
    return rule;
}

Rule compile(const AlertSettings& settings) {
    Rule rule;
    rule.name.assign(broker_lost_name);
    rule.first.kind = Condition::Kind::broker_lost;
    rule.for_ns = settings.broker_lost_after_ns;
    rule.severity = Severity::critical;
    return rule;
}

}  // namespace redshank
