#include <algorithm>

#include "agent/settings_keys.hpp"
#include "agent/settings_parse_units.hpp"

namespace redshank {

namespace {

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
    for (const SettingsKey& key : settings_keys()) {
        if (key.table == table) names.push_back(key.name);
    }
    for (const SettingsTable& below : settings_tables()) {
        const std::size_t dot = below.name.rfind('.');
        const std::string_view parent = dot == std::string_view::npos ? "" : below.name.substr(0, dot);
        if (parent == table) names.push_back(below.name.substr(dot + 1));  // npos + 1 == 0
    }
    return names;
}

}  // namespace

const SettingsTable* find_table(std::string_view name) noexcept {
    for (const SettingsTable& table : settings_tables()) {
        if (table.name == name) return &table;
    }
    return nullptr;
}

const SettingsKey* find_key(std::string_view table, std::string_view name) noexcept {
    for (const SettingsKey& key : settings_keys()) {
        if (key.table == table && key.name == name) return &key;
    }
    return nullptr;
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
    for (const SettingsKey& key : settings_keys()) anywhere.push_back(key.name);
    const std::string_view elsewhere = nearest_word(name, anywhere);
    for (const SettingsKey& key : settings_keys()) {
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
