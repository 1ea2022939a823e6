#include "agent/settings_keys.hpp"

// The keys of a condition: those of [[rule]] and of its second condition are the same.

namespace redshank {

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t day = std::int64_t{24} * 3600 * second;
constexpr std::int64_t name_bytes = 65535;  // of a topic, as MQTT has them

using T = KeyTarget;
using V = KeyValue;

}  // namespace

std::vector<SettingsKey> condition_keys(std::string_view table) {
    const auto decimal = [table](std::string_view name, std::string_view fallback, std::string_view meaning,
                                 void (*set)(T&, const V&)) {
        return SettingsKey{table, name, KeyType::decimal, 0, 0, {}, fallback, meaning, set};
    };
    const auto text = [table](std::string_view name, std::string_view fallback, std::string_view meaning,
                              void (*set)(T&, const V&)) {
        return SettingsKey{table, name, KeyType::text, 1, name_bytes, {}, fallback, meaning, set};
    };
    return {
        text("channel", "(or group)",
             "Channels the rule is for: a pattern of channel names with `{name}`, `+`, and `#` at the end.",
             [](T& to, const V& v) { to.condition->channel = v.text; }),
        text("group", "(or channel)", "Groups the rule is for: a pattern of group names. Goes with `score_above`.",
             [](T& to, const V& v) { to.condition->group = v.text; }),
        decimal("above", "(none)", "Fires when a reading is above.",
                [](T& to, const V& v) { to.condition->above = v.decimal; }),
        decimal("below", "(none)", "Fires when a reading is below.",
                [](T& to, const V& v) { to.condition->below = v.decimal; }),
        decimal("rate_above", "(none)",
                "Fires when a reading has risen by more than this in `rate_per` since the one before.",
                [](T& to, const V& v) { to.condition->rate_above = v.decimal; }),
        decimal("rate_below", "(none)",
                "Fires when it has risen by less than this, or with a negative number fallen by more.",
                [](T& to, const V& v) { to.condition->rate_below = v.decimal; }),
        SettingsKey{table,
                    "rate_per",
                    KeyType::duration,
                    second / 1000,
                    365 * day,
                    {},
                    "\"1s\"",
                    "The time that rates are for.",
                    [](T& to, const V& v) { to.condition->rate_per_ns = v.whole; }},
        decimal("clear_below", "(`above`, `rate_above`, `score_above`)",
                "Clears when below, or where it is equal to the threshold as soon as the rule does not fire any more; "
                "goes with `above`, `rate_above` or `score_above` and is at most that.",
                [](T& to, const V& v) { to.condition->clear_below = v.decimal; }),
        decimal("clear_above", "(`below`, `rate_below`)",
                "Clears when above, or where it is equal to the threshold as soon as the rule does not fire any more; "
                "goes with `below` or `rate_below` and is at least that.",
                [](T& to, const V& v) { to.condition->clear_above = v.decimal; }),
        SettingsKey{table,
                    "score_above",
                    KeyType::score,
                    0,
                    0,
                    {},
                    "(none)",
                    "Fires when the score of the group, or of the channel judged alone, is at least this.",
                    [](T& to, const V& v) { to.condition->score_above = v.decimal; }},
    };
}

}  // namespace redshank
