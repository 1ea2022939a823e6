#include "agent/settings_parse.hpp"

#include <gtest/gtest.h>

#include <string>

namespace redshank {
namespace {

SettingsExtras in_a_test() {
    SettingsExtras extras;
    extras.environment = {.host_name = "hall-3", .root = true};
    return extras;
}

std::string errors_of(std::string_view text) {
    const ParsedSettings parsed = parse_settings(text, "f.toml", in_a_test());
    if (parsed) return "";
    std::string all;
    for (const SettingsError& error : parsed.error()) all += error.text() + "\n";
    return all;
}

Settings good(std::string_view text) {
    const ParsedSettings parsed = parse_settings(text, "f.toml", in_a_test());
    EXPECT_TRUE(parsed) << errors_of(text);
    return parsed.value_or(Settings{});
}

#define EXPECT_SAYS(text, part) EXPECT_NE(errors_of(text).find(part), std::string::npos) << errors_of(text)

constexpr std::string_view sketch = R"([agent]
id = "hall-3"
state_dir = "/var/lib/redshank"
runtime_dir = "/run/redshank"
[mqtt]
url = "mqtt://127.0.0.1:1884"
version = 5
qos = 1
base_topic = "redshank/hall-3"
payload_max = "32KiB"
[uplink]
url = "tcp://127.0.0.1:5555"
[storage]
max_bytes = "8MB"
loss_window = "1m30s"
[window]
length = "20s"
lateness = "500ms"
[anomaly]
warmup = 50
hold = "2h"
[[source]]
topic = "plant/{machine}/sensors"
format = "json"
time = "ts"
fields = ["temperature", "/vibration/rms"]
preprocess = { range = [-40, 120.5], smooth = "ewma:0.25" }
[[source]]
topic = "meters/+/power"
format = "number"
[[group]]
name = "pump-{machine}"
channels = ["temperature", "/vibration/rms"]
model = "auto"
[[rule]]
name = "bearing-hot"
channel = "plant/{machine}/sensors:temperature"
above = 85.0
clear_below = 80.25
for = "30s"
severity = "critical"
[[rule]]
name = "silent"
channel = "plant/#"
absent_for = "5m"
[[rule]]
name = "strange"
group = "pump-{machine}"
score_above = 0.8
[limits]
channels = 300
)";

TEST(SettingsParse, takes_every_part_of_the_sketch) {
    const Settings settings = good(sketch);
    EXPECT_EQ(settings.agent.id, "hall-3");
    EXPECT_EQ(settings.mqtt.host, "127.0.0.1");
    EXPECT_EQ(settings.mqtt.port, 1884);
    EXPECT_EQ(settings.mqtt.client_id, "redshank-hall-3");
    EXPECT_EQ(settings.capacities.payload_bytes_max, 32768U);
    EXPECT_EQ(settings.uplink.url, "tcp://127.0.0.1:5555");
    EXPECT_EQ(settings.storage.bytes_max, 8'000'000U);
    EXPECT_EQ(settings.storage.loss_window_ns, 90'000'000'000);
    EXPECT_EQ(settings.window.lateness_ns, 500'000'000);
    ASSERT_EQ(settings.sources.size(), 2U);
    EXPECT_EQ(settings.sources[0].topic, "plant/{machine}/sensors");
    EXPECT_EQ(settings.sources[0].time, "ts");
    EXPECT_EQ(settings.sources[0].fields, (std::vector<std::string>{"temperature", "/vibration/rms"}));
    ASSERT_TRUE(settings.sources[0].preprocess.range);
    EXPECT_EQ(settings.sources[0].preprocess.range->low.mantissa, -40);
    EXPECT_EQ(settings.sources[0].preprocess.range->high.mantissa, 1205);
    EXPECT_EQ(settings.sources[0].preprocess.range->high.scale, 1);
    EXPECT_EQ(settings.sources[0].preprocess.smooth_alpha_q16, 16384U);
    EXPECT_EQ(settings.sources[1].format, PayloadFormat::number);
    ASSERT_EQ(settings.groups.size(), 1U);
    EXPECT_EQ(settings.groups[0].warmup_readings, 50U);  // from [anomaly]
    EXPECT_EQ(settings.groups[0].hold_ns, 7'200'000'000'000);
    ASSERT_EQ(settings.rules.size(), 3U);
    EXPECT_EQ(settings.rules[0].clear_below->mantissa, 8025);
    EXPECT_EQ(settings.rules[0].clear_below->scale, 2);
    EXPECT_EQ(settings.rules[0].for_ns, 30'000'000'000);
    EXPECT_EQ(settings.rules[0].severity, Severity::critical);
    EXPECT_EQ(settings.rules[1].absent_for_ns, 300'000'000'000);
    EXPECT_EQ(settings.rules[2].score_above->mantissa, 8);
    EXPECT_EQ(settings.capacities.channels_max, 300U);
}

TEST(SettingsParse, an_empty_file_gives_names_from_the_host_and_directories_of_the_user) {
    SettingsExtras extras = in_a_test();
    extras.environment.host_name = "my host/+1";
    const Settings root = *parse_settings("", "f.toml", extras);
    EXPECT_EQ(root.agent.id, "my-host--1");
    EXPECT_EQ(root.mqtt.base_topic, "redshank/my-host--1");
    EXPECT_EQ(root.agent.state_dir, "/var/lib/redshank");
    EXPECT_EQ(root.agent.runtime_dir, "/run/redshank");
    EXPECT_TRUE(root.sources.empty());

    extras.environment = {.host_name = "", .root = false, .user = 1000, .home = "/home/u"};
    const Settings user = *parse_settings("", "f.toml", extras);
    EXPECT_EQ(user.agent.id, "gateway");
    EXPECT_EQ(user.agent.state_dir, "/home/u/.local/state/redshank");
    EXPECT_EQ(user.agent.runtime_dir, "/tmp/redshank-1000");

    extras.environment.xdg_state_home = "/home/u/state";
    extras.environment.xdg_runtime_dir = "/run/user/1000";
    const Settings desktop = *parse_settings("", "f.toml", extras);
    EXPECT_EQ(desktop.agent.state_dir, "/home/u/state/redshank");
    EXPECT_EQ(desktop.agent.runtime_dir, "/run/user/1000/redshank");

    extras.environment.state_directory = "/var/lib/private/redshank:/other";
    extras.environment.runtime_directory = "/run/private/redshank";
    const Settings service = *parse_settings("", "f.toml", extras);
    EXPECT_EQ(service.agent.state_dir, "/var/lib/private/redshank");
    EXPECT_EQ(service.agent.runtime_dir, "/run/private/redshank");
}

TEST(SettingsParse, a_misspelt_key_is_named_with_its_place_and_the_key_that_was_meant) {
    EXPECT_EQ(errors_of("[mqtt]\nulr = \"mqtt://h\"\n"),
              "f.toml:2:1: unknown key \"ulr\" in [mqtt]: did you mean \"url\"?\n");
    EXPECT_EQ(errors_of("[mqtt]\n  broker_url = \"mqtt://h\"\n"),
              "f.toml:2:3: unknown key \"broker_url\" in [mqtt]: did you mean \"url\"?\n");
    EXPECT_EQ(errors_of("[storage]\nmax_byts = \"1MiB\"\n"),
              "f.toml:2:1: unknown key \"max_byts\" in [storage]: did you mean \"max_bytes\"?\n");
    EXPECT_EQ(errors_of("[windw]\nlength = \"1s\"\n"), "f.toml:1:2: unknown key \"windw\": did you mean \"window\"?\n");
    EXPECT_EQ(errors_of("[[soruce]]\ntopic = \"a\"\n"),
              "f.toml:1:3: unknown key \"soruce\": did you mean \"source\"?\n");
    EXPECT_EQ(errors_of("[mqtt]\nloss_window = \"1s\"\n"),
              "f.toml:2:1: unknown key \"loss_window\" in [mqtt]: did you mean \"loss_window\" in [storage]?\n");
    EXPECT_EQ(errors_of("[uplink]\nfrobnicate = 1\n"),
              "f.toml:2:1: unknown key \"frobnicate\" in [uplink]: there is url, server_key, key_file, plain\n");
}

TEST(SettingsParse, positions_are_exact_in_inline_tables_and_in_arrays_of_tables) {
    EXPECT_EQ(errors_of("[[source]]\ntopic = \"a\"\n[[source]]\ntopic = \"b\"\n"
                        "preprocess = { range = [5, 1], smoth = \"ewma:0.5\" }\n"),
              "f.toml:5:24: range must rise: the first number is the low end\n"
              "f.toml:5:32: unknown key \"smoth\" in [source.preprocess]: did you mean \"smooth\"?\n");
    EXPECT_EQ(errors_of("[[rule]]\nname = \"r\"\nchannel = \"a:b\"\nabove = 1\n\n[[rule]]\nname = \"s\"\n"
                        "channel = \"a:b\"\nabove = 1\n   clear_below = 2\n"),
              "f.toml:10:18: clear_below must be at most above\n");
    EXPECT_EQ(errors_of("[[source]]\ntopic = \"a\"\nfields = [\"x\", 7, \"x\"]\n"),
              "f.toml:3:16: an element of fields must be a text, not a whole number\n"
              "f.toml:3:19: an element of fields is there twice: \"x\"\n");
    EXPECT_EQ(errors_of("source = [ { topic = \"a\" }, { tpic = \"b\" } ]\n"),
              "f.toml:1:29: [[source]] needs the key \"topic\"\n"
              "f.toml:1:31: unknown key \"tpic\" in [[source]]: did you mean \"topic\"?\n");
}

TEST(SettingsParse, a_column_is_a_character_not_a_byte) {
    EXPECT_EQ(errors_of("agent = { id = \"\xc3\xa4\xe2\x82\xac\", idd = 1 }\n"),
              "f.toml:1:22: unknown key \"idd\" in [agent]: did you mean \"id\"?\n");
}

TEST(SettingsParse, every_error_of_a_file_is_reported_in_its_order) {
    const std::string errors = errors_of(
        "[agent]\nid = 5\n[mqtt]\nversion = 4\nqos = 3\nurl = \"http://x\"\n[window]\nlength = \"10\"\n"
        "lateness = \"1y\"\n[storage]\nmax_bytes = \"1KiB\"\nloss_windw = \"1s\"\n[[source]]\nformat = \"jsn\"\n");
    EXPECT_EQ(
        errors,
        "f.toml:2:6: id must be a text, not a whole number\n"
        "f.toml:4:11: version must be 5, 3 or \"3.1.1\", not 4\n"
        "f.toml:5:7: qos must be 0 to 2, not 3\n"
        "f.toml:6:7: url must be mqtt://HOST, mqtts://HOST or one of these with :PORT\n"
        "f.toml:8:10: length needs a unit, like \"10s\", \"500ms\" or \"1m30s\"\n"
        "f.toml:9:12: lateness has no such unit: \"y\" (write it like \"10s\", \"500ms\" or \"1m30s\")\n"
        "f.toml:11:13: max_bytes must be 1MiB to 1TiB, not \"1KiB\"\n"
        "f.toml:12:1: unknown key \"loss_windw\" in [storage]: did you mean \"loss_window\"?\n"
        "f.toml:13:1: [[source]] needs the key \"topic\"\n"
        "f.toml:14:10: format must be one of \"json\", \"number\", \"csv\", not \"jsn\": did you mean \"json\"?\n");
}

TEST(SettingsParse, the_version_of_mqtt_is_a_number_or_its_name) {
    EXPECT_EQ(good("").mqtt.version, 5);
    EXPECT_EQ(good("[mqtt]\nversion = 3\n").mqtt.version, 3);
    EXPECT_EQ(good("[mqtt]\nversion = \"3.1.1\"\n").mqtt.version, 3);
    EXPECT_EQ(good("[mqtt]\nversion = \"5\"\n").mqtt.version, 5);
    EXPECT_EQ(errors_of("[mqtt]\nversion = \"3.1\"\n"),
              "f.toml:2:11: version must be 5, 3 or \"3.1.1\", not \"3.1\"\n");
    EXPECT_EQ(errors_of("[mqtt]\nversion = 3.1\n"), "f.toml:2:11: version must be 5, 3 or \"3.1.1\", not a decimal\n");
    for (int qos = 0; qos <= 2; ++qos) EXPECT_EQ(good("[mqtt]\nqos = " + std::to_string(qos) + "\n").mqtt.qos, qos);
}

TEST(SettingsParse, a_rule_has_exactly_one_condition_and_one_kind_of_target) {
    const std::string rule = "[[rule]]\nname = \"r\"\n";
    EXPECT_EQ(
        errors_of(rule + "channel = \"a:b\"\n"),
        "f.toml:1:1: [[rule]] needs exactly one of above, below, rate_above, rate_below, score_above and absent_for\n");
    EXPECT_EQ(errors_of(rule + "channel = \"a:b\"\nabove = 1\nbelow = 0\n"),
              "f.toml:1:1: [[rule]] needs exactly one of above, below, rate_above, rate_below, score_above and "
              "absent_for, this one has more\n");
    EXPECT_EQ(errors_of(rule + "channel = \"a:b\"\nabove = \"x\"\n"),
              "f.toml:4:9: above must be a decimal, not a text\n");
    EXPECT_EQ(errors_of(rule + "above = 1\n"), "f.toml:1:1: [[rule]] needs one of channel and group\n");
    EXPECT_SAYS(rule + "channel = \"a\"\ngroup = \"b\"\nscore_above = 0.5\n", "has both channel and group");
    EXPECT_SAYS(rule + "channel = \"a\"\nbelow = 5\nclear_below = 3\n",
                "clear_below goes with above, rate_above or score_above");
    EXPECT_SAYS(rule + "channel = \"a\"\nbelow = 5\nclear_above = 3\n", "clear_above must be at least below");
    EXPECT_SAYS(rule + "channel = \"a\"\nabove = 5\nclear_above = 3\n",
                "clear_above goes with below or rate_below only");
    EXPECT_SAYS(rule + "channel = \"a\"\nscore_above = 1.5\n", "score_above must be from 0 to 1");
    EXPECT_SAYS(rule + "channel = \"a\"\nabsent_for = \"5s\"\nfor = \"1s\"\n", "does not go with absent_for");
    EXPECT_SAYS(rule + "group = \"g\"\nabove = 5\n", "group goes with score_above only");
    EXPECT_SAYS(rule + "group = \"g\"\nscore_above = 0.5\n", "group needs a [[group]]");
    EXPECT_SAYS("[[group]]\nname = \"pumps\"\nchannels = [\"t\"]\n" + rule + "group = \"pmps\"\nscore_above = 0.5\n",
                "did you mean \"pumps\"?");
    EXPECT_EQ(good(rule + "channel = \"a\"\nabove = -5\nclear_below = -5\n").rules[0].above->mantissa, -5);
}

TEST(SettingsParse, names_that_become_topics_are_checked) {
    const std::string body = "channel = \"a\"\nabove = 1\n";
    for (const std::string name : {"\"a/b\"", "\"a+\"", "\"#\""}) {
        EXPECT_SAYS(std::string("[[rule]]\n").append(body).append("name = ").append(name).append("\n"),
                    "name must not hold '/', '+' or '#'");
    }
    EXPECT_SAYS("[[rule]]\nname = \"anomaly\"\n" + body, "name is that of the default rule");
    EXPECT_SAYS("[[rule]]\nname = \"a\"\n" + body + "[[rule]]\nname = \"a\"\n" + body,
                "f.toml:6:8: name is that of another");
    EXPECT_SAYS("[[rule]]\nname = \"" + std::string(49, 'x') + "\"\n" + body, "at most 48 bytes");
    EXPECT_SAYS("[agent]\nid = \"a/b\"\n", "f.toml:2:6: id must be one level of a topic");
    EXPECT_SAYS("[agent]\nid = \"a\\u0007\"\n", "control characters");
    EXPECT_SAYS("[mqtt]\nbase_topic = \"a/#\"\n", "f.toml:2:14: base_topic must be a topic");
    EXPECT_SAYS("[[source]]\ntopic = \"a/#/b\"\n", "f.toml:2:9: topic cannot be read");
    EXPECT_SAYS("[[source]]\ntopic = \"a/{x\"\n", "topic cannot be read");
}

TEST(SettingsParse, what_is_no_public_key_is_refused_where_it_stands_and_never_shown) {
    const std::string key = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    const auto list = [](const std::string& keys) { return "[models]\ntrusted_keys = [" + keys + "]\n"; };
    EXPECT_EQ(good(list("\"ed25519-public:" + key + "\"")).models.trusted_keys.size(), 1U);
    EXPECT_TRUE(good(list("")).models.trusted_keys.empty());
    EXPECT_SAYS(list("\"ed25519-public:" + key + "\", \"" + key + "\""),
                "f.toml:2:100: an element of trusted_keys must be a public key");
    EXPECT_SAYS(list("\"ed25519-secret:" + key + "\""), "f.toml:2:17: an element of trusted_keys is a secret key");
    EXPECT_SAYS(list("7"), "f.toml:2:17: an element of trusted_keys must be a text");
    for (const std::string& wrong : {"\"ed25519-secret:" + key + "\"", "\"" + key + "\", \"" + key + "\""}) {
        EXPECT_EQ(errors_of(list(wrong)).find(key), std::string::npos) << errors_of(list(wrong));
    }
}

TEST(SettingsParse, the_same_filter_twice_is_refused) {
    EXPECT_SAYS("[[source]]\ntopic = \"a/{x}\"\n[[source]]\ntopic = \"a/+\"\n", "f.toml:4:9: topic is the same filter");
    EXPECT_EQ(good("[[source]]\ntopic = \"a/+\"\n[[source]]\ntopic = \"a/#\"\n").sources.size(), 2U);
}

TEST(SettingsParse, labels_of_a_group_must_come_from_a_source) {
    EXPECT_EQ(
        errors_of("[[source]]\ntopic = \"p/{machine}\"\n[[group]]\nname = \"g-{machne}\"\nchannels = [\"t\"]\n"),
        "f.toml:4:8: name has the label {machne}, which no [[source]] has in its topic: did you mean {machine}?\n");
    EXPECT_SAYS("[[group]]\nname = \"g/+\"\nchannels = [\"t\"]\n", "name must not hold");
}

TEST(SettingsParse, limits_that_do_not_go_together_are_refused_and_those_not_given_follow) {
    EXPECT_SAYS("[limits]\nchannels = 1000\ngroups = 10\n", "f.toml:3:10: limits.groups must be at least 1000");
    EXPECT_SAYS("[limits]\nresults = 100\n", "f.toml:2:11: limits.results must be at least 1024");
    EXPECT_SAYS("[limits]\ninbox = \"64KiB\"\n", "f.toml:2:9: limits.inbox must be at least 260KiB");
    EXPECT_SAYS("[limits]\nrule_states = 5\n", "limits.rule_states must be at least 256");
    EXPECT_SAYS("[limits]\ngroup_members = 1\n[[group]]\nname = \"g\"\nchannels = [\"a\", \"b\"]\n",
                "f.toml:5:12: channels must be at most 1 (limits.group_members), not 2");
    EXPECT_SAYS("[limits]\ngroup_members = 65\n", "group_members must be 1 to 64");
    std::string channels = "\"c0\"";
    for (int i = 1; i < 17; ++i) channels += ", \"c" + std::to_string(i) + "\"";
    EXPECT_SAYS("[[group]]\nname = \"g\"\nmodel = \"pca\"\nchannels = [" + channels + "]\n",
                "f.toml:4:12: channels must be at most 16 (model = \"pca\"), not 17");
    EXPECT_SAYS("[storage]\nmax_bytes = \"1MiB\"\n", "f.toml:2:13: storage.max_bytes must be at least ");
    EXPECT_GT(good("[limits]\nchannels = 16384\n").storage.bytes_max, 64ULL << 20) << "not given: it grows with need";
    const Settings settings = good("[limits]\nchannels = 5000\n");
    EXPECT_EQ(settings.capacities.groups_max, 5000U);
    EXPECT_EQ(settings.capacities.rule_states_max, 5000U);
    EXPECT_EQ(settings.capacities.results_max, 20000U);
    EXPECT_TRUE(related(settings).empty());
    EXPECT_EQ(good("[limits]\ninbox = \"64KiB\"\n[mqtt]\npayload_max = \"4KiB\"\n").capacities.inbox_bytes, 65536U);
}

TEST(SettingsParse, decimals_are_kept_as_written) {
    const auto above = [](const std::string& text) {
        return *good("[[rule]]\nname = \"r\"\nchannel = \"a\"\nabove = " + text + "\n").rules[0].above;
    };
    EXPECT_EQ(above("0.1").mantissa, 1);
    EXPECT_EQ(above("101325.25").mantissa, 10132525);
    EXPECT_EQ(above("101325.25").scale, 2);
    EXPECT_EQ(above("1e-12").scale, 12);
    EXPECT_EQ(above("-123456789012345").mantissa, -123456789012345);
    EXPECT_EQ(above("123456.789012345").mantissa, 123456789012345);
    for (const std::string text : {"inf", "nan", "1e18", "9223372036854775807"}) {
        EXPECT_SAYS("[[rule]]\nname = \"r\"\nchannel = \"a\"\nabove = " + text + "\n",
                    "f.toml:4:9: above must be a number");
    }
}

TEST(SettingsParse, a_table_and_a_list_of_tables_are_not_the_same) {
    EXPECT_EQ(errors_of("[source]\ntopic = \"a\"\n"),
              "f.toml:1:2: source must be a list of tables: write [[source]]\n");
    EXPECT_EQ(errors_of("[[mqtt]]\nqos = 1\n"), "f.toml:1:3: mqtt must be one table, not several: write [mqtt]\n");
    EXPECT_EQ(errors_of("mqtt = 5\n"), "f.toml:1:8: mqtt must be one table, not a whole number\n");
    EXPECT_EQ(errors_of("source = [1]\n"), "f.toml:1:11: must be a table, not a whole number\n");
}

}  // namespace
}  // namespace redshank
