#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agent/tasks.hpp"
#include "drivers/time_text.hpp"
#include "model/preprocess.hpp"
#include "model/rows.hpp"

namespace redshank {

// The configuration, checked: units, ranges and defaults are settled here and never again. Keys, units, ranges and
// defaults are listed in docs/configuration.md.

enum class PayloadFormat : std::uint8_t { json, number, csv };

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
    TimeFormat time_format = TimeFormat::any;
    std::string time_zone{};                // of times written without one, a ZoneRule; empty: UTC
    std::vector<std::string> states{};      // words that are 0, 1, 2 and so on
    bool numeric_strings = false;           // json
    std::optional<std::string> readings{};  // json: pointer to the array whose elements are the readings
    std::vector<std::string> columns{};     // csv: by position, empty ones are passed over
    char separator = '\0';                  // csv; '\0': by the first line
    bool decimal_comma = false;             // csv
    PreprocessSettings preprocess;
    std::vector<std::string> derive;  // features of every channel: "mean:20"
};

enum class ChannelKind : std::uint8_t { gauge, counter, state };

// What is known of the channels of one pattern.
struct ChannelSettings {
    std::string channel;  // pattern of channel names; of several that match the first counts
    std::string unit{};
    Decimal scale{1, 0, false};  // reading = value * scale + offset
    Decimal offset{};
    std::optional<Decimal> resolution{};  // a power of ten, at most 1
    ChannelKind kind = ChannelKind::gauge;
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

// What is asked of one channel's readings or one group's score.
struct ConditionSettings {
    std::string channel;                  // pattern of channel names: labels, +, #; empty when `group` is given
    std::string group;                    // pattern of group names
    std::optional<Decimal> above, below;  // of the reading
    std::optional<Decimal> clear_below;   // with above, rate_above, score_above; default: that itself
    std::optional<Decimal> clear_above;   // with below, rate_below; default: that itself
    std::optional<Decimal> score_above;   // of the score, in [0, 1]
    std::optional<Decimal> rate_above, rate_below;  // of the change since the reading before, in rate_per_ns
    std::int64_t rate_per_ns = 1'000'000'000;
};

enum class RuleJoin : std::uint8_t { none, both, either };     // with a second condition
enum class RulePer : std::uint8_t { channel, topic, source };  // what has one alert

struct RuleSettings : ConditionSettings {
    std::string name;
    std::optional<std::int64_t> absent_for_ns;
    bool absent_auto = false;
    std::int64_t for_ns = 0;
    std::int64_t cooldown_ns = 0;
    Severity severity = Severity::warning;
    RulePer per = RulePer::channel;
    RuleJoin join = RuleJoin::none;
    ConditionSettings second;  // where join says so; its channel or group is a name with labels of the first one's
};

// What holds for the alerts of all rules.
struct AlertSettings {
    std::int64_t broker_lost_after_ns = 60'000'000'000;  // 0: a lost broker is no alert
    std::uint32_t limit = 0;                             // alerts in limit_per_ns; 0: any number
    std::uint32_t source_limit = 0;                      // the same, of one [[source]]
    std::int64_t limit_per_ns = 60'000'000'000;
    bool commands = false;  // silence, acknowledge and maintenance over MQTT
};

enum class OutputKind : std::uint8_t { unsaid, command, syslog, gpio };

// Where alerts go beside MQTT.
struct OutputSettings {
    static constexpr std::size_t outputs_most = 16;

    OutputKind kind = OutputKind::unsaid;
    Severity severity = Severity::info;  // the least that goes there
    std::vector<std::string> rules{};    // names; empty: all
    std::size_t queue = 64;              // of command and syslog: alerts that wait
    std::vector<std::string> command{};  // of command: an absolute path and its arguments
    std::int64_t timeout_ns = 10'000'000'000;
    std::string chip = "/dev/gpiochip0";  // of gpio
    std::uint32_t line = 0;
    bool active_low = false;
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
        std::string url;                 // empty: no uplink, results stay in the buffer
        std::string server_key;          // the collector's public key as text, checked; empty: not encrypted
        std::filesystem::path key_file;  // this agent's secret key; goes with server_key
        bool plain = false;              // unencrypted also off this machine
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
    AlertSettings alerts;
    struct Associations {
        std::vector<std::string> channels;  // patterns of channel names; empty: nothing is watched
        std::int64_t within_ns = 10'000'000'000;
    } associations;
    std::vector<SourceSettings> sources;
    std::vector<ChannelSettings> channels;
    std::vector<GroupSettings> groups;
    std::vector<RuleSettings> rules;
    std::vector<OutputSettings> outputs;
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

// States of rules: as many as the limit says, and one for each broker that may be lost.
std::size_t rule_slots(const Settings& settings);

bool predicts(const Settings& settings);                          // one of its groups does
bool derives_any(const Settings& settings);                       // channels from others
bool fills_any(const Settings& settings);                         // a source fills otherwise than by holding
bool has_format(const Settings& settings, PayloadFormat format);  // one of its sources does

// Slots of the table of groups: the first one of each [[group]]'s share, and the end. A name without labels is one
// group; the others share what is left. Without any [[group]] there is one share.
std::vector<std::uint32_t> group_shares(const Settings& settings);

}  // namespace redshank
