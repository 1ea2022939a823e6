#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agent/tasks.hpp"
#include "model/preprocess.hpp"
#include "model/rows.hpp"

namespace redshank {

// The configuration, checked: units, ranges and defaults are settled here and never again. Keys, units, ranges and
// defaults are listed in docs/configuration.md.

enum class PayloadFormat : std::uint8_t { json, number };

// A connection to a broker: that of [mqtt], or one of [[broker]].
struct BrokerSettings {
    std::string name;  // "mqtt" for that of [mqtt]
    std::string url = "mqtt://127.0.0.1:1883";
    std::string host = "127.0.0.1";  // of the URL, as all up to tls
    std::uint16_t port = 1883;
    bool tls = false;
    std::uint8_t version = 5;  // of MQTT: 5, or 3 for 3.1.1
    std::uint8_t qos = 1;      // of the subscriptions
    std::string client_id;     // default "redshank-<id>"
    std::string username;
    std::filesystem::path password_file;
    std::filesystem::path ca;         // empty: what the system trusts
    std::filesystem::path cert, key;  // of the client
};

struct SourceSettings {
    std::string broker = "mqtt";  // name of its broker
    std::uint8_t broker_index = 0;
    std::string topic;  // as written: named levels {machine}, +, # at the end; "{file}" in replay
    PayloadFormat format = PayloadFormat::json;
    std::string time;                 // field with the device's time; empty: arrival
    std::string id;                   // field that says which thing was measured; empty: none
    std::vector<std::string> fields;  // empty: every numeric field
    PreprocessSettings preprocess;
};

enum class LabelJoin : std::uint8_t { time, id };

struct GroupSettings {
    std::string name;                   // labels in braces
    std::vector<std::string> channels;  // field names, or whole channel names "<topic>:<field>"
    Task task = Task::anomaly;
    std::string target{};  // one of `channels`; a forecast without: all of them
    std::vector<std::string> stages{"standardise"};
    std::size_t classes = 16;  // labels are 0 to classes - 1
    // Labels that come later than their rows: joined by what, and how long and how many rows wait. 0: with their rows.
    LabelJoin label_by = LabelJoin::time;
    std::int64_t label_within_ns = 0;
    std::size_t label_rows = 64;
    std::string model = "auto";
    std::vector<std::string> candidates{};  // instead of a model: the best of them answers
    std::uint32_t warmup_readings = 200;
    std::int64_t hold_ns = 3'600'000'000'000;  // longest time an anomaly keeps the model from learning
};

struct RuleSettings {
    std::string name;
    std::string channel;                  // pattern of channel names: labels, +, #; empty when `group` is given
    std::string group;                    // pattern of group names
    std::optional<Decimal> above, below;  // of the reading
    std::optional<Decimal> clear_below;   // with above; default: above itself
    std::optional<Decimal> clear_above;   // with below; default: below itself
    std::optional<Decimal> score_above;   // of the score, in [0, 1]
    std::optional<std::int64_t> absent_for_ns;
    std::int64_t for_ns = 0;
    Severity severity = Severity::warning;
};

// What the default rule `anomaly` and groups without settings of their own use.
struct AnomalySettings {
    Decimal score_above{8, 1, false};
    Decimal clear_below{5, 1, false};
    std::int64_t for_ns = 0;
    Severity severity = Severity::warning;
    std::string model = "auto";
    std::uint32_t warmup_readings = 200;
    std::int64_t hold_ns = 3'600'000'000'000;
};

// Every bound, once. Filled from defaults and the [limits] table, related() before anything is built.
struct Capacities {
    std::size_t channels_max = 256;      // one gateway serves one hall
    std::size_t groups_max = 256;        // one per channel when there is no [[group]]
    std::size_t group_members_max = 64;  // a plant of 52 values is one group
    std::size_t rule_states_max = 2048;  // rules times what they match
    std::size_t fields_per_message_max = 256;
    std::size_t payload_bytes_max = 64u << 10;
    std::size_t depth_max = 16;
    std::size_t results_max = 4096;       // made and not yet in a checkpoint
    std::size_t alerts_max = 512;         // made and not yet acknowledged by the broker
    std::size_t redeliveries_max = 256;   // Receive Maximum
    std::size_t inbox_bytes = 16u << 20;  // 60 s of 2,000 messages a second at 128 bytes
};

struct Settings {
    struct Agent {
        std::string id;
        std::filesystem::path state_dir;
        std::filesystem::path runtime_dir;
    } agent;
    struct Mqtt : BrokerSettings {
        Mqtt() { name = "mqtt"; }
        std::string base_topic;  // default "redshank/<id>"
    } mqtt;
    std::vector<BrokerSettings> brokers;  // of [[broker]]
    struct Models {
        std::vector<std::string> trusted_keys;  // public keys as texts, checked
    } models;
    struct Uplink {
        std::string url;  // empty: no uplink, results stay in the buffer
    } uplink;
    struct Storage {
        std::uint64_t bytes_max = 64ULL << 20;
        std::int64_t loss_window_ns = 10'000'000'000;
        std::int64_t model_interval_ns = 300'000'000'000;
    } storage;
    struct Window {
        std::int64_t length_ns = 10'000'000'000;
        std::int64_t lateness_ns = 5'000'000'000;
        std::int64_t max_age_ns = 7LL * 24 * 3600 * 1'000'000'000;
    } window;
    AnomalySettings anomaly;
    struct Associations {
        std::vector<std::string> channels;  // patterns of channel names; empty: nothing is watched
        std::int64_t within_ns = 10'000'000'000;
    } associations;
    std::vector<SourceSettings> sources;
    std::vector<GroupSettings> groups;
    std::vector<RuleSettings> rules;
    Capacities capacities;
    // Limits that the configuration says itself; others grow with what a replay brings.
    struct Given {
        bool channels = false;
        bool groups = false;
        bool rule_states = false;
        bool fields_per_message = false;
        bool results = false;
    } given;
    std::string text;  // the configuration these settings came from, complete: parsing it again gives the same settings
};

inline constexpr std::size_t brokers_max = 8;  // that of [mqtt] among them: three bits of a message's record

inline std::size_t broker_count(const Settings& settings) noexcept {
    return 1 + settings.brokers.size();
}
// 0: that of [mqtt].
inline const BrokerSettings& broker_at(const Settings& settings, std::size_t index) noexcept {
    return index == 0 ? settings.mqtt : settings.brokers[index - 1];
}

// Two limits that do not go together: the key to change, and why.
struct Unrelated {
    std::string key;  // "limits.results", "group#0.channels"
    std::string message;
};

// Every pair of limits that does not go together; empty: build from them.
std::vector<Unrelated> related(const Settings& settings);

bool predicts(const Settings& settings);  // one of its groups does

// Slots of the table of groups: the first one of each [[group]]'s share, and the end. A name without labels is one
// group; the others share what is left. Without any [[group]] there is one share.
std::vector<std::uint32_t> group_shares(const Settings& settings);

}  // namespace redshank
