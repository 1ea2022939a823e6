#include "agent/settings_parse_tables.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "agent/settings_keys.hpp"
#include "agent/settings_parse_units.hpp"
#include "drivers/topic.hpp"

namespace redshank {

namespace {

TextPosition position(const toml::source_region& source) {
    return {source.begin.line, source.begin.column};
}

std::string in_words(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::table:
            return "a table";
        case toml::node_type::array:
            return "a list";
        case toml::node_type::string:
            return "a text";
        case toml::node_type::integer:
            return "a whole number";
        case toml::node_type::floating_point:
            return "a decimal";
        case toml::node_type::boolean:
            return "true or false";
        default:
            return "a date or a time";
    }
}

// A number as a decimal. toml++ keeps a decimal as a double, whose shortest text is the one that was written, up to 15
// digits.
std::optional<Decimal> decimal_of(const toml::node& node) {
    std::array<char, 32> room{};
    std::to_chars_result end{};
    if (const auto* whole = node.as_integer()) {
        end = std::to_chars(room.data(), room.data() + room.size(), whole->get());
    } else if (const auto* floating = node.as_floating_point()) {
        end = std::to_chars(room.data(), room.data() + room.size(), floating->get());
    } else {
        return std::nullopt;
    }
    const std::string_view text(room.data(), static_cast<std::size_t>(end.ptr - room.data()));
    const Result<Decimal> decimal = parse_decimal(text, DecimalGrammar::plain);
    return decimal ? std::optional(*decimal) : std::nullopt;
}

// -1, 0, 1 as a is below, equal to or above b. Nearest doubles, as the rules compare them.
int compare(const Decimal& a, const Decimal& b) {
    const auto as_double = [](const Decimal& d) { return to_double(d.mantissa, d.scale); };
    return as_double(a) < as_double(b) ? -1 : as_double(a) > as_double(b) ? 1 : 0;
}

std::string joined(std::string_view parent, const std::string& name) {
    if (parent.empty()) return name;
    return std::string(parent).append(".").append(name);
}

class Reader {
public:
    Reader(Settings& settings, SettingsReport& report) : settings_(settings), report_(report) {}

    void read(const toml::table& node, std::string_view table, const std::string& where, KeyTarget& to) {
        for (const auto& [key, value] : node) {
            const std::string name(key.str());
            const std::string path = joined(table, name);
            const std::string spot = joined(where, name);
            const TextPosition at = position(key.source());
            if (const SettingsTable* below = find_table(path)) {
                report_.found(spot, at);
                below->array ? read_array(value, *below, at) : read_single(value, *below, spot, at, to);
            } else if (const SettingsKey* known = find_key(table, name)) {
                report_.found(spot, position(value.source()));
                read_key(value, *known, spot, to);
            } else {
                report_.error(at, "unknown key " + shown(name) + nearest_key_hint(table, name));
            }
        }
    }

private:
    void read_single(const toml::node& node, const SettingsTable& table, const std::string& where, TextPosition at,
                     KeyTarget& to) {
        const std::string name(table.name.substr(table.name.rfind('.') + 1));
        if (const toml::table* inside = node.as_table()) {
            if (table.name == "rule.and" || table.name == "rule.or") {
                KeyTarget second = to;
                second.condition = &to.rule->second;
                to.rule->join = table.name == "rule.and" ? RuleJoin::both : RuleJoin::either;
                return read(*inside, table.name, where, second);
            }
            return read(*inside, table.name, where, to);
        }
        report_.error(
            node.is_array_of_tables() ? at : position(node.source()),
            name + " must be one table, not " +
                (node.is_array_of_tables() ? "several: write [" + std::string(table.name) + "]" : in_words(node)));
    }

    void read_array(const toml::node& node, const SettingsTable& table, TextPosition at) {
        const std::string name(table.name);
        const toml::array* elements = node.as_array();
        if (elements == nullptr) {
            return report_.error(node.is_table() ? at : position(node.source()),
                                 name + " must be a list of tables: write [[" + name + "]]");
        }
        std::size_t index = 0;
        for (const toml::node& element : *elements) {
            const std::string where = name + "#" + std::to_string(index++);
            report_.found(where, position(element.source()));
            KeyTarget to{settings_};
            if (name == "broker") to.broker = &settings_.brokers.emplace_back();
            if (name == "source") to.source = &settings_.sources.emplace_back();
            if (name == "channel") to.channel = &settings_.channels.emplace_back();
            if (name == "group") to.group = &settings_.groups.emplace_back();
            if (name == "rule") to.condition = to.rule = &settings_.rules.emplace_back();
            if (name == "output") to.output = &settings_.outputs.emplace_back();
            if (const toml::table* inside = element.as_table()) {
                read(*inside, table.name, where, to);
                require(*inside, table, where);
            } else {
                report_.error(where, "must be a table, not " + in_words(element));
            }
        }
    }

