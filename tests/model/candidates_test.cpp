#include "model/candidates.hpp"

#include <gtest/gtest.h>

#include "model/learners.hpp"
#include "tests/model/learner_contract.hpp"
#include "tests/model/learner_golden.hpp"
#include "tests/model/long_stream.hpp"
#include "tests/model/random.hpp"

namespace redshank {
namespace {

template <class Learner, class Make>
std::unique_ptr<Learner> champion_of(std::initializer_list<std::string_view> names, const Make& make) {
    std::vector<std::unique_ptr<Learner>> candidates;
    for (const std::string_view name : names) {
        candidates.push_back(make(name));
        if (candidates.back() == nullptr) return nullptr;
    }
    return make_champion(std::move(candidates));
}

std::unique_ptr<Classifier> classifiers(std::size_t inputs) {
    return champion_of<Classifier>({"logistic", "naive-bayes", "knn"},
                                   [inputs](std::string_view name) { return make_classifier(name, inputs, 2); });
}

std::unique_ptr<Regressor> regressors(std::size_t inputs) {
    return champion_of<Regressor>({"linear", "rls"},
                                  [inputs](std::string_view name) { return make_regressor(name, inputs); });
}

}  // namespace

namespace contract {
INSTANTIATE_TEST_SUITE_P(Candidates, LearnerContract,
                         testing::Values(classifier_case("champion", 8, 32U << 10, classifiers),
                                         regressor_case("champion_regressor", 8, 4U << 10, regressors)),
                         name_of);
}  // namespace contract

namespace {

TEST(Candidates, the_answer_is_that_of_the_one_with_the_least_loss) {
    const auto champion = classifiers(1);
    const auto logistic = make_classifier("logistic", 1, 2);
    const auto neighbours = make_classifier("knn", 1, 2);
    Random random(3);
    std::size_t switched = 0;
    for (int i = 0; i < 4000; ++i) {
        const float x = random.uniform() * 4.0F - 2.0F;
        const Features features{std::span(&x, 1)};
        const bool inside = x > -1.0F && x < 1.0F;  // no line tells that
        const std::size_t answering = champion->candidates()->answering();
        switched += answering != 0 ? 1U : 0U;
        if (answering != 1) {
            const Classifier& alone = answering == 0 ? *logistic : *neighbours;
            EXPECT_EQ(champion->classify(features), alone.classify(features)) << i;
        }
        for (Classifier* each : {champion.get(), logistic.get(), neighbours.get()})
            each->learn(features, inside ? 1 : 0);
    }
    EXPECT_NE(champion->candidates()->answering(), 0U);
    EXPECT_GT(switched, 3000U);
    EXPECT_EQ(champion->name(), Candidates::learner_name);
    EXPECT_EQ(champion->candidates()->name_of(2), "knn");
    EXPECT_LT(champion->candidates()->loss_of(2), champion->candidates()->loss_of(0));
    EXPECT_EQ(make_classifier("knn", 1, 2)->candidates(), nullptr);
}

TEST(Candidates, a_snapshot_of_others_is_refused) {
    const auto snapshot_of = [](const Learner& learner) {
        std::vector<std::byte> room(learner.snapshot_bytes());
        ByteWriter out(room);
        learner.snapshot(out);
        return room;
    };
    const auto two = champion_of<Regressor>({"rls", "linear"}, [](auto name) { return make_regressor(name, 8); });
    const std::vector<std::byte> bytes = snapshot_of(*two);
    const auto turned = regressors(8);
    ByteReader in(bytes);
    EXPECT_FALSE(turned->restore(in));
}

TEST(CandidatesGolden, are_these_bytes_on_every_board) {
    WITHOUT_SANITIZER();
    EXPECT_EQ(golden::digest_of(*classifiers(8), 8, golden::steps_golden / 10), 0x9db26cdb41730be2U);
    EXPECT_EQ(golden::digest_of(*regressors(8), 8, golden::steps_golden), 0xb90d5657c1223193U);
}

}  // namespace
}  // namespace redshank
