#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "agent/settings_parse.hpp"

namespace redshank {
namespace {

// Files that were made to hurt: each must give an error with a place, and nothing else must happen.
std::string first_error(const std::string& text) {
    SettingsExtras extras;
    extras.environment = {.host_name = "h", .root = true};
    const ParsedSettings parsed = parse_settings(text, "f.toml", extras);
    if (parsed) return "";
    EXPECT_FALSE(parsed.error().empty());
    for (const SettingsError& error : parsed.error()) {
        EXPECT_GE(error.line, 1U);
        EXPECT_GE(error.column, 1U);
        EXPECT_EQ(error.text().find('\n'), std::string::npos) << "an error is one line";
    }
    return parsed.error().front().text();
}

std::string repeated(const std::string& part, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += part;
    return all;
}

TEST(HostileSettings, deep_nesting_is_an_error_not_a_crash) {
    EXPECT_NE(first_error("a = " + repeated("[", 100'000)), "");
    EXPECT_NE(first_error("a = " + repeated("{ a = ", 40'000)), "");
    EXPECT_NE(first_error("a = " + repeated("[", 100'000) + repeated("]", 100'000)), "");
}

TEST(HostileSettings, keys_of_many_parts_are_refused_wherever_they_hide) {
    const std::string dots = repeated("a.", 100'000);
    EXPECT_EQ(first_error("\n" + dots + "b = 1\n"), "f.toml:2:128: a key has too many parts: at most 64");
    for (const std::string& text :
         {"[" + dots + "b]\n", "x = { " + dots + "b = 1 }\n", repeated("\"[\".", 60'000) + "b = 1\n",
          "x = [\"\"\"a\"\"\"\", { " + dots + "b = 1 }]\n", "x = ['''\n'\"''', { " + dots + "b = 1 }]\n",
          "x = [\"\\\"\", { " + dots + "b = 1 }]\n"}) {
        EXPECT_NE(first_error(text).find("too many parts"), std::string::npos) << text.substr(0, 40);
    }
}

TEST(HostileSettings, dots_in_texts_and_comments_are_no_parts_of_a_key) {
    const std::string dots(500, '.');
    EXPECT_EQ(first_error("# " + dots + "\n[[source]]\ntopic = \"a" + dots + "\" # " + dots + "\n"), "");
    EXPECT_EQ(first_error("[[source]]\ntopic = 'a" + dots + "'\n"), "");
}

TEST(HostileSettings, a_huge_file_is_refused_before_it_is_read) {
    EXPECT_EQ(first_error(std::string(settings_bytes_max + 1, '\n')),
              "f.toml:1:1: is too large: a configuration has at most 256KiB");
    EXPECT_EQ(first_error(std::string(settings_bytes_max, '\n')), "");
}

TEST(HostileSettings, bytes_that_are_no_text_are_errors_with_a_place) {
    EXPECT_EQ(first_error(std::string("[agent]\nid = \"a\0b\"\n", 18)).substr(0, 9), "f.toml:2:");
    EXPECT_EQ(first_error("[agent]\nid = \"\xff\"\n").substr(0, 9), "f.toml:2:");
    EXPECT_EQ(first_error("[agent]\nid = \"\xed\xa0\x80\"\n").substr(0, 9), "f.toml:2:");
    EXPECT_NE(first_error("[agent]\nid = \"\\u0000\"\n"), "");
    EXPECT_NE(first_error(std::string(64, '\0')), "");
    EXPECT_NE(first_error(std::string({'\xff', '\xfe', 'a', '\0', '=', '\0'})), "");
}

TEST(HostileSettings, errors_of_syntax_have_their_place) {
    EXPECT_EQ(first_error("[agent]\nid = \"x\n").substr(0, 9), "f.toml:2:");
    EXPECT_EQ(first_error("[agent]\nid =\n").substr(0, 9), "f.toml:2:");
    EXPECT_EQ(first_error("[agent]\nid = \"a\"\nid = \"b\"\n").substr(0, 9), "f.toml:3:");
    EXPECT_EQ(first_error("[agent]\n[agent]\n").substr(0, 9), "f.toml:2:");
    EXPECT_EQ(first_error("a = 99999999999999999999\n").substr(0, 9), "f.toml:1:");
    EXPECT_EQ(first_error("[agent\nid = 1\n").substr(0, 9), "f.toml:1:");
}

TEST(HostileSettings, names_from_the_file_cannot_forge_lines_of_a_log) {
    EXPECT_EQ(first_error("\"a\\nREADY\" = 1\n").find('\n'), std::string::npos);
    EXPECT_LT(first_error("\"" + std::string(10'000, 'x') + "\" = 1\n").size(), 300U);
    EXPECT_LT(first_error("[[source]]\ntopic = \"a\"\nformat = \"" + std::string(10'000, 'x') + "\"\n").size(), 300U);
}

TEST(HostileSettings, thousands_of_errors_end) {
    EXPECT_NE(first_error(repeated("[[rule]]\n", 20'000)), "");
}

// Random edits of a good file never crash, and what passes parses again to the same text.
TEST(HostileSettings, any_damage_to_a_good_file_is_survived) {
    const std::string good =
        "[mqtt]\nurl = \"mqtt://h:1\"\n[[source]]\ntopic = \"p/{m}/s\"\nfields = [\"t\"]\npreprocess = { range = [-1, "
        "2.5], smooth = \"ewma:0.1\" }\n[[group]]\nname = \"g-{m}\"\nchannels = [\"t\"]\n[[rule]]\nname = "
        "\"r\"\nchannel "
        "= \"p/#\"\nabove = 1.5\nfor = \"1s\"\n[limits]\nchannels = 300\n";
    ASSERT_EQ(first_error(good), "");
    std::uint64_t state = 42;
    const auto random = [&state] {  // splitmix64
        std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    };
    for (int round = 0; round < 3000; ++round) {
        SCOPED_TRACE("seed 42, round " + std::to_string(round));
        std::string text = good;
        for (std::uint64_t edits = 1 + random() % 3; edits > 0; --edits) {
            const auto at = static_cast<std::size_t>(random() % text.size());
            if (random() % 3 == 0) {
                text.erase(at, static_cast<std::size_t>(1 + random() % 8));
            } else if (random() % 2 == 0) {
                text.insert(at, 1,
                            "\"'[]{}=.#,\n\\\x01\xff"
                            "0+"[random() % 16]);
            } else {
                text[at] = static_cast<char>(random());
            }
        }
        const ParsedSettings parsed = parse_settings(text, "f");
        if (!parsed) continue;
        const ParsedSettings again = parse_settings(parsed->text, "f");
        ASSERT_TRUE(again) << text << "\n" << parsed->text;
        EXPECT_EQ(again->text, parsed->text);
    }
}

}  // namespace
}  // namespace redshank
