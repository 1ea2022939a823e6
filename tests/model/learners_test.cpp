#include "model/learners.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "tests/model/generated_streams.hpp"
#include "tests/model/learner_contract.hpp"
#include "tests/model/long_stream.hpp"

namespace redshank::contract {
namespace {

std::string as_test_name(std::string_view name) {
    std::string result(name);
    std::replace(result.begin(), result.end(), '-', '_');
    return result;
}

std::vector<LearnerCase> all_regressors() {
    std::vector<LearnerCase> cases;
    for (const std::string_view name : regressor_names) {
        for (const std::size_t inputs : {1U, 8U, 13U}) {
            cases.push_back(regressor_case(as_test_name(name), inputs, inputs <= 8 ? 1536 : 4096,
                                           [name](std::size_t count) { return make_regressor(name, count); }));
        }
    }
    return cases;
}

std::size_t classifier_bytes_most(std::string_view name, std::size_t inputs) {
    if (name == "kernel-svm") return 24'576;
    if (name == "knn") return inputs <= 8 ? 20'480 : 34'816;
    if (name == "mlp") return inputs <= 8 ? 1536 : 5120;
    if (name == "hoeffding-tree") return 65'536;
    if (name == "forest") return inputs <= 8 ? 262'144 : 524'288;
    if (name == "lda") return inputs <= 8 ? 1024 : 8192;
    return inputs <= 8 ? 512 : 8192;
}

std::vector<LearnerCase> all_classifiers() {
    std::vector<LearnerCase> cases;
    for (const std::string_view name : classifier_names) {
        for (const std::size_t inputs : {1U, 8U, 13U}) {
            const std::size_t classes = inputs == 13 ? 5 : 2;
            const std::size_t bytes_most = classifier_bytes_most(name, inputs);
            cases.push_back(classifier_case(as_test_name(name), inputs, bytes_most, [name, classes](std::size_t count) {
                return make_classifier(name, count, classes);
            }));
        }
    }
    return cases;
}

INSTANTIATE_TEST_SUITE_P(Classifiers, LearnerContract, testing::ValuesIn(all_classifiers()), name_of);
INSTANTIATE_TEST_SUITE_P(Regressors, LearnerContract, testing::ValuesIn(all_regressors()), name_of);

TEST(Learners, an_unknown_name_or_no_input_gives_none) {
    EXPECT_EQ(make_regressor("oracle", 8), nullptr);
    EXPECT_EQ(make_regressor("linear", 0), nullptr);
    EXPECT_EQ(make_regressor("linear", features_max + 1), nullptr);
    EXPECT_EQ(make_regressor("rls", 17), nullptr);
    EXPECT_EQ(make_classifier("oracle", 8, 2), nullptr);
    EXPECT_EQ(make_classifier("logistic", 8, 1), nullptr);
    EXPECT_EQ(make_classifier("logistic", 8, classes_max + 1), nullptr);
    EXPECT_EQ(make_classifier("kernel-svm", 17, 2), nullptr);
    EXPECT_EQ(make_classifier("hoeffding-tree", 17, 2), nullptr);
    EXPECT_EQ(make_classifier("forest", 17, 2), nullptr);
}

TEST(Learners, a_snapshot_of_another_learner_or_number_of_classes_is_refused) {
    const auto linear = make_regressor("linear", 8);
    const auto ridge = make_regressor("ridge", 8);
    std::vector<std::byte> room(linear->snapshot_bytes());
    ByteWriter out(room);
    linear->snapshot(out);
    ByteReader in(room);
    EXPECT_FALSE(ridge->restore(in));

    for (const std::string_view name : classifier_names) {
        const auto three = make_classifier(name, 8, 3);
        room.resize(three->snapshot_bytes());
        ByteWriter of_three(room);
        three->snapshot(of_three);
        for (const std::size_t classes : {2U, 4U}) {
            ByteReader again(room);
            EXPECT_FALSE(make_classifier(name, 8, classes)->restore(again)) << name << classes;
        }
    }
}

// A tenth of the targets' rows; the figures over all of them are printed by tests/bench/costs_bench.cpp.
double mse_on_hyperplane(std::string_view name) {
    static const auto rows = streams::hyperplane(50'000);
    const auto learner = make_regressor(name, streams::inputs);
    double squares = 0;
    for (const streams::Row& row : rows) {
        const Features features{row.x};
        const double error = static_cast<double>(learner->predict(features)) - static_cast<double>(row.target);
        squares += error * error;
        learner->learn(features, row.target);
    }
    return squares / static_cast<double>(rows.size());
}

double accuracy_of(std::string_view name, const std::vector<streams::Row>& rows) {
    const auto learner = make_classifier(name, streams::inputs, 2);
    double right = 0;
    for (const streams::Row& row : rows) {
        const Features features{row.x};
        right += learner->classify(features) == row.label ? 1 : 0;
        learner->learn(features, row.label);
    }
    return right / static_cast<double>(rows.size());
}

TEST(Learners, regression_comes_near_the_noise_on_a_hyperplane) {
    EXPECT_LT(mse_on_hyperplane("rls"), 0.0026);
    EXPECT_LT(mse_on_hyperplane("linear-adaptive"), 0.0032);
    EXPECT_LT(mse_on_hyperplane("linear"), 0.0065);
    EXPECT_LT(mse_on_hyperplane("ridge"), 0.0065);
    EXPECT_LT(mse_on_hyperplane("nlms"), 0.0055);
}

TEST(Learners, classification_comes_near_the_best_on_a_hyperplane) {
    const auto rows = streams::hyperplane(50'000);
    EXPECT_GT(accuracy_of("logistic", rows), 0.87);
    EXPECT_GT(accuracy_of("logistic-adaptive", rows), 0.87);
    EXPECT_GT(accuracy_of("svm", rows), 0.88);
}

TEST(Learners, what_no_line_divides_a_kernel_tells_apart) {
    WITHOUT_SANITIZER();
    const auto rows = streams::radial(50'000);
    const double line = accuracy_of("svm", rows);
    EXPECT_GT(accuracy_of("kernel-svm", rows), line + 0.05);
    EXPECT_GT(accuracy_of("naive-bayes", rows), 0.66);
}

TEST(Learners, more_than_two_classes_are_told_apart) {
    for (const std::string_view name : classifier_names) {
        const auto learner = make_classifier(name, 2, 4);
        Random random(7);
        int right = 0;
        for (int i = 0; i < 6000; ++i) {
            const std::array x{random.normal(), random.normal()};
            const auto quadrant = static_cast<std::uint8_t>((x[0] > 0.0F ? 1 : 0) + (x[1] > 0.0F ? 2 : 0));
            const Features features{x};
            if (i >= 5000 && learner->classify(features) == quadrant) ++right;
            learner->learn(features, quadrant);
        }
        EXPECT_GT(right, 850) << name;
    }
}

TEST(Learners, each_has_the_name_it_was_made_by) {
    for (const std::string_view name : regressor_names) EXPECT_EQ(make_regressor(name, 4)->name(), name);
    for (const std::string_view name : classifier_names) EXPECT_EQ(make_classifier(name, 4, 3)->name(), name);
}

}  // namespace
}  // namespace redshank::contract
