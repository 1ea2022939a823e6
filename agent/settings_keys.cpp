#include "agent/settings_keys.hpp"

#include <algorithm>
#include <array>

#include "agent/settings_parse_units.hpp"
#include "model/model.hpp"

namespace redshank {

namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t second = 1000 * ms;
constexpr std::int64_t hour = 3600 * second;
constexpr std::int64_t day = 24 * hour;
constexpr std::int64_t kib = 1 << 10;
constexpr std::int64_t mib = 1 << 20;
constexpr std::int64_t gib = 1 << 30;
constexpr std::int64_t topic_bytes_max = 65535;
constexpr std::int64_t path_bytes_max = 4095;
constexpr std::int64_t texts_max = 256;
constexpr auto group_members = static_cast<std::int64_t>(model_inputs_max);

constexpr std::array tables{
    SettingsTable{"agent", false, "Who the agent is and where it keeps its files."},
    SettingsTable{"mqtt", false, "The local broker: where readings come from and alerts go to."},
    SettingsTable{"uplink", false, "The way to the collector. Without it results stay in the buffer."},
    SettingsTable{"storage", false, "The buffer on disk."},
    SettingsTable{"window", false, "Aggregates: tumbling windows on event time."},
    SettingsTable{"anomaly", false,
                  "The default rule `anomaly`, and the model of channels judged alone and of groups that say nothing "
                  "else."},
    SettingsTable{"source", true, "Topics to subscribe to. A message counts under the first source that matches."},
    SettingsTable{"source.preprocess", false, "What happens to a reading before anything else sees it."},
    SettingsTable{"group", true, "Channels judged together. Without any group each channel is judged alone."},
    SettingsTable{"rule", true,
                  "Alert rules beside the default one. A rule has exactly one of `above`, `below`, `score_above` and "
                  "`absent_for`, and exactly one of `channel` and `group`."},
    SettingsTable{"limits", false,
                  "Capacities: memory for them is acquired at start. `redshank check` prints what they cost. A limit "
                  "that is not given grows with those that need it."},
};

Severity severity_of(std::string_view word) {
    if (word == "info") return Severity::info;
    return word == "critical" ? Severity::critical : Severity::warning;
}

std::uint32_t warmup_of(const KeyValue& value) {
    return static_cast<std::uint32_t>(value.whole);
}

std::size_t count_of(const KeyValue& value) {
    return static_cast<std::size_t>(value.whole);
}

constexpr std::string_view severities = "info|warning|critical";
constexpr std::string_view models = "auto|pca";
using T = KeyTarget;
using V = KeyValue;

const std::array keys{
    SettingsKey{"agent",
                "id",
                KeyType::text,
                1,
                64,
                {},
                "(the host name)",
                "Name of this agent: one level of a topic, without `/`, `+` and `#`.",
                [](T& to, const V& v) { to.settings.agent.id = v.text; }},
    SettingsKey{"agent",
                "state_dir",
                KeyType::text,
                1,
                path_bytes_max,
                {},
                "(see Directories)",
                "Directory of the database.",
                [](T& to, const V& v) { to.settings.agent.state_dir = v.text; }},
    SettingsKey{"agent",
                "runtime_dir",
                KeyType::text,
                1,
                path_bytes_max,
                {},
                "(see Directories)",
                "Directory of the inbox and the control socket, on a tmpfs.",
                [](T& to, const V& v) { to.settings.agent.runtime_dir = v.text; }},

    SettingsKey{"mqtt",
                "url",
                KeyType::text,
                1,
                512,
                {},
                "\"mqtt://127.0.0.1:1883\"",
                "The broker: `mqtt://HOST` or `mqtt://HOST:PORT`.",
                [](T& to, const V& v) { to.settings.mqtt.url = v.text; }},
    SettingsKey{"mqtt", "version", KeyType::whole, 5, 5, {}, "5", "Version of MQTT.", [](T&, const V&) {}},
    SettingsKey{
        "mqtt", "qos", KeyType::whole, 1, 1, {}, "1", "Quality of service of the subscriptions.", [](T&, const V&) {}},
    SettingsKey{"mqtt",
                "client_id",
                KeyType::text,
                1,
                128,
                {},
                "(`redshank-<id>`)",
                "Client identifier: names the session that the broker keeps.",
                [](T& to, const V& v) { to.settings.mqtt.client_id = v.text; }},
    SettingsKey{"mqtt",
                "base_topic",
                KeyType::text,
                1,
                256,
                {},
                "(`redshank/<id>`)",
                "Where the agent publishes: `status`, `health`, `alert/<rule>/<channel>`, `alerts` below it.",
                [](T& to, const V& v) { to.settings.mqtt.base_topic = v.text; }},
    SettingsKey{"mqtt",
                "payload_max",
                KeyType::size,
                64,
                255 * kib,
                {},
                "\"64KiB\"",
                "Longest payload taken; a longer one is counted as `too_large`.",
                [](T& to, const V& v) { to.settings.capacities.payload_bytes_max = count_of(v); }},

    SettingsKey{"uplink",
                "url",
                KeyType::text,
                1,
                512,
                {},
                "(no uplink)",
                "The collector: `tcp://127.0.0.1:PORT`, `tcp://localhost:PORT`, `tcp://[::1]:PORT` or `ipc://PATH`.",
                [](T& to, const V& v) { to.settings.uplink.url = v.text; }},

    SettingsKey{"storage",
                "max_bytes",
                KeyType::size,
                mib,
                1024 * gib,
                {},
                "\"64MiB\"",
                "Everything on disk: database, journal and all.",
                [](T& to, const V& v) { to.settings.storage.bytes_max = static_cast<std::uint64_t>(v.whole); }},
    SettingsKey{"storage",
                "loss_window",
                KeyType::duration,
                100 * ms,
                hour,
                {},
                "\"10s\"",
                "Longest time between checkpoints: what a power cut can lose.",
                [](T& to, const V& v) { to.settings.storage.loss_window_ns = v.whole; }},
    SettingsKey{"storage",
                "model_interval",
                KeyType::duration,
                second,
                day,
                {},
                "\"5m\"",
                "Time between checkpoints of the models.",
                [](T& to, const V& v) { to.settings.storage.model_interval_ns = v.whole; }},

    SettingsKey{"window",
                "length",
                KeyType::duration,
                100 * ms,
                day,
                {},
                "\"10s\"",
                "Length of a window.",
                [](T& to, const V& v) { to.settings.window.length_ns = v.whole; }},
    SettingsKey{"window",
                "lateness",
                KeyType::duration,
                0,
                day,
                {},
                "\"5s\"",
                "How long a window waits for late readings; an older reading is counted in a window of its own and "
                "not judged.",
                [](T& to, const V& v) { to.settings.window.lateness_ns = v.whole; }},
    SettingsKey{"window",
                "max_age",
                KeyType::duration,
                second,
                3650 * day,
                {},
                "\"7d\"",
                "A device's time older than this is replaced by the time of arrival.",
                [](T& to, const V& v) { to.settings.window.max_age_ns = v.whole; }},

    SettingsKey{"anomaly",
                "score_above",
                KeyType::score,
                0,
                0,
                {},
                "0.8",
                "Score from which on the rule fires.",
                [](T& to, const V& v) { to.settings.anomaly.score_above = v.decimal; }},
    SettingsKey{"anomaly",
                "clear_below",
                KeyType::score,
                0,
                0,
                {},
                "0.5",
                "Score below which it clears; at most `score_above`.",
                [](T& to, const V& v) { to.settings.anomaly.clear_below = v.decimal; }},
    SettingsKey{"anomaly",
                "for",
                KeyType::duration,
                0,
                7 * day,
                {},
                "\"0s\"",
                "How long the score must stay above before it fires.",
                [](T& to, const V& v) { to.settings.anomaly.for_ns = v.whole; }},
    SettingsKey{"anomaly", "severity", KeyType::choice, 0, 0, severities, "\"warning\"", "Severity of its alerts.",
                [](T& to, const V& v) { to.settings.anomaly.severity = severity_of(v.text); }},
    SettingsKey{"anomaly", "model", KeyType::choice, 0, 0, models, "\"auto\"",
                "Model; `auto` is the PCA in this version.",
                [](T& to, const V& v) { to.settings.anomaly.model = v.text; }},
    SettingsKey{"anomaly",
                "warmup",
                KeyType::whole,
                1,
                1'000'000,
                {},
                "200",
                "Readings learned before a score counts.",
                [](T& to, const V& v) { to.settings.anomaly.warmup_readings = warmup_of(v); }},
    SettingsKey{"anomaly",
                "hold",
                KeyType::duration,
                0,
                365 * day,
                {},
                "\"1h\"",
                "Longest time an alert keeps its model from learning.",
                [](T& to, const V& v) { to.settings.anomaly.hold_ns = v.whole; }},

    SettingsKey{"source",
                "topic",
                KeyType::text,
                1,
                topic_bytes_max,
                {},
                "(required)",
                "Topic filter: `{name}` is one level and becomes a label, `+` is one level, `#` at the end is the "
                "rest. In `replay` of wide files `{file}` stands for the file.",
                [](T& to, const V& v) { to.source->topic = v.text; }},
    SettingsKey{"source", "format", KeyType::choice, 0, 0, "json|number", "\"json\"", "What a payload is.",
                [](T& to, const V& v) {
                    to.source->format = v.text == "number" ? PayloadFormat::number : PayloadFormat::json;
                }},
    SettingsKey{"source",
                "time",
                KeyType::text,
                1,
                256,
                {},
                "(time of arrival)",
                "Field with the device's time: ISO 8601 or epoch.",
                [](T& to, const V& v) { to.source->time = v.text; }},
    SettingsKey{"source",
                "fields",
                KeyType::texts,
                1,
                texts_max,
                {},
                "(every numeric field)",
                "Fields that become channels `<topic>:<field>`; a nested one by JSON pointer, `/vibration/rms`.",
                [](T& to, const V& v) { to.source->fields = v.texts; }},

    SettingsKey{"source.preprocess",
                "range",
                KeyType::range,
                0,
                0,
                {},
                "(any)",
                "`[low, high]`: readings outside are rejected as `range`.",
                [](T& to, const V& v) { to.source->preprocess.range = v.range; }},
    SettingsKey{"source.preprocess",
                "smooth",
                KeyType::smoothing,
                0,
                0,
                {},
                "\"ewma:1\"",
                "`\"ewma:FACTOR\"`, 0 < factor <= 1: y += factor * (x - y). 1 is no smoothing.",
                [](T& to, const V& v) { to.source->preprocess.smooth_alpha_q16 = v.alpha_q16; }},

    SettingsKey{"group",
                "name",
                KeyType::text,
                1,
                channel_name_bytes_max,
                {},
                "(required)",
                "Name; labels of a source in braces make one group for each of their values.",
                [](T& to, const V& v) { to.group->name = v.text; }},
    SettingsKey{"group",
                "channels",
                KeyType::texts,
                1,
                group_members,
                {},
                "(required)",
                "Fields, or whole channel names `<topic>:<field>`.",
                [](T& to, const V& v) { to.group->channels = v.texts; }},
    SettingsKey{"group", "model", KeyType::choice, 0, 0, models, "(as [anomaly])", "Model.",
                [](T& to, const V& v) { to.group->model = v.text; }},
    SettingsKey{"group",
                "warmup",
                KeyType::whole,
                1,
                1'000'000,
                {},
                "(as [anomaly])",
                "Readings learned before a score counts.",
                [](T& to, const V& v) { to.group->warmup_readings = warmup_of(v); }},
    SettingsKey{"group",
                "hold",
                KeyType::duration,
                0,
                365 * day,
                {},
                "(as [anomaly])",
                "Longest time an alert keeps the model from learning.",
                [](T& to, const V& v) { to.group->hold_ns = v.whole; }},

    SettingsKey{"rule",
                "name",
                KeyType::text,
                1,
                rule_name_bytes_max,
                {},
                "(required)",
                "Name, without `/`, `+` and `#`; each once, and not `anomaly`.",
                [](T& to, const V& v) { to.rule->name = v.text; }},
    SettingsKey{"rule",
                "channel",
                KeyType::text,
                1,
                topic_bytes_max,
                {},
                "(or group)",
                "Channels the rule is for: a pattern of channel names with `{name}`, `+`, and `#` at the end.",
                [](T& to, const V& v) { to.rule->channel = v.text; }},
    SettingsKey{"rule",
                "group",
                KeyType::text,
                1,
                topic_bytes_max,
                {},
                "(or channel)",
                "Groups the rule is for: a pattern of group names. Goes with `score_above`.",
                [](T& to, const V& v) { to.rule->group = v.text; }},
    SettingsKey{"rule",
                "above",
                KeyType::decimal,
                0,
                0,
                {},
                "(none)",
                "Fires when a reading is above.",
                [](T& to, const V& v) { to.rule->above = v.decimal; }},
    SettingsKey{"rule",
                "below",
                KeyType::decimal,
                0,
                0,
                {},
                "(none)",
                "Fires when a reading is below.",
                [](T& to, const V& v) { to.rule->below = v.decimal; }},
    SettingsKey{"rule",
                "clear_below",
                KeyType::decimal,
                0,
                0,
                {},
                "(`above`, or `score_above`)",
                "Clears when below; goes with `above` or `score_above` and is at most that.",
                [](T& to, const V& v) { to.rule->clear_below = v.decimal; }},
    SettingsKey{"rule",
                "clear_above",
                KeyType::decimal,
                0,
                0,
                {},
                "(`below`)",
                "Clears when above; goes with `below` and is at least that.",
                [](T& to, const V& v) { to.rule->clear_above = v.decimal; }},
    SettingsKey{"rule",
                "score_above",
                KeyType::score,
                0,
                0,
                {},
                "(none)",
                "Fires when the score of the group, or of the channel judged alone, is at least this.",
                [](T& to, const V& v) { to.rule->score_above = v.decimal; }},
    SettingsKey{"rule",
                "for",
                KeyType::duration,
                0,
                7 * day,
                {},
                "\"0s\"",
                "How long the condition must hold before it fires.",
                [](T& to, const V& v) { to.rule->for_ns = v.whole; }},
    SettingsKey{"rule",
                "absent_for",
                KeyType::duration,
                100 * ms,
                30 * day,
                {},
                "(none)",
                "Fires when the channel has been silent that long.",
                [](T& to, const V& v) { to.rule->absent_for_ns = v.whole; }},
    SettingsKey{"rule", "severity", KeyType::choice, 0, 0, severities, "\"warning\"", "Severity of its alerts.",
                [](T& to, const V& v) { to.rule->severity = severity_of(v.text); }},

    SettingsKey{"limits",
                "channels",
                KeyType::whole,
                1,
                16384,
                {},
                "256",
                "Channels; readings of more are rejected as `channel_limit`.",
                [](T& to, const V& v) { to.settings.capacities.channels_max = count_of(v); }},
    SettingsKey{"limits",
                "groups",
                KeyType::whole,
                1,
                16384,
                {},
                "256",
                "Groups with a model; without [[group]] one for each channel.",
                [](T& to, const V& v) { to.settings.capacities.groups_max = count_of(v); }},
    SettingsKey{"limits",
                "group_members",
                KeyType::whole,
                1,
                group_members,
                {},
                "16",
                "Channels in one group.",
                [](T& to, const V& v) { to.settings.capacities.group_members_max = count_of(v); }},
    SettingsKey{"limits",
                "rule_states",
                KeyType::whole,
                1,
                65536,
                {},
                "2048",
                "Rules times the channels and groups they match.",
                [](T& to, const V& v) { to.settings.capacities.rule_states_max = count_of(v); }},
    SettingsKey{"limits",
                "fields_per_message",
                KeyType::whole,
                1,
                4096,
                {},
                "256",
                "Numeric fields of one message; one with more is counted as `too_many_fields`.",
                [](T& to, const V& v) { to.settings.capacities.fields_per_message_max = count_of(v); }},
    SettingsKey{"limits",
                "depth",
                KeyType::whole,
                1,
                64,
                {},
                "16",
                "Nesting of a payload; a deeper one is counted as `too_deep`.",
                [](T& to, const V& v) { to.settings.capacities.depth_max = count_of(v); }},
    SettingsKey{"limits",
                "results",
                KeyType::whole,
                4,
                1 << 20,
                {},
                "4096",
                "Results made and not yet in a checkpoint.",
                [](T& to, const V& v) { to.settings.capacities.results_max = count_of(v); }},
    SettingsKey{"limits",
                "alerts",
                KeyType::whole,
                1,
                65536,
                {},
                "512",
                "Alerts made and not yet acknowledged by the broker.",
                [](T& to, const V& v) { to.settings.capacities.alerts_max = count_of(v); }},
    SettingsKey{"limits",
                "redeliveries",
                KeyType::whole,
                1,
                topic_bytes_max,
                {},
                "256",
                "MQTT's Receive Maximum: messages under way at a time, remembered against redelivery.",
                [](T& to, const V& v) { to.settings.capacities.redeliveries_max = count_of(v); }},
    SettingsKey{"limits",
                "inbox",
                KeyType::size,
                16 * kib,
                gib,
                {},
                "\"16MiB\"",
                "The inbox on tmpfs: messages since the last checkpoint.",
                [](T& to, const V& v) { to.settings.capacities.inbox_bytes = count_of(v); }},
};

constexpr std::array planned{
    PlannedKey{"mqtt", "ca", {}},
    PlannedKey{"mqtt", "cert", {}},
    PlannedKey{"mqtt", "key", {}},
    PlannedKey{"mqtt", "username", {}},
    PlannedKey{"mqtt", "password_file", {}},
    PlannedKey{"mqtt", "url", "mqtts://"},
    PlannedKey{"uplink", "server_key", {}},
    PlannedKey{"uplink", "key_file", {}},
    PlannedKey{"uplink", "plain", {}},
    PlannedKey{"source", "format", "csv"},
    PlannedKey{"source.preprocess", "despike", {}},
    PlannedKey{"source.preprocess", "fill", {}},
    PlannedKey{"rule", "absent_for", "auto"},
};

// A word is near when few of its letters are wrong, or when it holds the other (broker_url: url).
std::size_t distance(std::string_view word, std::string_view known) {
    const std::size_t edits = edit_distance(word, known);
    const bool holds = known.size() > 2 && word.find(known) != std::string_view::npos;
    const bool held = word.size() > 2 && known.find(word) != std::string_view::npos;
    return holds || held ? std::min<std::size_t>(edits, 2) : edits;
}

bool near(std::size_t edits, std::string_view word) {
    return edits <= std::max<std::size_t>(2, word.size() / 3) && edits < word.size();
}

std::string in_table(std::string_view table) {
    if (table.empty()) return "";
    const SettingsTable* known = find_table(table);
    const std::string name(table);
    return known != nullptr && known->array ? " in [[" + name + "]]" : " in [" + name + "]";
}

// The names that may stand in `table`: its keys and the tables below it.
std::vector<std::string_view> names_in(std::string_view table) {
    std::vector<std::string_view> names;
    for (const SettingsKey& key : keys) {
        if (key.table == table) names.push_back(key.name);
    }
    for (const SettingsTable& below : tables) {
        const std::size_t dot = below.name.rfind('.');
        const std::string_view parent = dot == std::string_view::npos ? "" : below.name.substr(0, dot);
        if (parent == table) names.push_back(below.name.substr(dot + 1));  // npos + 1 == 0
    }
    return names;
}

}  // namespace

