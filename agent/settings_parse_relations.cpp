#include "agent/settings_parse_relations.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "agent/budget.hpp"
#include "agent/settings_keys.hpp"
#include "agent/settings_parse_brokers.hpp"
#include "agent/settings_parse_tasks.hpp"
#include "agent/settings_parse_units.hpp"
#include "drivers/signature.hpp"
#include "drivers/topic.hpp"
#include "drivers/uplink/sockets.hpp"
#include "model/aggregate_parts.hpp"

namespace redshank {

namespace {

std::string numbered(std::string_view table, std::size_t index) {
    return std::string(table) + "#" + std::to_string(index);
}

bool holds_any(std::string_view text, std::string_view letters) {
    return text.find_first_of(letters) != std::string_view::npos;
}

void check_names(const Settings& settings, SettingsReport& report) {
    if (holds_any(settings.agent.id, "/+#") || settings.agent.id.starts_with('$')) {
        report.error("agent.id", "id must be one level of a topic: no '/', '+' or '#', and no '$' at the beginning");
    }
    const std::string& base = settings.mqtt.base_topic;
    const bool given = report.has("mqtt.base_topic");  // else it comes from the id
    if (given && (!valid_topic(base) || base.starts_with('$') || base.starts_with('/') || base.ends_with('/'))) {
        report.error("mqtt.base_topic",
                     "base_topic must be a topic: no '+' or '#', no '$' at the beginning, no '/' at either end");
    }
}

// Of tcp://HOST:PORT and ipc://PATH, which on_loopback has let through.
bool complete(std::string_view url) {
    constexpr std::string_view ipc = "ipc://";
    constexpr std::size_t socket_path_max = 107;  // sun_path of unix(7)
    if (url.starts_with(ipc)) return url.size() > ipc.size() && url.size() - ipc.size() <= socket_path_max;
    const std::string_view port = url.substr(std::min(url.rfind(':') + 1, url.size()));
    std::uint16_t number = 0;
    const auto end = std::from_chars(port.data(), port.data() + port.size(), number);
    return end.ec == std::errc() && end.ptr == port.data() + port.size() && number != 0;
}

void check_uplink(const Settings& settings, SettingsReport& report) {
    const std::string& uplink = settings.uplink.url;
    if (uplink.empty()) return;
    if (!uplink.starts_with("tcp://") && !uplink.starts_with("ipc://")) {
        report.error("uplink.url", "url must be tcp://127.0.0.1:PORT or ipc://PATH");
    } else if (!wire::on_loopback(uplink)) {
        report.error("uplink.url",
                     "url must be on this machine (tcp://127.0.0.1:PORT, tcp://localhost:PORT, tcp://[::1]:PORT or "
                     "ipc://PATH): results may leave it only encrypted, and this version has no encryption");
    } else if (!complete(uplink)) {
        report.error("uplink.url",
                     "url must be tcp://127.0.0.1:PORT with a port from 1 to 65535, or ipc://PATH with a "
                     "path of at most 107 bytes");
    }
}

// Never shown: it may be a secret one.
void check_trusted_keys(const Settings& settings, SettingsReport& report) {
    for (std::size_t i = 0; i < settings.models.trusted_keys.size(); ++i) {
        const std::string& key = settings.models.trusted_keys[i];
        if (parse_public_key(key)) continue;
        const std::string where = numbered("models.trusted_keys", i);
        if (key.starts_with("ed25519-secret:")) {
            report.error(where,
                         "an element of trusted_keys is a secret key: put its public key there, and make a new "
                         "pair, because this one is no secret any more");
        } else {
            report.error(where,
                         "an element of trusted_keys must be a public key as `redshank keygen --sign FILE` "
                         "prints it: \"ed25519-public:\" and 64 hexadecimal digits");
        }
    }
}

// The labels that the sources' topics have.
std::vector<std::string> check_sources(const Settings& settings, SettingsReport& report) {
    std::vector<std::string> labels;
    std::vector<std::pair<std::uint8_t, std::string>> filters;
    for (std::size_t i = 0; i < settings.sources.size(); ++i) {
        const SourceSettings& source = settings.sources[i];
        const std::string where = numbered("source", i);
        if (!source.time.empty() &&
            std::find(source.fields.begin(), source.fields.end(), source.time) != source.fields.end()) {
            report.error(where + ".time", "time is one of the fields: a field is either the time or a channel");
        }
        if (source.format == PayloadFormat::number) {
            for (const char* key : {"time", "id", "fields"}) {
                if (!report.has(where + "." + key)) continue;
                report.error(where + "." + key, std::string(key) + " goes with format json: a number has no fields");
            }
        }
        if (source.topic.empty()) continue;  // reported already
        const Outcome<TopicPattern> pattern = TopicPattern::parse(source.topic);
        if (!pattern) {
            report.error(where + ".topic", "topic cannot be read: " + pattern.error());
            continue;
        }
        const std::string filter = pattern->filter();
        const auto same = std::find(filters.begin(), filters.end(), std::pair(source.broker_index, filter));
        if (same != filters.end()) {
            report.error(where + ".topic", "topic is the same filter as that of another [[source]], " + shown(filter) +
                                               ": a message counts under the first one only");
        }
        filters.emplace_back(source.broker_index, filter);
        labels.insert(labels.end(), pattern->names().begin(), pattern->names().end());
    }
    return labels;
}

std::string braced(std::string_view name) {
    return "{" + std::string(name) + "}";
}

void check_groups(const Settings& settings, const std::vector<std::string>& labels, SettingsReport& report) {
    const std::vector<std::string_view> known(labels.begin(), labels.end());
    for (std::size_t i = 0; i < settings.groups.size(); ++i) {
        const GroupSettings& group = settings.groups[i];
        const std::string where = numbered("group", i) + ".name";
        if (group.name.empty()) continue;
        if (holds_any(group.name, "+#")) report.error(where, "name must not hold '+' or '#': it is part of a topic");
        for (std::size_t other = 0; other < i; ++other) {
            if (settings.groups[other].name != group.name) continue;
            report.error(where, "name is that of another [[group]]: " + shown(group.name));
            break;
        }
        const Outcome<TopicPattern> pattern = TopicPattern::parse(group.name, TopicPattern::Use::name);
        if (!pattern) {
            report.error(where, "name cannot be read: " + pattern.error());
            continue;
        }
        for (const std::string& label : pattern->names()) {
            if (std::find(labels.begin(), labels.end(), label) != labels.end()) continue;
            const std::string_view nearest = nearest_word(label, known);
            report.error(where, "name has the label " + braced(label) + ", which no [[source]] has in its topic" +
                                    (nearest.empty() ? "" : ": did you mean " + braced(nearest) + "?"));
        }
    }
}

double as_double(const Decimal& value) {
    return to_double(value.mantissa, value.scale);
}

void check_condition(const RuleSettings& rule, const std::string& where, SettingsReport& report) {
    const int conditions = (rule.above ? 1 : 0) + (rule.below ? 1 : 0) + (rule.score_above ? 1 : 0) +
                           (rule.absent_for_ns || report.has(where + ".absent_for") ? 1 : 0);
    if (conditions != 1) {
        // One that was given and refused has its error already.
        const bool refused =
            report.has(where + ".above") || report.has(where + ".below") || report.has(where + ".score_above");
        if (conditions > 1 || !refused) {
            report.error(where, std::string("[[rule]] needs exactly one of above, below, score_above and absent_for") +
                                    (conditions == 0 ? "" : ", this one has more"));
        }
        return;
    }
    if (rule.clear_below) {
        const std::optional<Decimal>& fires = rule.above ? rule.above : rule.score_above;
        if (!fires) {
            report.error(where + ".clear_below", "clear_below goes with above or score_above only");
        } else if (as_double(*rule.clear_below) > as_double(*fires)) {
            report.error(where + ".clear_below",
                         std::string("clear_below must be at most ") + (rule.above ? "above" : "score_above"));
        }
    }
    if (rule.clear_above) {
        if (!rule.below) {
            report.error(where + ".clear_above", "clear_above goes with below only");
        } else if (as_double(*rule.clear_above) < as_double(*rule.below)) {
            report.error(where + ".clear_above", "clear_above must be at least below");
        }
    }
    if (!rule.group.empty() && !rule.score_above) {
        report.error(where + ".group", "group goes with score_above only: a group has a score and no reading");
    }
    if (rule.for_ns > 0 && rule.absent_for_ns) {
        report.error(where + ".for", "for does not go with absent_for, which is a time already");
    }
}

void check_pattern(const std::string& text, const std::string& where, std::string_view key, SettingsReport& report) {
    if (text.empty()) return;
    const Outcome<TopicPattern> pattern = TopicPattern::parse(text, TopicPattern::Use::name);
    if (!pattern) report.error(where, std::string(key) + " cannot be read: " + pattern.error());
}

// A rule's group pattern that is neither a group nor can match one.
void check_group_of_rule(const Settings& settings, const RuleSettings& rule, const std::string& where,
                         SettingsReport& report) {
    if (rule.group.empty()) return;
    if (settings.groups.empty()) {
        return report.error(where, "group needs a [[group]]; without any, channels are judged alone: use channel");
    }
    std::vector<std::string_view> names;
    bool open = holds_any(rule.group, "{+#");
    for (const GroupSettings& group : settings.groups) {
        names.push_back(group.name);
        open = open || holds_any(group.name, "{");
    }
    if (open || std::find(names.begin(), names.end(), rule.group) != names.end()) return;
    const std::string_view nearest = nearest_word(rule.group, names);
    report.error(where, "group " + shown(rule.group) + " is no [[group]]" +
                            (nearest.empty() ? "" : ": did you mean " + shown(nearest) + "?"));
}

void check_rules(const Settings& settings, SettingsReport& report) {
    for (std::size_t i = 0; i < settings.rules.size(); ++i) {
        const RuleSettings& rule = settings.rules[i];
        const std::string where = numbered("rule", i);
        if (holds_any(rule.name, "/+#")) {
            report.error(where + ".name", "name must not hold '/', '+' or '#': it is one level of a topic");
        }
        if (rule.name == "anomaly") {
            report.error(where + ".name", "name is that of the default rule: change it in [anomaly]");
        }
        for (std::size_t other = 0; other < i; ++other) {
            if (rule.name.empty() || settings.rules[other].name != rule.name) continue;
            report.error(where + ".name", "name is that of another [[rule]]: " + shown(rule.name));
            break;
        }
        const bool channel = report.has(where + ".channel");
        if (channel == report.has(where + ".group")) {
            report.error(where, channel ? "[[rule]] has both channel and group: it is for one of them"
                                        : "[[rule]] needs one of channel and group");
        }
        check_condition(rule, where, report);
        if (!settings.groups.empty() && rule.score_above && !rule.channel.empty()) {
            report.error(where + ".channel",
                         "with [[group]] a channel has no score of its own: name the group instead");
        }
        check_pattern(rule.channel, where + ".channel", "channel", report);
        check_pattern(rule.group, where + ".group", "group", report);
        check_group_of_rule(settings, rule, where + ".group", report);
    }
}

}  // namespace

void fill_defaults(Settings& settings, const SettingsReport& report) {
    const std::string& id = settings.agent.id;
    if (settings.mqtt.base_topic.empty()) settings.mqtt.base_topic = "redshank/" + id;
    if (settings.mqtt.client_id.empty()) settings.mqtt.client_id = "redshank-" + id;
    for (BrokerSettings& broker : settings.brokers) {
        if (broker.client_id.empty()) broker.client_id = "redshank-" + id;
    }
    for (std::size_t i = 0; i < settings.groups.size(); ++i) {
        GroupSettings& group = settings.groups[i];
        const std::string where = numbered("group", i);
        if (!report.has(where + ".model") && group.task == Task::anomaly) group.model = settings.anomaly.model;
        // A target that stands beside the channels is one of them as well.
        if (group.task != Task::anomaly && !group.target.empty() &&
            std::find(group.channels.begin(), group.channels.end(), group.target) == group.channels.end()) {
            group.channels.push_back(group.target);
        }
        if (!report.has(where + ".warmup")) group.warmup_readings = settings.anomaly.warmup_readings;
        if (!report.has(where + ".hold")) group.hold_ns = settings.anomaly.hold_ns;
    }
    Capacities& limits = settings.capacities;
    settings.given = {.channels = report.has("limits.channels"),
                      .groups = report.has("limits.groups"),
                      .rule_states = report.has("limits.rule_states"),
                      .fields_per_message = report.has("limits.fields_per_message"),
                      .results = report.has("limits.results")};
    if (!report.has("limits.groups") && settings.groups.empty()) {
        limits.groups_max = limits.channels_max;
    }
    if (!report.has("limits.rule_states")) limits.rule_states_max = std::max(limits.rule_states_max, limits.groups_max);
    if (!report.has("limits.results")) {
        limits.results_max = std::max(limits.results_max, 4 * limits.channels_max);
    }
    if (!report.has("storage.max_bytes")) {
        settings.storage.bytes_max = std::max(settings.storage.bytes_max, 2 * disk_bytes_least(settings));
    }
}

void check_relations(Settings& settings, SettingsReport& report) {
    check_names(settings, report);
    check_uplink(settings, report);
    check_brokers(settings, report);
    check_trusted_keys(settings, report);
    const std::vector<std::string> labels = check_sources(settings, report);
    check_groups(settings, labels, report);
    check_tasks(settings, report);
    for (std::size_t i = 0; i < settings.associations.channels.size(); ++i) {
        check_pattern(settings.associations.channels[i], "associations.channels#" + std::to_string(i),
                      "an element of channels", report);
    }
    if (as_double(settings.anomaly.clear_below) > as_double(settings.anomaly.score_above)) {
        report.error(report.has("anomaly.clear_below") ? "anomaly.clear_below" : "anomaly.score_above",
                     "clear_below must be at most score_above");
    }
    check_rules(settings, report);
    for (const Unrelated& unrelated : related(settings)) {
        const std::size_t dot = unrelated.key.rfind('.');
        const bool named = unrelated.message.starts_with(unrelated.key.substr(dot + 1));
        report.error(unrelated.key, named ? unrelated.message : unrelated.key + " " + unrelated.message);
    }
}

}  // namespace redshank
