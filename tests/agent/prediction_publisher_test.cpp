#include "agent/prediction_publisher.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace redshank {
namespace {

// Takes what it is given while it has room.
class Broker final : public MqttClient {
public:
    void start(std::int64_t) override {}
    std::int64_t step(std::int64_t now_ns) override { return now_ns; }
    bool connected() const noexcept override { return true; }
    std::string last_error() const override { return ""; }
    std::uint64_t publishes_refused() const noexcept override { return 0; }
    bool publish(std::string_view topic, std::span<const std::byte> payload, bool retain,
                 std::uint64_t token) noexcept override {
        if (room == 0) return false;
        --room;
        EXPECT_FALSE(retain);
        taken.emplace_back(topic, std::string(reinterpret_cast<const char*>(payload.data()), payload.size()));
        tokens.push_back(token);
        return true;
    }
    void stop(std::int64_t) override {}

    std::size_t room = 100'000;
    std::vector<std::pair<std::string, std::string>> taken;
    std::vector<std::uint64_t> tokens;
};

PredictionEvent event(double predicted) {
    return {.group = "hall/pump-1",
            .target = "a",
            .has_predicted = true,
            .has_actual = true,
            .predicted = predicted,
            .actual = 2.5,
            .time_ns = 1'700'000'000'000'000'000};
}

class Publishing : public testing::Test {
protected:
    Publishing() : publisher_("redshank/hall-3") { publisher_.attach(&broker_); }
    void add(int count) {
        for (int i = 0; i < count; ++i) publisher_.add(event(i));
    }
    Broker broker_;
    PredictionPublisher publisher_;
};

TEST_F(Publishing, a_prediction_is_one_message_below_its_group) {
    publisher_.add(event(2));
    PredictionEvent kind = event(3);
    kind.group = "of #1";
    kind.is_class = true;
    kind.has_actual = false;
    kind.share = 0.75F;
    publisher_.add(kind);
    publisher_.drain();
    ASSERT_EQ(broker_.taken.size(), 2U);
    EXPECT_EQ(broker_.taken[0].first, "redshank/hall-3/prediction/hall/pump-1");
    EXPECT_EQ(broker_.taken[0].second,
              R"({"group":"hall/pump-1","target":"a","predicted":2,"actual":2.5,"t":1700000000000000000})");
    EXPECT_EQ(broker_.taken[1].first, "redshank/hall-3/prediction/of %231");
    EXPECT_EQ(broker_.taken[1].second,
              R"({"group":"of #1","target":"a","predicted":3,"share":0.75,"t":1700000000000000000})");
    EXPECT_EQ(publisher_.published(), 2U);
    EXPECT_EQ(publisher_.waiting(), 0U);
}

TEST_F(Publishing, a_class_whose_label_came_later_is_said_again_without_a_share) {
    PredictionEvent joined = event(3);
    joined.is_class = true;
    joined.joined = true;
    publisher_.add(joined);
    publisher_.drain();
    ASSERT_EQ(broker_.taken.size(), 1U);
    EXPECT_EQ(broker_.taken[0].second.find("share"), std::string::npos);
    EXPECT_NE(broker_.taken[0].second.find("\"actual\""), std::string::npos);
}

TEST_F(Publishing, what_nothing_could_be_predicted_of_is_not_published) {
    PredictionEvent none = event(1);
    none.has_predicted = false;
    publisher_.add(none);
    publisher_.drain();
    EXPECT_TRUE(broker_.taken.empty());
}

TEST_F(Publishing, only_a_few_are_under_way_and_an_acknowledgement_lets_the_next_go) {
    add(100);
    publisher_.drain();
    EXPECT_EQ(broker_.taken.size(), PredictionPublisher::under_way_max);
    for (const std::uint64_t token : broker_.tokens) EXPECT_NE(token & PredictionPublisher::token_bit, 0U);
    publisher_.acknowledged(broker_.tokens[0]);
    publisher_.drain();
    EXPECT_EQ(broker_.taken.size(), PredictionPublisher::under_way_max + 1);
    EXPECT_EQ(publisher_.dropped(), 0U);
}

TEST_F(Publishing, a_new_connection_forgets_what_was_under_way_and_late_acknowledgements_of_the_old_one) {
    add(200);
    publisher_.drain();
    const std::uint64_t old = broker_.tokens[0];
    publisher_.connected();
    publisher_.drain();
    EXPECT_EQ(broker_.taken.size(), 2 * PredictionPublisher::under_way_max);
    publisher_.acknowledged(old);
    publisher_.drain();
    EXPECT_EQ(broker_.taken.size(), 2 * PredictionPublisher::under_way_max);
}

TEST_F(Publishing, while_the_broker_takes_none_the_oldest_make_room_and_are_counted) {
    broker_.room = 0;
    add(static_cast<int>(PredictionPublisher::waiting_max) + 7);
    publisher_.drain();
    EXPECT_EQ(publisher_.dropped(), 7U);
    EXPECT_EQ(publisher_.waiting(), PredictionPublisher::waiting_max);
    broker_.room = 1;
    publisher_.drain();
    ASSERT_EQ(broker_.taken.size(), 1U);
    EXPECT_NE(broker_.taken[0].second.find("\"predicted\":7,"), std::string::npos);
    EXPECT_EQ(publisher_.published() + publisher_.dropped() + publisher_.waiting(),
              PredictionPublisher::waiting_max + 7);
}

}  // namespace
}  // namespace redshank
