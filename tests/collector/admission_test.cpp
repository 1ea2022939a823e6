#include <gtest/gtest.h>

#include "collector/ingest.hpp"
#include "tests/collector/random_rows.hpp"
#include "tests/support/temporary_directory.hpp"

// Who may speak for whom: the collector's database with frames of which the keys are known.

namespace redshank::test {
namespace {

constexpr std::int64_t now_ns = 1'790'000'000'000'000'000;

std::string new_key() {
    return wire::text_of(wire::CurveSecretKey::generate().public_key());
}

class Admission : public testing::Test {
protected:
    void SetUp() override { reopen(); }

    void reopen() {
        ingest_.reset();
        auto opened = Ingest::open(directory_ / "collector.db");
        ASSERT_TRUE(opened.has_value()) << opened.error();
        ingest_ = std::move(*opened);
        ingest_->admit_by(&allowed_);
    }

    void allow(const std::string& text) {
        auto list = AllowList::parse(text);
        ASSERT_TRUE(list.has_value()) << list.error();
        allowed_ = std::move(*list);
    }

    // Empty: it was taken.
    std::string say(const std::string& key, const wire::Frame& frame) {
        const std::vector<std::vector<std::byte>> frames{wire::encode_frame(frame)};
        const std::vector<std::string> senders{key};
        auto answers = ingest_->apply(frames, now_ns, senders);
        EXPECT_TRUE(answers.has_value()) << answers.error();
        if (!answers) return "failed";
        return answers->at(0) ? "" : answers->at(0).error();
    }
    std::string hello(const std::string& key, const std::string& agent) {
        return say(key, wire::Hello{.agent = agent, .incarnation = 7, .boot = 1});
    }

    TemporaryDirectory directory_;
    AllowList allowed_;
    std::unique_ptr<Ingest> ingest_;
    std::string hall_ = new_key();
    std::string yard_ = new_key();
};

TEST_F(Admission, the_first_id_of_a_key_is_its_own_and_nobody_elses_also_after_a_restart) {
    allow(hall_ + "\n" + yard_);
    EXPECT_EQ(hello(hall_, "hall-3"), "");
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(hello(hall_, "hall-3"), "");
        EXPECT_EQ(hello(hall_, "other"), hall_ + " has spoken for \"hall-3\" before, not for \"other\"");
        EXPECT_EQ(hello(yard_, "hall-3"), "another key has spoken for \"hall-3\" before than " + yard_);
        reopen();
    }
    EXPECT_EQ(hello(yard_, "yard-1"), "");
}

TEST_F(Admission, every_kind_of_frame_is_held_to_it) {
    allow(hall_ + "\n" + yard_);
    ASSERT_EQ(hello(hall_, "hall-3"), "");
    wire::Batch batch{.agent = "hall-3", .incarnation = 7, .sequence = 1, .rows = {}};
    const auto row = wire_of(plain_aggregate(1, "t:v", 10, 5));
    batch.rows.emplace_back(row);
    const wire::Skip skip{.agent = "hall-3", .incarnation = 7, .first = 1, .last = 3};
    EXPECT_NE(say(yard_, batch), "");
    EXPECT_NE(say(yard_, skip), "");
    EXPECT_EQ(say(hall_, batch), "");
}

TEST_F(Admission, where_the_allow_file_names_an_id_it_decides) {
    allow(hall_ + " hall-3\n" + yard_);
    EXPECT_EQ(hello(hall_, "other"), hall_ + " speaks for \"hall-3\" by the allow file, not for \"other\"");
    EXPECT_EQ(hello(yard_, "hall-3"), "\"hall-3\" is given to another key by the allow file than " + yard_);
    EXPECT_EQ(hello(hall_, "hall-3"), "");
    EXPECT_EQ(hello(yard_, "yard-1"), "");
}

TEST_F(Admission, a_new_key_takes_an_id_over_when_the_allow_file_names_it) {
    allow(hall_);
    ASSERT_EQ(hello(hall_, "hall-3"), "");
    const std::string renewed = new_key();
    allow(renewed);
    EXPECT_NE(hello(renewed, "hall-3"), "") << "not without a word";
    allow(renewed + " hall-3\n");
    EXPECT_EQ(hello(renewed, "hall-3"), "");
    allow(renewed + "\n" + hall_);
    EXPECT_EQ(hello(renewed, "hall-3"), "") << "it is bound to it now";
    EXPECT_NE(hello(hall_, "hall-3"), "");
}

TEST_F(Admission, who_is_not_in_the_list_or_has_no_key_is_not_heard) {
    allow(hall_);
    EXPECT_EQ(hello(yard_, "yard-1"), yard_ + " is not in the allow file");
    EXPECT_NE(hello("", "yard-1"), "");
}

TEST_F(Admission, a_database_from_before_there_were_keys_gets_its_table) {
    ingest_.reset();
    {
        auto database = Database::open(directory_ / "collector.db");
        ASSERT_TRUE(database.has_value());
        ASSERT_TRUE((*database)->execute("DROP TABLE keys"));
    }
    reopen();
    allow(hall_);
    EXPECT_EQ(hello(hall_, "hall-3"), "");
}

}  // namespace
}  // namespace redshank::test
