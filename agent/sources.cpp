#include "agent/sources.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace redshank {

namespace {

// Once the source is where it stays.
void make_request(Source& source) {
    const SourceSettings& settings = source.settings;
    source.fields.assign(settings.fields.begin(), settings.fields.end());
    source.columns.assign(settings.columns.begin(), settings.columns.end());
    source.states.assign(settings.states.begin(), settings.states.end());
    DecodeRequest& request = source.request;
    request.fields = source.fields;
    request.time_field = settings.time;
    request.id_field = settings.id;
    request.times = time_reading_of(settings);
    request.states = source.states;
    if (settings.readings) request.readings = *settings.readings;
    request.numeric_strings = settings.numeric_strings;
    request.columns = source.columns;
    request.separator = settings.separator;
    request.decimal_comma = settings.decimal_comma;
    source.wide_request = request;
    source.wide_request.readings.reset();
    if (source.fields.empty()) source.wide_request.fields = source.columns;
}

}  // namespace

TopicPattern checked_pattern(const std::string& text, TopicPattern::Use use) {
    auto pattern = TopicPattern::parse(text, use);
    if (!pattern) {
        std::fprintf(stderr, "broken invariant: pattern '%s': %s\n", text.c_str(), pattern.error().c_str());
        std::abort();
    }
    return std::move(*pattern);
}

TimeReading time_reading_of(const SourceSettings& source) noexcept {
    return {.format = source.time_format, .zone = ZoneRule::parse(source.time_zone).value_or(ZoneRule{})};
}

Sources::Sources(const Settings& settings) {
    prefixes_.emplace_back();
    for (const BrokerSettings& broker : settings.brokers) prefixes_.push_back(broker.name + "/");
    sources_.reserve(settings.sources.size());
    for (const SourceSettings& source : settings.sources) {
        sources_.push_back({.settings = source,
                            .pattern = checked_pattern(source.topic, TopicPattern::Use::topic),
                            .fields = {},
                            .columns = {},
                            .states = {},
                            .request = {},
                            .wide_request = {},
                            .derive = {},
                            .ledger = {}});
        make_request(sources_.back());
        for (const std::string& text : source.derive) {
            if (const auto feature = parse_feature(text)) sources_.back().derive.push_back(*feature);
        }
    }
}

std::uint16_t Sources::find(std::string_view topic, Labels& labels, std::uint8_t broker) const noexcept {
    for (std::size_t other = 1; other < prefixes_.size() && broker == 0; ++other) {
        const std::string_view name = std::string_view(prefixes_[other]).substr(0, prefixes_[other].size() - 1);
        if (topic.substr(0, topic.find('/')) == name) return none;
    }
    for (std::uint16_t source = 0; source < size(); ++source) {
        if (sources_[source].settings.broker_index != broker) continue;
        if (sources_[source].pattern.matches(topic, labels.values)) return source;
    }
    return none;
}

std::uint8_t Sources::broker_of_prefix(std::string_view prefix) const noexcept {
    for (std::size_t broker = 0; broker < prefixes_.size(); ++broker) {
        if (prefixes_[broker] == prefix) return static_cast<std::uint8_t>(broker);
    }
    return unknown_broker;
}

bool Sources::takes(std::uint16_t source, std::string_view field) const noexcept {
    const auto& fields = sources_[source].fields;
    const SourceSettings& settings = sources_[source].settings;
    if (!field.empty() && (field == settings.time || field == settings.id)) return false;
    if (sources_[source].settings.format == PayloadFormat::number) return field == "value";
    const auto& names = fields.empty() ? sources_[source].columns : fields;
    return names.empty() || std::find(names.begin(), names.end(), field) != names.end();
}

bool substitute_labels(std::string_view text, const TopicPattern& pattern, const Labels& labels,
                       ChannelName& out) noexcept {
    out = {};
    while (!text.empty()) {
        const std::size_t open = text.find('{');
        if (open == std::string_view::npos) return out.append(text);
        const std::size_t close = text.find('}', open);
        if (close == std::string_view::npos) return false;
        if (!out.append(text.substr(0, open))) return false;
        const std::string_view name = text.substr(open + 1, close - open - 1);
        const auto& names = pattern.names();
        std::size_t at = 0;
        while (at < names.size() && names[at] != name) ++at;
        if (at == names.size() || !out.append(labels.values[at])) return false;
        text.remove_prefix(close + 1);
    }
    return true;
}

}  // namespace redshank