    void require(const toml::table& node, const SettingsTable& table, const std::string& where) {
        for (const SettingsKey& key : settings_keys()) {
            if (key.table == table.name && key.fallback == "(required)" && !node.contains(key.name)) {
                report_.error(where,
                              "[[" + std::string(table.name) + "]] needs the key \"" + std::string(key.name) + "\"");
            }
        }
    }

    void read_key(const toml::node& node, const SettingsKey& key, const std::string& spot, KeyTarget& to) {
        KeyValue value;
        const auto* text = node.as_string();
        std::string wrong;
        switch (key.type) {
            case KeyType::text:
                wrong = text == nullptr ? wrong_type(node, key) : read_text(text->get(), key, value.text);
                break;
            case KeyType::choice:
                wrong = text == nullptr ? wrong_type(node, key) : read_choice(text->get(), key, value);
                break;
            case KeyType::whole:
                if (const auto* whole = node.as_integer()) {
                    wrong = read_whole(whole->get(), key, value);
                } else {
                    wrong = wrong_type(node, key);
                }
                break;
            case KeyType::version:
                wrong = read_version(node, key, value);
                break;
            case KeyType::duration:
            case KeyType::size:
                wrong = text == nullptr ? wrong_type(node, key) : read_with_unit(text->get(), key, value);
                break;
            case KeyType::decimal:
            case KeyType::score:
                wrong = read_decimal(node, key, value);
                break;
            case KeyType::smoothing:
                if (text == nullptr) {
                    wrong = wrong_type(node, key);
                } else if (const Outcome<Smoothing> smoothing = parse_smoothing(text->get())) {
                    value.smoothing = *smoothing;
                } else {
                    wrong = smoothing.error();
                }
                break;
            case KeyType::boolean:
                if (const auto* flag = node.as_boolean()) {
                    value.flag = flag->get();
                } else {
                    wrong = wrong_type(node, key);
                }
                break;
            case KeyType::silence:
                value.flag = text != nullptr && text->get() == "auto";
                if (value.flag) break;
                wrong = text == nullptr ? wrong_type(node, key) : read_with_unit(text->get(), key, value);
                break;
            case KeyType::range:
                wrong = read_range(node, key, value);
                break;
            case KeyType::separator:
                wrong = text == nullptr ? wrong_type(node, key) : read_separator(text->get(), key, value);
                break;
            case KeyType::texts:
            case KeyType::columns:
            case KeyType::words:
                if (!read_texts(node, key, spot, value)) return;
                break;
        }
        if (wrong.empty()) return key.set(to, value);
        report_.error(spot, std::string(key.name) + " " + wrong);
    }

    // Each of these returns what is wrong, empty for nothing.

    static std::string wrong_type(const toml::node& node, const SettingsKey& key) {
        return "must be " + describe_type(key) + ", not " + in_words(node);
    }

    static std::string read_text(const std::string& text, const SettingsKey& key, std::string& into) {
        if (text.empty() && key.low > 0) return "must not be empty";
        if (text.size() > static_cast<std::size_t>(key.high)) {
            return "must be at most " + std::to_string(key.high) + " bytes long, not " + std::to_string(text.size());
        }
        for (const char c : text) {
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return "must not hold control characters";
        }
        into = text;
        return "";
    }

