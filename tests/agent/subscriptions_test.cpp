#include "agent/subscriptions.hpp"

#include <gtest/gtest.h>

#include <set>

namespace redshank {
namespace {

Settings with_topics(const std::vector<std::string>& topics) {
    Settings settings;
    for (const std::string& topic : topics) {
        SourceSettings source;
        source.topic = topic;
        settings.sources.push_back(source);
    }
    return settings;
}

TEST(SubscriptionTable, every_filter_has_an_identifier_of_its_own) {
    SubscriptionTable table;
    table.assign(with_topics({"plant/{machine}/sensors", "plant/#", "hall"}));
    EXPECT_EQ(table.identifier_of("plant/+/sensors"), 1U);
    EXPECT_EQ(table.identifier_of("plant/#"), 2U);
    EXPECT_EQ(table.identifier_of("hall"), 3U);
    EXPECT_EQ(table.identifier_of("elsewhere"), 0U);
}

TEST(SubscriptionTable, the_wanted_come_in_the_order_of_the_sources) {
    SubscriptionTable table;
    table.assign(with_topics({"b", "c"}));
    table.assign(with_topics({"a", "c", "b"}));
    std::vector<std::string> filters;
    for (const MqttSubscription& subscription : table.wanted()) filters.push_back(subscription.filter);
    EXPECT_EQ(filters, (std::vector<std::string>{"a", "c", "b"}));
}

TEST(SubscriptionTable, a_filter_that_left_the_configuration_is_given_up_and_its_identifier_stays_its_own) {
    SubscriptionTable table;
    table.assign(with_topics({"a", "b"}));
    table.assign(with_topics({"c", "b"}));
    EXPECT_EQ(table.unwanted(), std::vector<std::string>{"a"});
    EXPECT_EQ(table.identifier_of("b"), 2U);
    EXPECT_EQ(table.identifier_of("c"), 3U);
    table.assign(with_topics({"a"}));
    EXPECT_EQ(table.identifier_of("a"), 1U);
    EXPECT_EQ(table.unwanted(), (std::vector<std::string>{"b", "c"}));
}

TEST(SubscriptionTable, models_come_first_and_only_where_a_key_is_trusted) {
    Settings settings = with_topics({"#"});
    settings.mqtt.base_topic = "redshank/t";
    SubscriptionTable table;
    table.assign(settings);
    ASSERT_EQ(table.wanted().size(), 1U);
    settings.models.trusted_keys = {"a key"};
    table.assign(settings);
    ASSERT_EQ(table.wanted().size(), 2U);
    EXPECT_EQ(table.wanted()[0].filter, "redshank/t/model/#");
    settings.models.trusted_keys.clear();
    table.assign(settings);
    EXPECT_EQ(table.unwanted(), std::vector<std::string>{"redshank/t/model/#"});
}

TEST(SubscriptionTable, under_3_1_1_a_filter_that_another_covers_is_left_out_and_given_up) {
    Settings settings = with_topics({"plant/{machine}/sensors", "plant/#", "hall", "+/+/+", "plant/a"});
    settings.mqtt.base_topic = "plant/t";
    settings.models.trusted_keys = {"a key"};
    SubscriptionTable table;
    table.assign(settings);
    EXPECT_EQ(table.wanted().size(), 6U);
    settings.mqtt.version = 3;
    table.assign(settings);
    std::vector<std::string> filters;
    for (const MqttSubscription& subscription : table.wanted()) filters.push_back(subscription.filter);
    EXPECT_EQ(filters, (std::vector<std::string>{"plant/#", "hall", "+/+/+"}));
    EXPECT_EQ(table.unwanted(), (std::vector<std::string>{"plant/t/model/#", "plant/+/sensors", "plant/a"}));
    EXPECT_NE(table.identifier_of("plant/t/model/#"), 0U);
    settings.mqtt.version = 5;
    table.assign(settings);
    EXPECT_EQ(table.wanted().size(), 6U);
}

TEST(SubscriptionTable, each_broker_has_one_of_its_own) {
    Settings settings = with_topics({"a", "b", "c"});
    settings.brokers.resize(1);
    settings.brokers[0].name = "hall";
    settings.brokers[0].version = 3;
    settings.sources[1].broker_index = 1;
    settings.models.trusted_keys = {"a key"};
    SubscriptionTable first;
    first.assign(settings, 0);
    EXPECT_EQ(first.wanted().size(), 3U) << "models, a and c";
    EXPECT_EQ(first.identifier_of("b"), 0U);
    SubscriptionTable second;
    second.assign(settings, 1);
    ASSERT_EQ(second.wanted().size(), 1U);
    EXPECT_EQ(second.wanted()[0].filter, "b");

    EXPECT_EQ(SubscriptionTable::key_of("mqtt"), "agent/subscriptions");
    for (const char* broker : {"mqtt", "hall"}) {
        EXPECT_EQ(SubscriptionTable::broker_of_key(SubscriptionTable::key_of(broker)), broker);
    }
    EXPECT_FALSE(SubscriptionTable::broker_of_key("agent/subscription"));
    EXPECT_FALSE(SubscriptionTable::broker_of_key("agent/subscriptionsx"));
}

TEST(SubscriptionTable, what_was_written_is_read_again) {
    SubscriptionTable table;
    table.assign(with_topics({"a", "b"}));
    SubscriptionTable again;
    again.read(table.write());
    EXPECT_EQ(again.write(), table.write());
    again.assign(with_topics({"b", "c"}));
    EXPECT_EQ(again.identifier_of("b"), 2U);
    EXPECT_EQ(again.identifier_of("c"), 3U);
    EXPECT_EQ(again.unwanted(), std::vector<std::string>{"a"});
}

TEST(SubscriptionTable, nothing_saved_is_an_empty_table) {
    SubscriptionTable table;
    table.read({});
    EXPECT_TRUE(table.wanted().empty());
    table.assign(with_topics({"a"}));
    EXPECT_EQ(table.identifier_of("a"), 1U);
}

TEST(SubscriptionTable, the_oldest_of_many_unwanted_are_forgotten_and_no_identifier_is_given_twice) {
    SubscriptionTable table;
    std::set<std::uint32_t> given;
    for (int i = 0; i < 100; ++i) {
        const std::string topic = "t" + std::to_string(i);
        table.assign(with_topics({topic}));
        EXPECT_TRUE(given.insert(table.identifier_of(topic)).second) << i;
    }
    const std::vector<std::string> unwanted = table.unwanted();
    ASSERT_EQ(unwanted.size(), 64U);
    EXPECT_EQ(unwanted.front(), "t35");
    EXPECT_EQ(unwanted.back(), "t98");
    EXPECT_EQ(table.wanted().front().filter, "t99");
}

}  // namespace
}  // namespace redshank
