#include "agent/settings_keys.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "agent/settings_keys_page.hpp"
#include "agent/settings_parse.hpp"

namespace redshank {
namespace {

// Every member of the settings but `text`, to compare by.
std::string everything(const Settings& s) {
    std::ostringstream out;
    const auto decimal = [&](const std::optional<Decimal>& d) {
        if (d) out << d->mantissa << "e-" << int{d->scale};
        out << '|';
    };
    out << s.agent.id << '|' << s.agent.state_dir << '|' << s.agent.runtime_dir << '|' << s.mqtt.url << '|'
        << s.mqtt.host << '|' << s.mqtt.port << '|' << s.mqtt.client_id << '|' << s.mqtt.base_topic << '|'
        << s.uplink.url << '|' << s.uplink.server_key << '|' << s.uplink.key_file << '|' << s.uplink.plain << '|'
        << s.storage.bytes_max << '|' << s.storage.loss_window_ns << '|' << s.storage.model_interval_ns << '|'
        << s.window.length_ns << '|' << s.window.lateness_ns << '|' << s.window.max_age_ns << '\n';
    decimal(s.anomaly.score_above);
    decimal(s.anomaly.clear_below);
    out << s.anomaly.for_ns << '|' << int(s.anomaly.severity) << '|' << s.anomaly.model << '|'
        << s.anomaly.warmup_readings << '|' << s.anomaly.hold_ns << '\n';
    for (std::size_t i = 0; i < broker_count(s); ++i) {
        const BrokerSettings& b = broker_at(s, i);
        out << "broker " << b.name << '|' << b.url << '|' << b.host << '|' << b.port << '|' << b.tls << '|'
            << int(b.version) << '|' << int(b.qos) << '|' << b.client_id << '|' << b.username << '|' << b.password_file
            << '|' << b.ca << '|' << b.cert << '|' << b.key << '\n';
    }
    for (const SourceSettings& source : s.sources) {
        out << source.broker << '|' << int(source.broker_index) << '|';
        out << "source " << source.topic << '|' << int(source.format) << '|' << source.time << '|';
        for (const std::string& field : source.fields) out << field << ',';
        for (const std::string& column : source.columns) out << column << ',';
        for (const std::string& state : source.states) out << state << ',';
        out << int(source.time_format) << source.time_zone << source.readings.value_or("none") << source.numeric_strings
            << int(source.separator) << source.decimal_comma << '|';
        if (source.preprocess.range) {
            decimal(source.preprocess.range->low);
            decimal(source.preprocess.range->high);
        }
        const PreprocessSettings& preprocess = source.preprocess;
        out << preprocess.smooth_alpha_q16 << '|' << int{preprocess.smooth_readings} << '|'
            << int{preprocess.despike_readings} << '|' << int(preprocess.fill) << '|' << source.derive.size() << '\n';
        decimal(preprocess.deadband);
    }
    for (const ChannelSettings& channel : s.channels) {
        out << "channel " << channel.channel << '|' << channel.unit << '|' << int(channel.kind) << '|';
        for (const std::optional<Decimal>& d :
             {std::optional(channel.scale), std::optional(channel.offset), channel.resolution})
            decimal(d);
    }
    out << s.alerts.broker_lost_after_ns << '|' << s.alerts.limit << '|' << s.alerts.source_limit << '|'
        << s.alerts.limit_per_ns << '|' << s.alerts.commands << '\n';
    for (const GroupSettings& group : s.groups) {
        out << "group " << group.name << '|';
        for (const std::string& channel : group.channels) out << channel << ',';
        out << group.model << '|' << group.warmup_readings << '|' << group.hold_ns << '\n';
    }
    for (const RuleSettings& rule : s.rules) {
        out << "rule " << rule.name << '|' << rule.channel << '|' << rule.group << '|';
        for (const auto& d : {rule.above, rule.below, rule.clear_below, rule.clear_above, rule.score_above}) decimal(d);
        out << rule.absent_auto << '|' << rule.cooldown_ns << '|' << int(rule.per) << '|' << int(rule.join) << '|';
        out << rule.absent_for_ns.value_or(-1) << '|' << rule.for_ns << '|' << int(rule.severity) << '\n';
    }
    const Capacities& c = s.capacities;
    for (const std::size_t limit :
         {c.channels_max, c.groups_max, c.group_members_max, c.rule_states_max, c.fields_per_message_max,
          c.payload_bytes_max, c.depth_max, c.results_max, c.alerts_max, c.redeliveries_max, c.inbox_bytes}) {
        out << limit << '|';
    }
    return out.str();
}

SettingsExtras on_host(const std::string& name) {
    SettingsExtras extras;
    extras.environment = {.host_name = name, .root = true};
    return extras;
}

// A document that says every default the table can say, in each table (arrays once).
std::string every_default() {
    std::string text;
    for (const SettingsTable& table : settings_tables()) {
        const std::string name(table.name);
        if (name.starts_with("rule")) continue;  // has no condition by default
        if (name == "output") continue;          // nor a kind
        text += (table.array ? "[[" + name + "]]\n" : "[" + name + "]\n");
        if (name == "broker") text += "name = \"b\"\nurl = \"mqtt://b\"\n";
        if (name == "source") text += "topic = \"t\"\n";
        if (name == "channel") text += "channel = \"#\"\n";
        if (name == "group") text += "name = \"g\"\nchannels = [\"f\"]\n";
        for (const SettingsKey& key : settings_keys()) {
            if (key.table != table.name || key.fallback.starts_with('(')) continue;
            text += std::string(key.name) + " = " + std::string(key.fallback) + "\n";
        }
    }
    return text;
}

TEST(SettingsKeys, the_defaults_of_the_table_are_those_of_the_settings) {
    const ParsedSettings said = parse_settings(every_default(), "said", on_host("h"));
    ASSERT_TRUE(said) << said.error().front().text();
    const ParsedSettings unsaid = parse_settings(
        "[[broker]]\nname = \"b\"\nurl = \"mqtt://b\"\n[[source]]\ntopic = \"t\"\n[[channel]]\nchannel = "
        "\"#\"\n[[group]]\nname = \"g\"\n"
        "channels = [\"f\"]\n",
        "unsaid", on_host("h"));
    ASSERT_TRUE(unsaid);
    EXPECT_EQ(everything(*said), everything(*unsaid));
    Settings plain;
    plain.sources.emplace_back().topic = "t";
    plain.channels.push_back({.channel = "#"});
    plain.groups.push_back({.name = "g", .channels = {"f"}});
    plain.agent = unsaid->agent;
    plain.mqtt.client_id = "redshank-h";
    plain.mqtt.base_topic = "redshank/h";
    BrokerSettings& broker = plain.brokers.emplace_back();
    broker.name = "b";
    broker.url = "mqtt://b";
    broker.host = "b";
    broker.client_id = "redshank-h";
    EXPECT_EQ(everything(plain), everything(*unsaid));
}

TEST(SettingsKeys, every_key_is_found_and_names_a_table) {
    for (const SettingsKey& key : settings_keys()) {
        EXPECT_EQ(find_key(key.table, key.name), &key) << key.name << " is there twice";
        EXPECT_NE(find_table(key.table), nullptr) << key.table;
        EXPECT_FALSE(key.meaning.empty());
        EXPECT_NE(key.set, nullptr);
        const bool bounded = key.type == KeyType::whole || key.type == KeyType::duration || key.type == KeyType::size ||
                             key.type == KeyType::text || key.type == KeyType::texts || key.type == KeyType::columns ||
                             key.type == KeyType::words || key.type == KeyType::silence;
        EXPECT_EQ(key.high != 0, bounded) << key.name;
    }
    EXPECT_EQ(find_key("mqtt", "length"), nullptr);
    EXPECT_EQ(find_table("limit"), nullptr);
}

TEST(SettingsKeys, one_wrong_letter_in_any_key_is_answered_with_that_key) {
    for (const SettingsKey& key : settings_keys()) {
        if (key.name.size() < 4) continue;  // "id" with a letter less is near to nothing
        std::string wrong(key.name);
        wrong.erase(1, 1);
        if (find_key(key.table, wrong) != nullptr) continue;
        const std::string expected = "did you mean \"" + std::string(key.name) + "\"";
        EXPECT_NE(nearest_key_hint(key.table, wrong).find(expected), std::string::npos)
            << wrong << nearest_key_hint(key.table, wrong);
    }
}

TEST(SettingsKeys, the_committed_page_is_the_one_made_from_the_table) {
    std::ifstream file(std::filesystem::path(REDSHANK_SOURCE_DIR) / "docs/configuration.md");
    std::ostringstream page;
    page << file.rdbuf();
    EXPECT_EQ(page.str(), settings_page()) << "make it again: redshank check --keys-markdown > docs/configuration.md";
}

TEST(SettingsKeys, the_page_names_every_key_and_its_example_is_good) {
    const std::string page = settings_page();
    for (const SettingsKey& key : settings_keys()) {
        EXPECT_NE(page.find("| `" + std::string(key.name) + "` |"), std::string::npos) << key.name;
    }
    const std::size_t begin = page.find("```toml\n") + 8;
    const std::string example = page.substr(begin, page.find("```\n", begin) - begin);
    const ParsedSettings parsed = parse_settings(example, "example", on_host("h"));
    EXPECT_TRUE(parsed) << parsed.error().front().text();
}

TEST(SettingsText, parses_again_to_the_same_settings_anywhere) {
    SettingsExtras extras = on_host("here");
    extras.broker_url = "mqtt://broker:1884";
    extras.topics = {"a/#", "t/\"quoted\\\"", "b/{x}"};
    const std::string text =
        "# a comment\n[[source]]\ntopic = 'b/{x}'\nfields = [\"\xc3\xa4\", '/v~1\"']\n"
        "preprocess = { range = [-0.1, 123456.789012345], smooth = \"ewma:0.2\" }\n[[group]]\nname = \"g-{x}\"\n"
        "channels = [\"\xc3\xa4\"]\nwarmup = 7\n[[rule]]\nname = \"r\"\nchannel = \"b/{x}:\xc3\xa4\"\nabove = 1e-12\n"
        "[[rule]]\nname = \"s\"\nchannel = \"#\"\nbelow = 101325.25\nfor = \"1m\"\nseverity = \"info\"\n"
        "[limits]\nchannels = 300\n";
    const ParsedSettings parsed = parse_settings(text, "f", extras);
    ASSERT_TRUE(parsed) << parsed.error().front().text();
    EXPECT_EQ(parsed->mqtt.host, "broker");
    ASSERT_EQ(parsed->sources.size(), 3U);  // b/{x} was there
    EXPECT_EQ(parsed->sources[0].fields.size(), 2U);
    const ParsedSettings again = parse_settings(parsed->text, "stored", on_host("elsewhere"));
    ASSERT_TRUE(again) << again.error().front().text() << "\n" << parsed->text;
    EXPECT_EQ(everything(*again), everything(*parsed));
    EXPECT_EQ(again->text, parsed->text);
}

TEST(SettingsText, decimals_of_every_kind_survive) {
    std::string text;
    int rule = 0;
    for (const char* value : {"0.1", "1e-12", "3.141592653589793", "-123456789012345", "999999999999999.9", "1e17",
                              "0.30000000000000004", "5e-7", "100000.0", "-0.0", "85.0"}) {
        text += "[[rule]]\nname = \"r" + std::to_string(rule++) + "\"\nchannel = \"a\"\nabove = " + value + "\n";
    }
    const ParsedSettings parsed = parse_settings(text, "f", on_host("h"));
    ASSERT_TRUE(parsed) << parsed.error().front().text();
    const ParsedSettings again = parse_settings(parsed->text, "f", on_host("h"));
    ASSERT_TRUE(again) << again.error().front().text();
    EXPECT_EQ(everything(*again), everything(*parsed)) << parsed->text;
}

TEST(SettingsText, without_any_source_run_subscribes_to_everything) {
    SettingsExtras extras = on_host("h");
    EXPECT_TRUE(parse_settings("", "f", extras)->sources.empty());
    extras.source_needed = true;
    const Settings settings = *parse_settings("", "f", extras);
    ASSERT_EQ(settings.sources.size(), 1U);
    EXPECT_EQ(settings.sources[0].topic, "#");
    EXPECT_EQ(parse_settings("[[source]]\ntopic = \"a\"\n", "f", extras)->sources.size(), 1U);
    extras.topics = {"x"};
    EXPECT_EQ(parse_settings("", "f", extras)->sources[0].topic, "x");
}

TEST(SettingsText, a_value_of_the_wrong_kind_does_not_keep_the_surroundings_from_being_put_in) {
    SettingsExtras extras = on_host("h");
    extras.broker_url = "mqtt://b";
    extras.topics = {"x"};
    const ParsedSettings parsed = parse_settings("agent = 1\nmqtt = 2\nsource = 3\n", "f", extras);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().size(), 3U);
}

}  // namespace
}  // namespace redshank
