#include "agent/settings_parse.hpp"

#include <fcntl.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "agent/budget.hpp"
#include "agent/settings_parse_brokers.hpp"
#include "agent/settings_parse_depth.hpp"
#include "agent/settings_parse_outputs.hpp"
#include "agent/settings_parse_relations.hpp"
#include "agent/settings_parse_report.hpp"
#include "agent/settings_parse_tables.hpp"
#include "agent/settings_parse_uplink.hpp"
#include "drivers/zone_file.hpp"
#include "drivers/zone_rule.hpp"

namespace redshank {

namespace {

// The table of that name, made when there is none; nullptr when something else has the name.
toml::table* table_of(toml::table& document, std::string_view name) {
    if (!document.contains(name)) document.insert(name, toml::table{});
    return document[name].as_table();
}

void put_if_absent(toml::table& table, std::string_view name, const std::string& value) {
    if (!table.contains(name)) table.insert(name, value);
}

bool has_source(const toml::array& sources, const std::string& topic) {
    for (const toml::node& source : sources) {
        const toml::table* table = source.as_table();
        if (table == nullptr || (*table)["topic"].value<std::string_view>() != topic) continue;
        if ((*table)["broker"].value_or(std::string_view("mqtt")) == "mqtt") return true;
    }
    return false;
}

// The rule in place of a time zone's name: the names are this machine's.
void resolve_zones(toml::table& document) {
    toml::array* sources = document["source"].as_array();
    if (sources == nullptr) return;
    for (toml::node& source : *sources) {
        toml::table* table = source.as_table();
        if (table == nullptr) continue;
        toml::value<std::string>* zone = (*table)["time_zone"].as_string();
        if (zone == nullptr || ZoneRule::parse(zone->get())) continue;
        if (const Outcome<std::string> rule = zone_rule_of(zone->get())) zone->get() = *rule;
    }
}

// What the surroundings and the command line say goes into the document, so that it stands for itself.
void complete(toml::table& document, const SettingsExtras& extras) {
    if (toml::table* agent = table_of(document, "agent")) {
        put_if_absent(*agent, "id", default_id(extras.environment));
        put_if_absent(*agent, "state_dir", default_state_dir(extras.environment).string());
        put_if_absent(*agent, "runtime_dir", default_runtime_dir(extras.environment).string());
    }
    if (!extras.broker_url.empty()) {
        if (toml::table* mqtt = table_of(document, "mqtt")) mqtt->insert_or_assign("url", extras.broker_url);
    }
    resolve_zones(document);
    if (extras.topics.empty() && !extras.source_needed) return;
    if (!document.contains("source")) document.insert("source", toml::array{});
    toml::array* sources = document["source"].as_array();
    if (sources == nullptr) return;
    for (const std::string& topic : extras.topics) {
        if (!has_source(*sources, topic)) sources->push_back(toml::table{{"topic", topic}});
    }
    if (sources->empty() && extras.source_needed) sources->push_back(toml::table{{"topic", "#"}});
}

// A decimal may be written with more digits than the formatter's default.
std::string format(const toml::table& document) {
    std::ostringstream text;
    text << toml::toml_formatter(document) << '\n';
    return text.str();
}

ParsedSettings parse(std::string_view text, const std::string& file, const SettingsExtras& extras) {
    SettingsReport report(file);
    if (text.size() > settings_bytes_max) {
        report.error(TextPosition{}, "is too large: a configuration has at most 256KiB");
        return tl::unexpected(report.take_errors());
    }
    if (const auto at = too_many_dots(text)) {
        report.error(*at, "a key has too many parts: at most 64");
        return tl::unexpected(report.take_errors());
    }
    try {
        toml::table document = toml::parse(text, file);
        complete(document, extras);
        Settings settings;
        read_tables(document, settings, report);
        fill_defaults(settings, report);
        if (extras.stored)
            settings.storage.bytes_max = std::max(settings.storage.bytes_max, disk_bytes_least(settings));
        check_relations(settings, report);
        check_uplink(settings, extras.key_files, report);
        if (extras.files && !extras.stored) check_output_programs(settings, report);
        if (extras.files && !extras.stored) check_broker_files(settings, report);
        settings.text = format(document);
        if (settings.text.size() > settings_bytes_max) report.error(TextPosition{}, "is too large: at most 256KiB");
        if (report.good()) return settings;
    } catch (const toml::parse_error& error) {
        const auto& at = error.source().begin;
        report.error(TextPosition{at.line, at.column}, std::string(error.description()));
    }
    return tl::unexpected(report.take_errors());
}

ParsedSettings unreadable(const std::filesystem::path& file, const std::string& why) {
    return tl::unexpected(std::vector<SettingsError>{{file.string(), 1, 1, "cannot be read: " + why}});
}

}  // namespace

ParsedSettings parse_settings(std::string_view text, std::string file_name, const SettingsExtras& extras) {
    try {
        return parse(text, file_name, extras);
    } catch (const std::exception& error) {
        return tl::unexpected(
            std::vector<SettingsError>{{std::move(file_name), 1, 1, std::string("cannot be parsed: ") + error.what()}});
    }
}

ParsedSettings load_settings(const std::filesystem::path& file, const SettingsExtras& extras) {
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return unreadable(file, std::strerror(errno));
    std::string text;
    std::array<char, 4096> block{};
    ssize_t taken = 1;
    while (text.size() <= settings_bytes_max && (taken = read(descriptor, block.data(), block.size())) > 0) {
        text.append(block.data(), static_cast<std::size_t>(taken));
    }
    const int error = errno;
    close(descriptor);
    if (taken < 0) return unreadable(file, std::strerror(error));
    return parse_settings(text, file.string(), extras);
}

}  // namespace redshank