    static std::string read_choice(const std::string& text, const SettingsKey& key, KeyValue& value) {
        std::vector<std::string_view> choices;
        for (std::string_view rest = key.choices; !rest.empty();) {
            const std::size_t end = std::min(rest.find('|'), rest.size());
            choices.push_back(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
            const std::string_view nearest = nearest_word(text, choices);
            return "must be " + describe_type(key) + ", not " + shown(text) +
                   (nearest.empty() ? "" : ": did you mean \"" + std::string(nearest) + "\"?");
        }
        value.text = text;
        return "";
    }

    static std::string read_separator(const std::string& text, const SettingsKey& key, KeyValue& value) {
        if (text.size() != 1 || std::string_view(",;|\t").find(text.front()) == std::string_view::npos) {
            return "must be " + describe_type(key) + ", not " + shown(text);
        }
        value.separator = text.front();
        return "";
    }

    static std::string read_whole(std::int64_t whole, const SettingsKey& key, KeyValue& value) {
        if (whole < key.low || whole > key.high) {
            return "must be " + describe_range(key) + ", not " + std::to_string(whole);
        }
        value.whole = whole;
        return "";
    }

    static std::string read_version(const toml::node& node, const SettingsKey& key, KeyValue& value) {
        const auto* text = node.as_string();
        const auto* whole = node.as_integer();
        if (text == nullptr && whole == nullptr) return wrong_type(node, key);
        value.whole = whole != nullptr ? whole->get() : text->get() == "3.1.1" ? 3 : text->get() == "5" ? 5 : 0;
        if (value.whole == 3 || value.whole == 5) return "";
        return "must be " + describe_type(key) + ", not " +
               (whole != nullptr ? std::to_string(whole->get()) : shown(text->get()));
    }

    static std::string read_with_unit(const std::string& text, const SettingsKey& key, KeyValue& value) {
        const Outcome<std::int64_t> amount = key.type == KeyType::size ? parse_size(text) : parse_duration(text);
        if (!amount) return amount.error();
        if (*amount < key.low || *amount > key.high) return "must be " + describe_range(key) + ", not " + shown(text);
        value.whole = *amount;
        return "";
    }

    static std::string read_decimal(const toml::node& node, const SettingsKey& key, KeyValue& value) {
        if (!node.is_number()) return wrong_type(node, key);
        const std::optional<Decimal> decimal = decimal_of(node);
        if (!decimal) return "must be a number of less than 10^18";
        const bool in_unit = compare(*decimal, {}) >= 0 && compare(*decimal, {1, 0, false}) <= 0;
        if (key.type == KeyType::score && !in_unit) return "must be " + describe_range(key);
        value.decimal = *decimal;
        return "";
    }

    static std::string read_range(const toml::node& node, const SettingsKey& key, KeyValue& value) {
        const toml::array* ends = node.as_array();
        if (ends == nullptr) return wrong_type(node, key);
        if (ends->size() != 2) return "must have two numbers, [low, high], not " + std::to_string(ends->size());
        const std::optional<Decimal> low = decimal_of(*ends->get(0));
        const std::optional<Decimal> high = decimal_of(*ends->get(1));
        if (!low || !high) return "must have two numbers of less than 10^18, [low, high]";
        if (compare(*low, *high) >= 0) return "must rise: the first number is the low end";
        value.range = {*low, *high};
        return "";
    }

    // Wrong elements are reported where they stand.
    bool read_texts(const toml::node& node, const SettingsKey& key, const std::string& spot, KeyValue& value) {
        const std::string name(key.name);
        const toml::array* elements = node.as_array();
        if (elements == nullptr) {
            report_.error(spot, name + " " + wrong_type(node, key));
            return false;
        }
        if (elements->size() < static_cast<std::size_t>(key.low) ||
            elements->size() > static_cast<std::size_t>(key.high)) {
            report_.error(
                spot, name + " must have " + describe_range(key) + " texts, not " + std::to_string(elements->size()));
            return false;
        }
        bool good = true;
        const std::string element_of = "an element of " + name + " ";
        const SettingsKey element_key{.table = {},
                                      .name = {},
                                      .low = key.type == KeyType::columns ? 0 : 1,
                                      .high = UINT16_MAX,
                                      .choices = {},
                                      .fallback = {},
                                      .meaning = {}};
        for (const toml::node& element : *elements) {
            const auto* text = element.as_string();
            std::string each;
            std::string wrong = text == nullptr ? "must be a text, not " + in_words(element)
                                                : read_text(text->get(), element_key, each);
            if (wrong.empty() && !each.empty() && key.type != KeyType::words &&
                std::find(value.texts.begin(), value.texts.end(), each) != value.texts.end()) {
                wrong = "is there twice" + (key.table == "models" ? "" : ": " + shown(each));  // no key is shown
            }
            report_.found(spot + "#" + std::to_string(value.texts.size()), position(element.source()));
            value.texts.push_back(each);
            if (wrong.empty()) continue;
            good = false;
            report_.error(position(element.source()), element_of + wrong);
        }
        return good;
    }

    Settings& settings_;
    SettingsReport& report_;
};

}  // namespace

void read_tables(const toml::table& document, Settings& settings, SettingsReport& report) {
    KeyTarget to{settings};
    Reader(settings, report).read(document, "", "", to);
}

}  // namespace redshank
