#include <algorithm>
#include <tuple>

#include "agent/pipeline.hpp"

// Which rules a channel or group has to do with, and with which of their conditions.

namespace redshank {

namespace {

// The levels before the first wildcard; where there are none, the first level of the topic.
std::size_t common_bytes(std::string_view pattern, std::string_view topic) noexcept {
    std::size_t bytes = 0;
    for (std::size_t at = 0; at < pattern.size();) {
        const std::size_t end = std::min(pattern.find('/', at), pattern.size());
        if (pattern.substr(at, end - at).find_first_of("{+#") != std::string_view::npos) break;
        bytes = end;
        at = end + 1;
    }
    return bytes != 0 ? std::min(bytes, topic.size()) : std::min(topic.find('/'), topic.size());
}

}  // namespace

AlertRules::Target Pipeline::target_of(std::uint16_t rule, const Channel& channel) const noexcept {
    AlertRules::Target target{.named = &channel.name,
                              .name_bytes = static_cast<std::uint16_t>(channel.name.size()),
                              .source = channel.source,
                              .broker = broker_of_channel(channel)};
    const RulePer per = rules_.rule(rule).per;
    if (per == RulePer::topic || (per == RulePer::source && channel.source == Sources::none)) {
        target.name_bytes = channel.topic_bytes;
    } else if (per == RulePer::source) {
        const std::string_view pattern = sources_[channel.source].settings.topic;
        target.name_bytes =
            static_cast<std::uint16_t>(channel.broker_bytes + common_bytes(pattern, channel.topic_at_broker()));
    }
    return target;
}

std::uint32_t Pipeline::state_for(std::uint16_t rule, const AlertRules::Target& target, Moment& moment) noexcept {
    const std::uint32_t known = rules_.find(rule, target.view());
    if (known != AlertRules::none) return known;
    const std::uint32_t state = rules_.add(rule, target, moment);
    // A channel that fell silent before the rule came is silent all the same.
    if (state != AlertRules::none && rules_.rule(rule).absent()) rules_.heard(state, moment);
    return state;
}

std::uint64_t Pipeline::link_key(const RuleLink& link, std::string_view name) const noexcept {
    const RuleState& state = rules_[link.state];
    const std::uint64_t rule = fnv1a(rules_.rule(state.rule).name.view(), fnv1a_start ^ link.part);
    return fnv1a(name, fnv1a(state.target(), rule));
}

void Pipeline::link(std::span<RuleLink> links, std::uint8_t& count, std::uint32_t state, std::uint8_t part,
                    std::string_view name) noexcept {
    const auto used = links.first(count);
    if (std::ranges::any_of(used, [&](const RuleLink& link) { return link.state == state && link.part == part; }))
        return;
    if (count == links.size()) return rules_.refuse();
    RuleLink made{.state = state, .part = part};
    if (leftover_.restoring && leftover_.format < format_with_links) {
        made.holds =
            part == 0 && !rules_.rule(rules_[state].rule).absent() && rules_[state].state == AlertState::firing;
    } else if (leftover_.restoring) {
        made.holds = std::ranges::binary_search(leftover_.holding, link_key(made, name));
    }
    rules_.linked(made);
    // In one order, however they were found: rules judge in it.
    const auto rank = [this](const RuleLink& link) {
        const std::uint16_t rule = rules_[link.state].rule;
        const bool anomaly = rules_.rule(rule).is_default_anomaly;
        return std::tuple(anomaly ? 0U : rule + 1U, link.part, link.state);
    };
    std::size_t at = count++;
    for (; at > 0 && rank(made) < rank(links[at - 1]); --at) links[at] = links[at - 1];
    links[at] = made;
}

// The name that the second condition of `rule` is for, where its first one is for `first`.
bool Pipeline::second_name(std::uint16_t rule, std::string_view first, ChannelName& out) const noexcept {
    const ConditionSettings& second = settings_.rules[rule].second;
    Labels labels;
    if (!rule_patterns_[rule].matches(first, labels.values)) return false;
    return substitute_labels(second.channel.empty() ? second.group : second.channel, rule_patterns_[rule], labels, out);
}

// A channel that was there before the rule had a state: what it said last counts.
void Pipeline::link_seen(Channel& channel, std::uint32_t state) noexcept {
    const std::uint8_t before = channel.rule_count;
    link(channel.rules, channel.rule_count, state, 1, channel.name.view());
    const Condition& condition = rules_.rule(rules_[state].rule).second;
    const bool is_new = channel.rule_count > before && !leftover_.restoring;
    if (!is_new || !channel.has_last || condition.on_rate()) return;
    const auto made = std::ranges::find_if(
        channel.rules, [state](const RuleLink& link) { return link.state == state && link.part == 1; });
    made->holds = condition.fires(to_double(channel.last_raw, channel.scale.exponent()));
    rules_.linked(*made);
}

void Pipeline::link_second(std::uint16_t rule, std::uint32_t state, std::string_view first) noexcept {
    if (rules_.rule(rule).parts() == 1) return;
    ChannelName name;
    if (!second_name(rule, first, name)) return;
    if (!rules_.rule(rule).second.on_score() || !settings_.rules[rule].second.channel.empty()) {
        const std::uint32_t channel = find_channel(name.view());
        if (channel == NameIndex::none) return;
        if (!rules_.rule(rule).second.on_score()) return link_seen(channels_[channel], state);
    }
    const std::uint32_t group = find_group(name.view());
    if (group != no_slot) link(groups_[group].rules, groups_[group].rule_count, state, 1, name.view());
}

// As the second thing of rules whose first thing was there before.
void Pipeline::link_as_second(std::string_view name, bool is_group, std::span<RuleLink> links,
                              std::uint8_t& count) noexcept {
    const auto rules = static_cast<std::uint16_t>(settings_.rules.size());
    for (std::uint16_t rule = 0; rule < rules; ++rule) {
        if (rules_.rule(rule).parts() == 1 || rules_.rule(rule).second.on_score() != is_group) continue;
        for (std::uint32_t state = 0; state < rules_.capacity(); ++state) {
            if (!rules_[state].used || rules_[state].rule != rule) continue;
            ChannelName second;
            if (second_name(rule, rules_[state].target(), second) && second.view() == name) {
                link(links, count, state, 1, name);
            }
        }
    }
}

void Pipeline::attach_rules(std::uint32_t slot, Moment& moment) noexcept {
    Channel& channel = channels_[slot];
    const auto rules = static_cast<std::uint16_t>(settings_.rules.size());
    for (std::uint16_t rule = 0; rule < rules; ++rule) {
        if (!channel_matches(rule, channel)) continue;
        if (channel.rule_count == Channel::rules_max) {
            rules_.refuse();
            continue;
        }
        const std::uint32_t state = state_for(rule, target_of(rule, channel), moment);
        if (state == AlertRules::none) continue;
        link(channel.rules, channel.rule_count, state, 0, channel.name.view());
        link_second(rule, state, channel.name.view());
    }
    link_as_second(channel.name.view(), false, channel.rules, channel.rule_count);
}

std::uint8_t Pipeline::broker_of_channel(const Channel& channel) const noexcept {
    return channel.source == Sources::none ? std::uint8_t{0} : sources_[channel.source].settings.broker_index;
}

void Pipeline::attach_group_rules(std::uint32_t slot, Moment& moment) noexcept {
    Group& group = groups_[slot];
    const AlertRules::Target target{.named = &group.name,
                                    .name_bytes = static_cast<std::uint16_t>(group.name.size()),
                                    .source = Sources::none,
                                    .broker = group.broker};
    const auto attach_rule = [&](std::uint16_t rule) {
        if (group.rule_count == Group::rules_max) {
            rules_.refuse();
            return AlertRules::none;
        }
        const std::uint32_t state = state_for(rule, target, moment);
        if (state == AlertRules::none) return state;
        link(group.rules, group.rule_count, state, 0, group.name.view());
        link_second(rule, state, group.name.view());
        return state;
    };
    const auto rules = static_cast<std::uint16_t>(settings_.rules.size());
    group.anomaly_rule = attach_rule(rules);
    for (std::uint16_t rule = 0; rule < rules; ++rule) {
        if (group_matches(rule, group)) attach_rule(rule);
    }
    link_as_second(group.name.view(), true, group.rules, group.rule_count);
}

bool Pipeline::channel_matches(std::uint16_t rule, const Channel& channel) const noexcept {
    return !rules_.rule(rule).first.on_score() && rule_patterns_[rule].matches(channel.name.view());
}

// A rule on the score of a channel is one on the group that the channel alone is.
bool Pipeline::group_matches(std::uint16_t rule, const Group& group) const noexcept {
    if (!rules_.rule(rule).first.on_score()) return false;
    if (settings_.rules[rule].group.empty() && group.settings != Group::alone) return false;
    if (rule_patterns_[rule].matches(group.name.view())) return true;
    return group.settings != Group::alone && settings_.rules[rule].group == settings_.groups[group.settings].name;
}

}  // namespace redshank
