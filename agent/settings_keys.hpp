#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/settings.hpp"
#include "agent/settings_parse_units.hpp"

namespace redshank {

// The one table of keys: the parser, the check for unknown keys and docs/configuration.md all come from it.

enum class KeyType : std::uint8_t {
    text,       // low..high: length in bytes
    choice,     // one of `choices`
    whole,      // low..high
    decimal,    // kept as written
    score,      // a decimal in [0, 1]
    duration,   // low..high in ns
    size,       // low..high in bytes
    texts,      // a list of texts, none twice; low..high: how many
    words,      // a list of texts; low..high: how many
    columns,    // the same, and an empty text is no text
    separator,  // one of , ; | and a tab
    range,      // [low, high], two decimals, rising
    smoothing,  // "ewma:FACTOR" or "median:READINGS"
    boolean,    // true or false
    silence,    // a duration from low to high in ns, or "auto"
    version,    // of MQTT: 5, 3 or "3.1.1"
};

// One value, checked; which member holds it follows from the type.
struct KeyValue {
    std::string text;                // text, choice
    std::int64_t whole = 0;          // whole, duration, size, version
    bool flag = false;               // boolean; silence: "auto"
    char separator = '\0';           // separator
    Decimal decimal;                 // decimal, score
    std::vector<std::string> texts;  // texts, words, columns
    PreprocessSettings::Range range{};
    Smoothing smoothing{};
};

// Where a value goes: the settings, and the element of an array of tables that is being read.
struct KeyTarget {
    Settings& settings;
    SourceSettings* source = nullptr;
    ChannelSettings* channel = nullptr;
    GroupSettings* group = nullptr;
    RuleSettings* rule = nullptr;
    ConditionSettings* condition = nullptr;  // of the rule, or its second one
    OutputSettings* output = nullptr;
    BrokerSettings* broker = nullptr;
};

struct SettingsKey {
    std::string_view table;  // "agent", "source", "source.preprocess"
    std::string_view name;
    KeyType type = KeyType::text;
    std::int64_t low = 0;
    std::int64_t high = 0;
    std::string_view choices;   // separated by '|'
    std::string_view fallback;  // the default as TOML, or words in parentheses
    std::string_view meaning;
    void (*set)(KeyTarget& to, const KeyValue& value) = nullptr;
};

struct SettingsTable {
    std::string_view name;  // as SettingsKey::table
    bool array = false;     // [[name]]
    std::string_view meaning;
};

std::span<const SettingsTable> settings_tables() noexcept;
std::span<const SettingsKey> settings_keys() noexcept;
std::vector<SettingsKey> condition_keys(std::string_view table);  // of `rule`, `rule.and` and `rule.or`

const SettingsTable* find_table(std::string_view name) noexcept;
const SettingsKey* find_key(std::string_view table, std::string_view name) noexcept;

// For a key of `table` (empty: of the document's root) that there is not: what to say after naming it, with the
// nearest key that there is: ` in [mqtt]: did you mean "url"?`.
std::string nearest_key_hint(std::string_view table, std::string_view name);
// The nearest of some words, or empty when none is near.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words);

std::string describe_type(const SettingsKey& key);   // "duration", "one of json, number"
std::string describe_range(const SettingsKey& key);  // "1s to 1h", or empty

}  // namespace redshank
