#include "agent/settings_parse_relations.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "agent/budget.hpp"
#include "agent/settings_keys.hpp"
#include "agent/settings_parse_brokers.hpp"
#include "agent/settings_parse_outputs.hpp"
#include "agent/settings_parse_payloads.hpp"
#include "agent/settings_parse_rules.hpp"
#include "agent/settings_parse_tasks.hpp"
#include "agent/settings_parse_units.hpp"
#include "drivers/signature.hpp"
#include "drivers/topic.hpp"
#include "model/aggregate_parts.hpp"
#include "model/derived_feature.hpp"

namespace redshank {

namespace {

double as_double(const Decimal& value) {
    return to_double(value.mantissa, value.scale);
}

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
        check_payload(source, where, report);
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

void check_preprocess(const Settings& settings, SettingsReport& report) {
    for (std::size_t i = 0; i < settings.sources.size(); ++i) {
        const std::string where = numbered("source", i) + ".preprocess";
        const PreprocessSettings& preprocess = settings.sources[i].preprocess;
        if (preprocess.despike_readings % 2 == 0 && preprocess.despike_readings != 0) {
            report.error(where + ".despike", "despike must be an odd number of readings");
        }
        if (preprocess.deadband && as_double(*preprocess.deadband) <= 0) {
            report.error(where + ".deadband", "deadband must be above 0");
        }
        std::vector<std::string_view> kinds;
        for (std::size_t each = 0; each < settings.sources[i].derive.size(); ++each) {
            const std::string& text = settings.sources[i].derive[each];
            const std::string spot = numbered(where + ".derive", each);
            const std::optional<DerivedFeature> feature = parse_feature(text);
            if (!feature) {
                report.error(spot,
                             "an element of derive must be difference, rate, increase, counter_rate, or one of "
                             "mean, rms, variance, min, max and slope with a number of readings from 2 to 64, "
                             "like \"mean:20\", not " +
                                 shown(text));
                continue;
            }
            if (std::ranges::find(kinds, name_of(feature->kind)) != kinds.end()) {
                report.error(spot, "an element of derive is there twice with another number: " + shown(text));
            }
            kinds.push_back(name_of(feature->kind));
        }
    }
}

// A power of ten from 10^-15 to 1.
bool power_of_ten(const Decimal& value) {
    std::int64_t mantissa = value.mantissa;
    int places = value.scale;
    while (mantissa % 10 == 0 && mantissa != 0) {
        mantissa /= 10;
        --places;
    }
    return mantissa == 1 && places >= 0 && places <= 15;
}

void check_channels(const Settings& settings, SettingsReport& report) {
    for (std::size_t i = 0; i < settings.channels.size(); ++i) {
        const ChannelSettings& channel = settings.channels[i];
        const std::string where = numbered("channel", i);
        check_name_pattern(channel.channel, where + ".channel", "channel", report);
        if (channel.scale.mantissa == 0) report.error(where + ".scale", "scale must not be 0");
        if (channel.resolution && !power_of_ten(*channel.resolution)) {
            report.error(where + ".resolution", "resolution must be 1, 0.1, 0.01 and so on");
        }
    }
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
    check_brokers(settings, report);
    check_trusted_keys(settings, report);
    const std::vector<std::string> labels = check_sources(settings, report);
    check_preprocess(settings, report);
    check_channels(settings, report);
    check_groups(settings, labels, report);
    check_tasks(settings, report);
    for (std::size_t i = 0; i < settings.associations.channels.size(); ++i) {
        check_name_pattern(settings.associations.channels[i], "associations.channels#" + std::to_string(i),
                           "an element of channels", report);
    }
    if (as_double(settings.anomaly.clear_below) > as_double(settings.anomaly.score_above)) {
        report.error(report.has("anomaly.clear_below") ? "anomaly.clear_below" : "anomaly.score_above",
                     "clear_below must be at most score_above");
    }
    check_rules(settings, report);
    check_outputs(settings, report);
    for (const Unrelated& unrelated : related(settings)) {
        const std::size_t dot = unrelated.key.rfind('.');
        const bool named = unrelated.message.starts_with(unrelated.key.substr(dot + 1));
        report.error(unrelated.key, named ? unrelated.message : unrelated.key + " " + unrelated.message);
    }
}

}  // namespace redshank
