#include "agent/sources.hpp"

#include <gtest/gtest.h>

namespace redshank {
namespace {

SourceSettings source_of(std::string topic, std::vector<std::string> fields = {}) {
    SourceSettings source;
    source.topic = std::move(topic);
    source.fields = std::move(fields);
    return source;
}

TEST(Sources, a_topic_counts_under_the_first_source_that_matches) {
    Settings settings;
    settings.sources = {source_of("plant/{machine}/sensors"), source_of("plant/#")};
    const Sources sources(settings);
    Labels labels;
    EXPECT_EQ(sources.find("plant/m1/sensors", labels), 0U);
    EXPECT_EQ(labels.values[0], "m1");
    EXPECT_EQ(sources.find("plant/m1/other", labels), 1U);
    EXPECT_EQ(sources.find("hall", labels), Sources::none);
}

TEST(Sources, fields_that_were_named_are_taken_and_no_others) {
    Settings settings;
    settings.sources = {source_of("a", {"t", "/v/rms"}), source_of("b"), source_of("c")};
    settings.sources[1].time = "ts";
    settings.sources[2].format = PayloadFormat::number;
    const Sources sources(settings);
    EXPECT_TRUE(sources.takes(0, "t"));
    EXPECT_TRUE(sources.takes(0, "/v/rms"));
    EXPECT_FALSE(sources.takes(0, "u"));
    EXPECT_TRUE(sources.takes(1, "anything"));
    EXPECT_FALSE(sources.takes(1, "ts"));
    EXPECT_TRUE(sources.takes(2, "value"));
    EXPECT_FALSE(sources.takes(2, "t"));
}

TEST(Sources, columns_are_what_a_csv_source_takes_unless_fields_were_named) {
    Settings settings;
    settings.sources = {source_of("a"), source_of("b", {"t"})};
    for (SourceSettings& source : settings.sources) {
        source.format = PayloadFormat::csv;
        source.time = "time";
        source.columns = {"time", "t", "p"};
    }
    const Sources sources(settings);
    EXPECT_TRUE(sources.takes(0, "p"));
    EXPECT_FALSE(sources.takes(0, "time"));
    EXPECT_FALSE(sources.takes(0, "q"));
    EXPECT_TRUE(sources.takes(1, "t"));
    EXPECT_FALSE(sources.takes(1, "p"));
}

TEST(Sources, belong_to_one_broker_each) {
    Settings settings;
    settings.brokers.resize(2);
    settings.brokers[0].name = "hall";
    settings.brokers[1].name = "yard";
    settings.sources = {source_of("#"), source_of("plant/{machine}"), source_of("#")};
    settings.sources[1].broker_index = 1;
    settings.sources[2].broker_index = 2;
    const Sources sources(settings);
    Labels labels;
    EXPECT_EQ(sources.find("plant/m1", labels), 0U);
    EXPECT_EQ(sources.find("plant/m1", labels, 1), 1U);
    EXPECT_EQ(labels.values[0], "m1");
    EXPECT_EQ(sources.find("hall/m1", labels, 1), Sources::none);
    EXPECT_EQ(sources.find("hall/m1", labels, 2), 2U);
    EXPECT_EQ(sources.find("plant/m1", labels, 3), Sources::none);
    EXPECT_EQ(sources.prefix_of(0), "");
    EXPECT_EQ(sources.prefix_of(2), "yard/");
    EXPECT_EQ(sources.broker_of_prefix("hall/"), 1U);
    EXPECT_EQ(sources.broker_of_prefix(""), 0U);
    EXPECT_EQ(sources.broker_of_prefix("hal/"), Sources::unknown_broker);
}

TEST(Sources, a_topic_that_begins_like_another_broker_belongs_to_none_at_the_first) {
    Settings settings;
    settings.brokers.resize(1);
    settings.brokers[0].name = "hall";
    settings.sources = {source_of("#")};
    const Sources sources(settings);
    Labels labels;
    for (const char* topic : {"hall/m1", "hall", "hall/"}) EXPECT_EQ(sources.find(topic, labels), Sources::none);
    for (const char* topic : {"hall2/m1", "a/hall", "halls"}) EXPECT_EQ(sources.find(topic, labels), 0U);
}

class Substitution : public testing::Test {
protected:
    Substitution() : pattern_(*TopicPattern::parse("plant/{line}/{machine}")) {
        topic_ = "plant/l{1}/\xc3\xa9:2";
        EXPECT_TRUE(pattern_.matches(topic_, labels_.values));
    }
    std::string of(std::string_view text) {
        ChannelName out;
        return substitute_labels(text, pattern_, labels_, out) ? std::string(out.view()) : "refused";
    }
    TopicPattern pattern_;
    std::string topic_;
    Labels labels_;
};

TEST_F(Substitution, each_label_becomes_its_value) {
    EXPECT_EQ(of("pump-{machine}"), "pump-\xc3\xa9:2");
    EXPECT_EQ(of("{line}/{machine}/{line}"), "l{1}/\xc3\xa9:2/l{1}");
    EXPECT_EQ(of("all"), "all");
}

TEST_F(Substitution, a_value_is_not_read_again) {
    EXPECT_EQ(of("x{line}"), "xl{1}");
}

TEST_F(Substitution, an_unknown_label_and_an_open_brace_are_refused) {
    EXPECT_EQ(of("pump-{hall}"), "refused");
    EXPECT_EQ(of("pump-{machine"), "refused");
}

TEST_F(Substitution, what_is_too_long_is_refused_and_not_cut) {
    EXPECT_EQ(of(std::string(ChannelName::capacity, 'a')), std::string(ChannelName::capacity, 'a'));
    EXPECT_EQ(of(std::string(ChannelName::capacity, 'a') + "b"), "refused");
    EXPECT_EQ(of(std::string(ChannelName::capacity - 3, 'a') + "{machine}"), "refused");
}

}  // namespace
}  // namespace redshank
