#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/settings.hpp"

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
    texts,      // a list of texts; low..high: how many
    range,      // [low, high], two decimals, rising
    smoothing,  // "ewma:FACTOR"
    version,    // of MQTT: 5, 3 or "3.1.1"
};

// One value, checked; which member holds it follows from the type.
struct KeyValue {
    std::string text;                // text, choice
    std::int64_t whole = 0;          // whole, duration, size, version
    Decimal decimal;                 // decimal, score
    std::vector<std::string> texts;  // texts
    PreprocessSettings::Range range{};
    std::uint32_t alpha_q16 = 0;  // smoothing
};

// Where a value goes: the settings, and the element of an array of tables that is being read.
struct KeyTarget {
    Settings& settings;
    SourceSettings* source = nullptr;
    GroupSettings* group = nullptr;
    RuleSettings* rule = nullptr;
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

// A key, or a value of a key, that a later version will have.
struct PlannedKey {
    std::string_view table;
    std::string_view name;
    std::string_view value_prefix;  // empty: the key itself; else texts that begin so
};

std::span<const SettingsTable> settings_tables() noexcept;
std::span<const SettingsKey> settings_keys() noexcept;
std::span<const PlannedKey> planned_settings_keys() noexcept;

const SettingsTable* find_table(std::string_view name) noexcept;
const SettingsKey* find_key(std::string_view table, std::string_view name) noexcept;
bool is_planned(std::string_view table, std::string_view name, std::string_view value) noexcept;

// For a key of `table` (empty: of the document's root) that there is not: what to say after naming it, with the
// nearest key that there is: ` in [mqtt]: did you mean "url"?`.
std::string nearest_key_hint(std::string_view table, std::string_view name);
// The nearest of some words, or empty when none is near.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words);

std::string describe_type(const SettingsKey& key);   // "duration", "one of json, number"
std::string describe_range(const SettingsKey& key);  // "1s to 1h", or empty

}  // namespace redshank
