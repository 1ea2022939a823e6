#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "agent/settings_parse.hpp"
#include "drivers/zone_file.hpp"

// What a [[source]] may say about its payloads.

namespace redshank {
namespace {

ParsedSettings parsed(const std::string& source) {
    SettingsExtras extras;
    extras.environment = {.host_name = "hall-3", .root = true};
    return parse_settings("[[source]]\ntopic = \"a\"\n" + source, "f", extras);
}

std::string errors_of(const std::string& source) {
    const ParsedSettings settings = parsed(source);
    std::string all;
    if (settings) return all;
    for (const SettingsError& error : settings.error()) all += error.text() + "\n";
    return all;
}

TEST(SettingsPayloads, every_key_reaches_the_source) {
    const ParsedSettings csv = parsed(
        "format = \"csv\"\ncolumns = [\"time\", \"\", \"t\", \"\"]\nseparator = \"\\t\"\ndecimal_comma = true\n"
        "time = \"time\"\ntime_format = \"ms\"\nstates = [\"idle\", \"heat\"]\n");
    ASSERT_TRUE(csv) << csv.error().front().text();
    const SourceSettings& source = csv->sources[0];
    EXPECT_EQ(source.format, PayloadFormat::csv);
    EXPECT_EQ(source.columns, (std::vector<std::string>{"time", "", "t", ""}));
    EXPECT_EQ(source.separator, '\t');
    EXPECT_TRUE(source.decimal_comma);
    EXPECT_EQ(source.time_format, TimeFormat::milliseconds);
    EXPECT_EQ(source.states, (std::vector<std::string>{"idle", "heat"}));

    const ParsedSettings json =
        parsed("readings = \"\"\nnumeric_strings = true\ntime = \"t\"\ntime_zone = \"+02:00\"\n");
    ASSERT_TRUE(json) << json.error().front().text();
    EXPECT_EQ(json->sources[0].readings, "");
    EXPECT_TRUE(json->sources[0].numeric_strings);
    EXPECT_EQ(json->sources[0].time_zone, "+02:00");
    EXPECT_FALSE(parsed("")->sources[0].readings);
    EXPECT_EQ(parsed("readings = \"/a~1b/0\"\n")->sources[0].readings, "/a~1b/0");
}

TEST(SettingsPayloads, the_stored_text_gives_the_same_source_again) {
    for (const char* source :
         {"format = \"csv\"\ncolumns = [\"\", \"t\", \"\"]\nseparator = \"\\t\"\ndecimal_comma = true\n",
          "readings = \"\"\nnumeric_strings = true\nstates = [\"a\"]\ntime = \"t\"\ntime_format = \"us\"\n"}) {
        const ParsedSettings first = parsed(source);
        ASSERT_TRUE(first) << first.error().front().text();
        const ParsedSettings again = parse_settings(first->text, "stored");
        ASSERT_TRUE(again) << again.error().front().text();
        EXPECT_EQ(again->text, first->text);
        EXPECT_EQ(again->sources[0].columns, first->sources[0].columns);
        EXPECT_EQ(again->sources[0].separator, first->sources[0].separator);
        EXPECT_EQ(again->sources[0].readings, first->sources[0].readings);
    }
}

TEST(SettingsPayloads, a_name_of_a_time_zone_is_stored_as_its_rule) {
    if (!std::filesystem::exists(zone_directory)) GTEST_SKIP() << "no time zone data on this machine";
    const ParsedSettings settings = parsed("time = \"t\"\ntime_zone = \"Europe/Berlin\"\n");
    ASSERT_TRUE(settings) << settings.error().front().text();
    EXPECT_EQ(settings->sources[0].time_zone, "CET-1CEST,M3.5.0,M10.5.0/3");
    EXPECT_EQ(settings->text.find("Berlin"), std::string::npos) << settings->text;
    EXPECT_NE(settings->text.find("CET-1CEST,M3.5.0,M10.5.0/3"), std::string::npos) << settings->text;
    // A name that is resolved still has its place in the file.
    EXPECT_EQ(errors_of("time_zone = \"Europe/Berlin\"\n"),
              "f:3:13: time_zone goes with time: it says how that field is written\n");
}

TEST(SettingsPayloads, an_unknown_time_zone_is_refused_where_it_stands) {
    EXPECT_EQ(
        errors_of("time = \"t\"\ntime_zone = \"Europe/Berln\"\n"),
        "f:4:13: time_zone must be \"Z\", an offset like \"+02:00\", a rule like \"CET-1CEST,M3.5.0,M10.5.0/3\" or a "
        "name like \"Europe/Berlin\", not \"Europe/Berln\", which is not in /usr/share/zoneinfo\n");
    EXPECT_NE(errors_of("time = \"t\"\ntime_zone = \"CET-1CEST\"\n").find("f:4:13: time_zone must be"),
              std::string::npos);
    EXPECT_NE(errors_of("time = \"t\"\ntime_zone = \"../passwd\"\n").find("f:4:13: time_zone must be"),
              std::string::npos);
}

TEST(SettingsPayloads, keys_of_one_format_do_not_go_with_another) {
    EXPECT_EQ(errors_of("columns = [\"a\"]\n"), "f:3:11: columns goes with format csv only\n");
    EXPECT_EQ(errors_of("separator = \";\"\n"), "f:3:13: separator goes with format csv only\n");
    EXPECT_EQ(errors_of("decimal_comma = true\n"), "f:3:17: decimal_comma goes with format csv only\n");
    EXPECT_EQ(errors_of("format = \"csv\"\nreadings = \"/a\"\n"), "f:4:12: readings goes with format json only\n");
    EXPECT_EQ(errors_of("format = \"number\"\nnumeric_strings = true\n"),
              "f:4:19: numeric_strings goes with format json only\n");
    EXPECT_EQ(errors_of("format = \"number\"\ntime = \"t\"\n"),
              "f:4:8: time goes with format json or csv: a number has no fields\n");
}

TEST(SettingsPayloads, what_is_named_must_be_a_column) {
    const std::string csv = "format = \"csv\"\ncolumns = [\"time\", \"temperature\", \"\"]\n";
    EXPECT_EQ(errors_of(csv + "time = \"time\"\nfields = [\"temperature\"]\n"), "");
    EXPECT_EQ(errors_of(csv + "time = \"tme\"\n"),
              "f:5:8: time is \"tme\", which is none of the columns: did you mean \"time\"?\n");
    EXPECT_EQ(errors_of(csv + "id = \"part\"\n"), "f:5:6: id is \"part\", which is none of the columns\n");
    EXPECT_EQ(errors_of(csv + "fields = [\"temperature\", \"humidity\"]\n"),
              "f:5:26: an element of fields is \"humidity\", which is none of the columns\n");
    EXPECT_EQ(errors_of("format = \"csv\"\ntime = \"t\"\ncolumns = [\"t\", \"\"]\n"),
              "f:5:11: columns has no column of values\n");
    EXPECT_EQ(errors_of("format = \"csv\"\ncolumns = [\"a\", \"a\"]\n"),
              "f:4:17: an element of columns is there twice: \"a\"\n");
}

TEST(SettingsPayloads, values_out_of_bounds_are_refused) {
    EXPECT_EQ(errors_of("format = \"csv\"\nseparator = \",\"\ndecimal_comma = true\n"),
              "f:5:17: decimal_comma does not go with the separator \",\"\n");
    EXPECT_EQ(errors_of("format = \"csv\"\nseparator = \"x\"\n"),
              "f:4:13: separator must be a text that is \",\", \";\", \"\\t\" or a bar, not \"x\"\n");
    EXPECT_EQ(errors_of("numeric_strings = 1\n"),
              "f:3:19: numeric_strings must be true or false, not a whole number\n");
    EXPECT_EQ(errors_of("readings = \"samples\"\n"),
              "f:3:12: readings must be a JSON pointer: \"/samples\", or \"\" for the payload\n");
    EXPECT_EQ(errors_of("states = [\"idle\", \"1\"]\n"), "f:3:19: an element of states is a number: \"1\"\n");
    EXPECT_EQ(errors_of("time_format = \"ms\"\n"),
              "f:3:15: time_format goes with time: it says how that field is written\n");
    EXPECT_NE(errors_of("time = \"t\"\ntime_format = \"epoch\"\n").find("f:4:15: time_format must be one of"),
              std::string::npos);
}

}  // namespace
}  // namespace redshank
