#include "agent/settings_parse_payloads.hpp"

#include <algorithm>
#include <string_view>

#include "agent/settings_keys.hpp"
#include "drivers/zone_file.hpp"
#include "drivers/zone_rule.hpp"

namespace redshank {

namespace {

// What is wrong is said at the value of a key of the source.
class Check {
public:
    Check(const std::string& where, SettingsReport& report) : where_(where), report_(report) {}

    bool has(const std::string& key) const { return report_.has(where_ + "." + key); }
    void error(const std::string& key, const std::string& what) { report_.error(where_ + "." + key, key + " " + what); }
    void error(const std::string& key, std::size_t element, const std::string& what) {
        report_.error(where_ + "." + key + "#" + std::to_string(element), what);
    }

private:
    const std::string& where_;
    SettingsReport& report_;
};

void check_format(const SourceSettings& source, Check& check) {
    if (source.format == PayloadFormat::number) {
        for (const char* key : {"time", "id", "fields"}) {
            if (check.has(key)) check.error(key, "goes with format json or csv: a number has no fields");
        }
    }
    if (source.format != PayloadFormat::json) {
        if (source.readings) check.error("readings", "goes with format json only");
        if (source.numeric_strings) check.error("numeric_strings", "goes with format json only");
    }
    if (source.format != PayloadFormat::csv) {
        for (const char* key : {"columns", "separator"}) {
            if (check.has(key)) check.error(key, "goes with format csv only");
        }
        if (source.decimal_comma) check.error("decimal_comma", "goes with format csv only");
    }
}

void check_columns(const SourceSettings& source, Check& check) {
    if (source.decimal_comma && source.separator == ',') {
        check.error("decimal_comma", "does not go with the separator \",\"");
    }
    if (source.format != PayloadFormat::csv || source.columns.empty()) return;
    const auto& columns = source.columns;
    const std::vector<std::string_view> names(columns.begin(), columns.end());
    const auto missing = [&names](const std::string& name) {
        return !name.empty() && std::find(names.begin(), names.end(), name) == names.end();
    };
    const auto no_column = [&names](const std::string& name) {
        const std::string_view nearest = nearest_word(name, names);
        return shown(name) + ", which is none of the columns" +
               (nearest.empty() ? "" : ": did you mean " + shown(nearest) + "?");
    };
    if (missing(source.time)) check.error("time", "is " + no_column(source.time));
    if (missing(source.id)) check.error("id", "is " + no_column(source.id));
    for (std::size_t i = 0; i < source.fields.size(); ++i) {
        if (missing(source.fields[i]))
            check.error("fields", i, "an element of fields is " + no_column(source.fields[i]));
    }
    const bool any = std::any_of(names.begin(), names.end(), [&source](std::string_view name) {
        return !name.empty() && name != source.time && name != source.id;
    });
    if (!any) check.error("columns", "has no column of values");
}

void check_time(const SourceSettings& source, Check& check) {
    if (source.time.empty()) {
        constexpr const char* why = "goes with time: it says how that field is written";
        if (source.time_format != TimeFormat::any) check.error("time_format", why);
        if (!source.time_zone.empty()) check.error("time_zone", why);
    }
    if (!source.time_zone.empty() && !ZoneRule::parse(source.time_zone)) {
        const Outcome<std::string> rule = zone_rule_of(source.time_zone);
        check.error("time_zone",
                    "must be \"Z\", an offset like \"+02:00\", a rule like \"CET-1CEST,M3.5.0,M10.5.0/3\" or a name "
                    "like \"Europe/Berlin\", not " +
                        shown(source.time_zone) + (rule ? "" : ", which " + rule.error()));
    }
}

void check_words(const SourceSettings& source, Check& check) {
    for (std::size_t i = 0; i < source.states.size(); ++i) {
        if (parse_decimal(source.states[i], DecimalGrammar::plain)) {
            check.error("states", i, "an element of states is a number: " + shown(source.states[i]));
        }
    }
    if (source.readings && !source.readings->empty() && !source.readings->starts_with('/')) {
        check.error("readings",
                    "must be a JSON pointer: " + shown("/" + *source.readings) + ", or \"\" for the payload");
    }
}

}  // namespace

void check_payload(const SourceSettings& source, const std::string& where, SettingsReport& report) {
    Check check(where, report);
    check_format(source, check);
    check_columns(source, check);
    check_time(source, check);
    check_words(source, check);
}

}  // namespace redshank
