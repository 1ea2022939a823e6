#include "drivers/topic.hpp"

#include <gtest/gtest.h>

#include <array>

namespace redshank::test {

namespace {

using Use = TopicPattern::Use;

bool matches(std::string_view pattern, std::string_view topic, Use use = Use::topic) {
    const auto parsed = TopicPattern::parse(pattern, use);
    EXPECT_TRUE(parsed) << pattern << ": " << parsed.error();
    return parsed && parsed->matches(topic);
}

// "name=value name=value", "no" when the pattern does not match.
std::string labels(std::string_view pattern, std::string_view topic, Use use = Use::topic) {
    const auto parsed = TopicPattern::parse(pattern, use);
    if (!parsed) return parsed.error();
    std::array<std::string_view, TopicPattern::label_names_max> values;
    if (!parsed->matches(topic, values)) return "no";
    std::string out;
    for (std::size_t i = 0; i < parsed->names().size(); ++i) {
        out += (out.empty() ? "" : " ") + parsed->names()[i] + "=" + std::string(values[i]);
    }
    return out;
}

std::string error_of(std::string_view pattern, Use use = Use::topic) {
    const auto parsed = TopicPattern::parse(pattern, use);
    return parsed ? "none" : parsed.error();
}

TEST(FilterCovers, what_matches_the_narrow_one_matches_the_wide_one) {
    const auto covers = [](std::string_view wide, const std::vector<std::string_view>& narrow) {
        for (const std::string_view one : narrow) {
            if (!filter_covers(wide, one)) return std::string(one);
        }
        return std::string("all");
    };
    EXPECT_EQ(covers("#", {"#", "a", "a/b", "+/+", "a/#", "/"}), "all");
    EXPECT_EQ(covers("a/#", {"a", "a/b", "a/+", "a/b/#", "a/#", "a/+/c/#"}), "all");
    EXPECT_EQ(covers("+/b", {"a/b", "+/b"}), "all");
    EXPECT_EQ(covers("+/#", {"a", "+", "a/b/c", "+/b", "a/#"}), "all");
    EXPECT_EQ(covers("a/+/#", {"a/b", "a/b/c", "a/+", "a/+/c"}), "all");
    EXPECT_EQ(covers("$SYS/#", {"$SYS/broker"}), "all");
}

TEST(FilterCovers, what_matches_more_or_something_else_is_not_covered) {
    const std::vector<std::pair<std::string_view, std::string_view>> pairs{
        {"a", "a/b"},     {"a/b", "a"},      {"a/+", "a"},        {"a/+", "a/#"},
        {"a/+", "a/b/c"}, {"a/+", "+/b"},    {"+/b", "a/+"},      {"a/#", "#"},
        {"+/#", "#"},     {"a/+/#", "a"},    {"a/+/#", "a/#"},    {"a/b/#", "a/+/c"},
        {"#", "$SYS/#"},  {"+/x", "$SYS/x"}, {"#", "$share/g/a"}, {"$share/g/#", "$share/g/a"},
    };
    for (const auto& [wide, narrow] : pairs) EXPECT_FALSE(filter_covers(wide, narrow)) << wide << " " << narrow;
}

}  // namespace

TEST(Topic, what_mqtt_admits_is_valid) {
    for (const std::string_view topic :
         {"a", "/", "a//b", "/a/", "plant/pump 1/\xc2\xb0", "$SYS/broker", "{machine}", "a:b"}) {
        EXPECT_TRUE(valid_topic(topic)) << topic;
    }
    EXPECT_TRUE(valid_topic(std::string(65535, 'a')));
}

TEST(Topic, what_mqtt_forbids_is_not) {
    for (const std::string_view topic : {"", "a/+", "a+b", "#", "a#", "\xff", "a/\xc0\xaf", "a/\xed\xa0\x80", "\xc3"}) {
        EXPECT_FALSE(valid_topic(topic)) << topic;
    }
    EXPECT_FALSE(valid_topic(std::string_view("a\0b", 3)));
    EXPECT_FALSE(valid_topic(std::string(65536, 'a')));
}

TEST(TopicPattern, is_subscribed_to_with_plain_wildcards) {
    for (const auto& [text, filter] : {std::pair{"plant/{machine}/sensors", "plant/+/sensors"},
                                       {"a/+/b/#", "a/+/b/#"},
                                       {"#", "#"},
                                       {"+", "+"},
                                       {"{file}", "+"},
                                       {"/a//b/", "/a//b/"},
                                       {"a", "a"},
                                       {"{a}/{b}/#", "+/+/#"},
                                       {"a:b/{c}", "a:b/+"}}) {
        const auto parsed = TopicPattern::parse(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(parsed->filter(), filter);
        EXPECT_EQ(parsed->text(), text);
    }
}

TEST(TopicPattern, named_levels_become_labels) {
    EXPECT_EQ(labels("plant/{machine}/sensors", "plant/pump 1/sensors"), "machine=pump 1");
    EXPECT_EQ(labels("{b}/x/{a}", "1/x/2"), "b=1 a=2");
    EXPECT_EQ(labels("plant/{machine}/#", "plant/p"), "machine=p");
    EXPECT_EQ(labels("plant/{machine}/#", "plant/p/q/r"), "machine=p");
    EXPECT_EQ(labels("a/{x}/b", "a//b"), "x=");
    EXPECT_EQ(labels("{1}/{2}/{3}/{4}/{5}/{6}/{7}/{8}", "a/b/c/d/e/f/g/h"), "1=a 2=b 3=c 4=d 5=e 6=f 7=g 8=h");
    EXPECT_EQ(labels("plant/{machine}/sensors", "plant/p/sensor"), "no");
    EXPECT_EQ(labels("plant/{machine}/sensors", "plant/p/q/sensors"), "no");
}

TEST(TopicPattern, room_for_fewer_labels_keeps_the_first) {
    const auto parsed = TopicPattern::parse("{a}/{b}");
    std::array<std::string_view, 1> values;
    EXPECT_TRUE(parsed->matches("1/2", values));
    EXPECT_EQ(values[0], "1");
}

TEST(TopicPattern, matches_as_mqtt_filters_do) {
    const struct {
        const char* pattern;
        const char* topic;
        bool match;
    } table[] = {
        {"a/b", "a/b", true},     {"a/b", "a/b/", false},     {"a/b", "a/bc", false},     {"a/b", "a", false},
        {"a/b", "/a/b", false},   {"+", "a", true},           {"+", "a/b", false},        {"+", "/a", false},
        {"+/+", "/a", true},      {"/+", "/a", true},         {"a/+", "a", false},        {"a/+", "a/", true},
        {"a/+/c", "a/b/c", true}, {"a/+/c", "a/b/d", false},  {"#", "a", true},           {"#", "a/b/c", true},
        {"#", "/", true},         {"a/#", "a", true},         {"a/#", "a/", true},        {"a/#", "a/b/c", true},
        {"a/#", "ab", false},     {"a/+/#", "a", false},      {"a/+/#", "a/b", true},     {"#", "$SYS/x", false},
        {"+/x", "$SYS/x", false}, {"{l}/x", "$SYS/x", false}, {"$SYS/#", "$SYS/x", true}, {"$SYS/+", "$SYS/x", true},
        {"+/#", "$SYS/x", false}, {"a/#", "a/$x", true},      {"A", "a", false},          {"a/b/#", "a", false},
    };
    for (const auto& [pattern, topic, match] : table)
        EXPECT_EQ(matches(pattern, topic), match) << pattern << " " << topic;
}

TEST(TopicPattern, of_names_may_hold_labels_within_a_level) {
    EXPECT_EQ(labels("pump-{machine}", "pump-7", Use::name), "machine=7");
    EXPECT_EQ(labels("pump-{machine}", "pump-", Use::name), "no");
    EXPECT_EQ(labels("pump-{machine}", "fan-7", Use::name), "no");
    EXPECT_EQ(labels("plant/{m}:temperature", "plant/m1:temperature", Use::name), "m=m1");
    EXPECT_EQ(labels("plant/{m}:temperature", "plant/aa:bb:cc:temperature", Use::name), "m=aa:bb:cc");
    EXPECT_EQ(labels("plant/{m}:{f}", "plant/aa:bb:cc:temperature", Use::name), "m=aa:bb:cc f=temperature");
    EXPECT_EQ(labels("{a}-{b}", "1-2-3", Use::name), "a=1-2 b=3");
    EXPECT_EQ(labels("{a}-{b}", "1-", Use::name), "no");
    EXPECT_EQ(labels("{a}-{b}", "-1", Use::name), "no");
    EXPECT_EQ(labels("x{a}-{b}y", "x1-y", Use::name), "no");
    EXPECT_EQ(labels("x{a}-{b}y", "x1--y", Use::name), "a=1 b=-");
    EXPECT_EQ(labels("x{a}-{b}y", "x1-2-y", Use::name), "a=1 b=2-");
    EXPECT_EQ(labels("x{a}-{b}y", "xy", Use::name), "no");
    EXPECT_EQ(labels("ab{a}ba", "aba", Use::name), "no");
    EXPECT_EQ(labels("plant/{m}/sensors:/vibration/rms", "plant/p/sensors:/vibration/rms", Use::name), "m=p");
}

TEST(TopicPattern, of_names_may_hold_a_plus_between_slashes_and_colons) {
    EXPECT_TRUE(matches("plant/+:temperature", "plant/m1:temperature", Use::name));
    EXPECT_FALSE(matches("plant/+:temperature", "plant/m1:humidity", Use::name));
    EXPECT_TRUE(matches("plant/m1:+", "plant/m1:humidity", Use::name));
    EXPECT_FALSE(matches("plant/m1:+", "plant/m1:/vibration/rms", Use::name));
    EXPECT_TRUE(matches("plant/m1:a+b", "plant/m1:a+b", Use::name));
    EXPECT_FALSE(matches("plant/m1:a+b", "plant/m1:axb", Use::name));
    EXPECT_TRUE(matches("m:c#", "m:c#", Use::name));
}

TEST(TopicPattern, of_names_takes_the_channels_of_the_topic_above_the_rest) {
    EXPECT_TRUE(matches("plant/#", "plant/m1/sensors:temperature", Use::name));
    EXPECT_TRUE(matches("plant/#", "plant:temperature", Use::name));
    EXPECT_TRUE(matches("plant/#", "plant:/vibration/rms", Use::name));
    EXPECT_FALSE(matches("plant/#", "plants:temperature", Use::name));
    EXPECT_FALSE(matches("plant/#", "plant:temperature"));
    EXPECT_EQ(labels("plant/{m}/#", "plant/m1:temperature", Use::name), "m=m1");
    EXPECT_EQ(labels("plant/{m}/#", "plant/m1:/vibration/rms", Use::name), "m=m1");
    EXPECT_EQ(labels("plant/{m}/#", "plant/aa:bb/x:temperature", Use::name), "m=aa:bb");
    EXPECT_TRUE(matches("#", "plant:temperature", Use::name));
    EXPECT_FALSE(matches("#", "$SYS/load:value", Use::name));
}

TEST(TopicPattern, says_which_byte_is_wrong) {
    EXPECT_EQ(error_of(""), "a topic is at least one byte long");
    EXPECT_EQ(error_of("a/#/b"), "'#' stands for the last levels only: at the end, after a slash (byte 2)");
    EXPECT_EQ(error_of("a/b#"), "'#' stands for the last levels only: at the end, after a slash (byte 3)");
    EXPECT_EQ(error_of("a/b+"), "'+' is a level of its own (byte 3)");
    EXPECT_EQ(error_of("a/+b"), "'+' is a level of its own (byte 2)");
    EXPECT_EQ(error_of("a/pump-{m}"), "a label is a level of its own (byte 7)");
    EXPECT_EQ(error_of("a/{m}:x"), "a label is a level of its own (byte 2)");
    EXPECT_EQ(error_of("a/{m"), "'{' without a '}' in the same level (byte 2)");
    EXPECT_EQ(error_of("a/{m/x}"), "'{' without a '}' in the same level (byte 2)");
    EXPECT_EQ(error_of("a/m}"), "'}' without a '{' before it (byte 3)");
    EXPECT_EQ(error_of("a/{}"), "a label has a name (byte 3)");
    EXPECT_EQ(error_of("a/{m n}"), "a label's name is made of letters, digits, '_' and '-' (byte 4)");
    EXPECT_EQ(error_of("{m}/{m}"), "label 'm' is there twice (byte 5)");
    EXPECT_EQ(error_of("{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}"), "more than 8 labels (byte 33)");
    EXPECT_EQ(error_of("{a}{b}", Use::name), "two wildcards with nothing between them (byte 3)");
    EXPECT_EQ(error_of("{a}:{b}:{c}", Use::name), "more than two wildcards in one level (byte 8)");
    EXPECT_EQ(error_of(std::string_view("a\0b", 3)), "a topic holds no NUL (byte 1)");
    EXPECT_EQ(error_of("\xff"), "a topic is UTF-8, this is not");
    EXPECT_EQ(error_of(std::string(65536, 'a')), "a topic is at most 65535 bytes long (byte 65535)");
}

}  // namespace redshank::test