std::span<const SettingsTable> settings_tables() noexcept {
    return tables;
}

std::span<const SettingsKey> settings_keys() noexcept {
    return keys;
}

const SettingsTable* find_table(std::string_view name) noexcept {
    const auto found =
        std::find_if(tables.begin(), tables.end(), [&](const auto& table) { return table.name == name; });
    return found == tables.end() ? nullptr : &*found;
}

const SettingsKey* find_key(std::string_view table, std::string_view name) noexcept {
    const auto found =
        std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return key.table == table && key.name == name; });
    return found == keys.end() ? nullptr : &*found;
}

bool is_planned(std::string_view table, std::string_view name, std::string_view value) noexcept {
    return std::any_of(planned.begin(), planned.end(), [&](const PlannedKey& key) {
        return key.table == table && key.name == name &&
               (key.value_prefix.empty() || value.starts_with(key.value_prefix));
    });
}

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words) {
    std::string_view best;
    std::size_t best_distance = SIZE_MAX;
    for (const std::string_view known : words) {
        const std::size_t edits = distance(word, known);
        if (edits < best_distance && near(edits, word)) {
            best = known;
            best_distance = edits;
        }
    }
    return best;
}

std::string nearest_key_hint(std::string_view table, std::string_view name) {
    const std::vector<std::string_view> here = names_in(table);
    const std::string_view nearest = nearest_word(name, here);
    if (!nearest.empty()) return in_table(table) + ": did you mean \"" + std::string(nearest) + "\"?";
    std::vector<std::string_view> anywhere;
    for (const SettingsKey& key : keys) anywhere.push_back(key.name);
    const std::string_view elsewhere = nearest_word(name, anywhere);
    for (const SettingsKey& key : keys) {
        if (key.name != elsewhere) continue;
        return in_table(table) + ": did you mean \"" + std::string(key.name) + "\"" + in_table(key.table) + "?";
    }
    std::string hint = in_table(table) + ": there is ";
    for (const std::string_view known : here) {
        if (known != here.front()) hint += ", ";
        hint += known;
    }
    return hint;
}

}  // namespace redshank
