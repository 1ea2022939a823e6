#include "agent/settings_parse_rules.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "agent/rule.hpp"
#include "agent/settings_keys.hpp"
#include "drivers/topic.hpp"
#include "model/aggregate_parts.hpp"

namespace redshank {

namespace {

bool holds_any(std::string_view text, std::string_view letters) {
    return text.find_first_of(letters) != std::string_view::npos;
}

double as_double(const Decimal& value) {
    return to_double(value.mantissa, value.scale);
}

int count_of(const ConditionSettings& condition) {
    int count = 0;
    for (const auto* each :
         {&condition.above, &condition.below, &condition.rate_above, &condition.rate_below, &condition.score_above}) {
        count += *each ? 1 : 0;
    }
    return count;
}

// One that was given and refused has its error already.
bool any_given(const SettingsReport& report, const std::string& where) {
    return std::ranges::any_of(
        std::initializer_list<const char*>{"above", "below", "rate_above", "rate_below", "score_above"},
        [&](const char* key) { return report.has(where + "." + key); });
}

void check_thresholds(const ConditionSettings& condition, const std::string& where, SettingsReport& report) {
    const bool rate = condition.rate_above || condition.rate_below;
    if (report.has(where + ".rate_per") && !rate) {
        report.error(where + ".rate_per", "rate_per goes with rate_above or rate_below only");
    }
    if (condition.clear_below) {
        const std::optional<Decimal>& fires = condition.above        ? condition.above
                                              : condition.rate_above ? condition.rate_above
                                                                     : condition.score_above;
        const char* name = condition.above ? "above" : condition.rate_above ? "rate_above" : "score_above";
        if (!fires) {
            report.error(where + ".clear_below", "clear_below goes with above, rate_above or score_above only");
        } else if (as_double(*condition.clear_below) > as_double(*fires)) {
            report.error(where + ".clear_below", std::string("clear_below must be at most ") + name);
        }
    }
    if (condition.clear_above) {
        const std::optional<Decimal>& fires = condition.below ? condition.below : condition.rate_below;
        if (!fires) {
            report.error(where + ".clear_above", "clear_above goes with below or rate_below only");
        } else if (as_double(*condition.clear_above) < as_double(*fires)) {
            report.error(where + ".clear_above",
                         std::string("clear_above must be at least ") + (condition.below ? "below" : "rate_below"));
        }
    }
    if (!condition.group.empty() && !condition.score_above) {
        report.error(where + ".group", "group goes with score_above only: a group has a score and no reading");
    }
}

void check_first(const RuleSettings& rule, const std::string& where, SettingsReport& report) {
    const bool absent = rule.absent_for_ns || rule.absent_auto || report.has(where + ".absent_for");
    const int conditions = count_of(rule) + (absent ? 1 : 0);
    if (conditions != 1) {
        if (conditions > 1 || !any_given(report, where)) {
            report.error(where, std::string("[[rule]] needs exactly one of above, below, rate_above, rate_below, "
                                            "score_above and absent_for") +
                                    (conditions == 0 ? "" : ", this one has more"));
        }
        return;
    }
    check_thresholds(rule, where, report);
    if (rule.for_ns > 0 && absent) {
        report.error(where + ".for", "for does not go with absent_for, which is a time already");
    }
    if (rule.join != RuleJoin::none && absent) {
        report.error(where, "absent_for stands alone: a second condition does not go with it");
    }
}

// A rule's group pattern that is neither a group nor can match one.
void check_group(const Settings& settings, const std::string& pattern, const std::string& where,
                 SettingsReport& report) {
    if (pattern.empty()) return;
    if (settings.groups.empty()) {
        return report.error(where, "group needs a [[group]]; without any, channels are judged alone: use channel");
    }
    std::vector<std::string_view> names;
    bool open = holds_any(pattern, "{+#");
    for (const GroupSettings& group : settings.groups) {
        names.push_back(group.name);
        open = open || holds_any(group.name, "{");
    }
    if (open || std::find(names.begin(), names.end(), pattern) != names.end()) return;
    const std::string_view nearest = nearest_word(pattern, names);
    report.error(where, "group " + shown(pattern) + " is no [[group]]" +
                            (nearest.empty() ? "" : ": did you mean " + shown(nearest) + "?"));
}

void check_target(const Settings& settings, const ConditionSettings& condition, const std::string& where,
                  std::string_view table, SettingsReport& report) {
    const bool channel = report.has(where + ".channel");
    if (channel == report.has(where + ".group")) {
        report.error(where, std::string(table) + (channel ? " has both channel and group: it is for one of them"
                                                          : " needs one of channel and group"));
    }
    if (!settings.groups.empty() && condition.score_above && !condition.channel.empty()) {
        report.error(where + ".channel", "with [[group]] a channel has no score of its own: name the group instead");
    }
    check_name_pattern(condition.channel, where + ".channel", "channel", report);
    check_name_pattern(condition.group, where + ".group", "group", report);
    check_group(settings, condition.group, where + ".group", report);
}

// One name for each thing that the first condition is for: no wildcard, and no label that the first does not have.
void check_second(const Settings& settings, const RuleSettings& rule, const std::string& rule_where,
                  SettingsReport& report) {
    const bool both = rule.join == RuleJoin::both;
    const std::string where = rule_where + (both ? ".and" : ".or");
    if (report.has(rule_where + ".and") && report.has(rule_where + ".or")) {
        return report.error(rule_where + ".or", "[[rule]] has both and and or: it has one of them");
    }
    const ConditionSettings& second = rule.second;
    if (const int conditions = count_of(second); conditions != 1) {
        if (conditions > 1 || !any_given(report, where)) {
            report.error(where, std::string(both ? "and" : "or") +
                                    " needs exactly one of above, below, rate_above, rate_below and score_above" +
                                    (conditions == 0 ? "" : ", this one has more"));
        }
        return;
    }
    check_thresholds(second, where, report);
    check_target(settings, second, where, both ? "and" : "or", report);
    if (rule.per != RulePer::channel) {
        report.error(rule_where + ".per", "per does not go with a second condition");
    }
    const std::string& name = second.channel.empty() ? second.group : second.channel;
    const char* key = second.channel.empty() ? ".group" : ".channel";
    if (holds_any(name, "+#")) {
        return report.error(where + key, std::string(key + 1) + " must be one name, without '+' and '#'");
    }
    const auto first = TopicPattern::parse(rule.channel.empty() ? rule.group : rule.channel, TopicPattern::Use::name);
    const auto pattern = TopicPattern::parse(name, TopicPattern::Use::name);
    if (!first || !pattern) return;  // reported already
    for (const std::string& label : pattern->names()) {
        if (std::find(first->names().begin(), first->names().end(), label) != first->names().end()) continue;
        report.error(where + key, std::string(key + 1) + " has the label {" + label +
                                      "}, which the first condition's pattern does not have");
    }
}

}  // namespace

void check_name_pattern(const std::string& text, const std::string& where, std::string_view key,
                        SettingsReport& report) {
    if (text.empty()) return;
    const Outcome<TopicPattern> pattern = TopicPattern::parse(text, TopicPattern::Use::name);
    if (!pattern) report.error(where, std::string(key) + " cannot be read: " + pattern.error());
}

void check_rules(const Settings& settings, SettingsReport& report) {
    for (std::size_t i = 0; i < settings.rules.size(); ++i) {
        const RuleSettings& rule = settings.rules[i];
        const std::string where = "rule#" + std::to_string(i);
        if (holds_any(rule.name, "/+#")) {
            report.error(where + ".name", "name must not hold '/', '+' or '#': it is one level of a topic");
        }
        if (rule.name == "anomaly") {
            report.error(where + ".name", "name is that of the default rule: change it in [anomaly]");
        }
        if (rule.name == broker_lost_name) {
            report.error(where + ".name", "name is that of the rule on brokers: change it in [alerts]");
        }
        for (std::size_t other = 0; other < i; ++other) {
            if (rule.name.empty() || settings.rules[other].name != rule.name) continue;
            report.error(where + ".name", "name is that of another [[rule]]: " + shown(rule.name));
            break;
        }
        check_first(rule, where, report);
        check_target(settings, rule, where, "[[rule]]", report);
        if (rule.per != RulePer::channel && !rule.group.empty()) {
            report.error(where + ".per", "per goes with channel only");
        }
        if (rule.join != RuleJoin::none) check_second(settings, rule, where, report);
    }
}

}  // namespace redshank
