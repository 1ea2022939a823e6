#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "model/learners.hpp"
#include "tests/model/learner_rows.hpp"

// The learners against scikit-learn on the same rows: learned from the first ones in one pass, asked about the rest.
// The tolerance stands beside each figure: one-sided where better is as good.
namespace redshank {
namespace {

#include "tests/model/learner_fixture.inc"

using Rows = std::vector<parity::Row>;

std::span<const parity::Row> learned(const Rows& rows) {
    return std::span(rows).first(parity::rows_learned);
}
std::span<const parity::Row> held_out(const Rows& rows) {
    return std::span(rows).subspan(parity::rows_learned);
}

double squared_error_of(std::string_view name) {
    const Rows rows = parity::rows();
    const auto learner = make_regressor(name, parity::inputs);
    for (const parity::Row& row : learned(rows)) learner->learn({row.x}, row.target);
    double sum = 0;
    for (const parity::Row& row : held_out(rows)) {
        const double error = static_cast<double>(learner->predict({row.x})) - static_cast<double>(row.target);
        sum += error * error;
    }
    const double mean = sum / static_cast<double>(parity::rows_held_out);
    testing::Test::RecordProperty("mean_squared_error", std::to_string(mean));
    return mean;
}

std::string labels_of(std::string_view name, std::uint8_t parity::Row::*label) {
    const Rows rows = parity::rows();
    const auto learner = make_classifier(name, parity::inputs, 2);
    for (const parity::Row& row : learned(rows)) learner->learn({row.x}, row.*label);
    std::string labels;
    for (const parity::Row& row : held_out(rows)) {
        labels += static_cast<char>('0' + learner->classify({row.x}));
    }
    return labels;
}

double right_of(std::string_view name, std::uint8_t parity::Row::*label) {
    const Rows rows = parity::rows();
    const std::string labels = labels_of(name, label);
    double right = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        right += labels[i] - '0' == rows[parity::rows_learned + i].*label ? 1 : 0;
    }
    testing::Test::RecordProperty("right", std::to_string(right));
    return right / static_cast<double>(labels.size());
}

double alike(std::string_view a, std::string_view b) {
    double same = 0;
    for (std::size_t i = 0; i < a.size(); ++i) same += a[i] == b[i] ? 1 : 0;
    testing::Test::RecordProperty("alike", std::to_string(same));
    return a.size() == b.size() ? same / static_cast<double>(a.size()) : 0;
}

TEST(LearnerParity, recursive_least_squares_within_one_percent_of_least_squares_over_all_rows) {
    EXPECT_LT(squared_error_of("rls"), 1.01 * least_squares_mse);
}

TEST(LearnerParity, gradient_descent_within_two_percent_of_sgd_regressor) {
    EXPECT_LT(squared_error_of("linear"), 1.02 * sgd_mse);
    EXPECT_LT(squared_error_of("linear-adaptive"), 1.02 * sgd_mse);
    EXPECT_LT(squared_error_of("nlms"), 1.05 * sgd_mse);
}

TEST(LearnerParity, online_ridge_within_five_percent_of_ridge_over_all_rows) {
    EXPECT_LT(squared_error_of("ridge"), 1.05 * ridge_mse);
}

TEST(LearnerParity, perceptron_within_five_percent_of_mlp_regressor) {
    EXPECT_LT(squared_error_of("mlp"), 1.05 * perceptron_regressor_mse);
}

TEST(LearnerParity, logistic_and_support_vectors_as_right_as_sgd_classifier_within_one_in_a_hundred) {
    EXPECT_GT(right_of("logistic", &parity::Row::side), logistic_right - 0.01);
    EXPECT_GT(right_of("logistic-adaptive", &parity::Row::side), logistic_right - 0.01);
    EXPECT_GT(right_of("svm", &parity::Row::side), hinge_right - 0.01);
}

TEST(LearnerParity, naive_bayes_decides_as_gaussian_nb_in_98_of_100_rows) {
    EXPECT_GE(alike(labels_of("naive-bayes", &parity::Row::far), bayes_labels), 0.98);
}

TEST(LearnerParity, discriminant_analysis_decides_as_over_all_rows_in_99_of_100_rows) {
    EXPECT_GE(alike(labels_of("lda", &parity::Row::side), discriminant_labels), 0.99);
}

TEST(LearnerParity, nearest_neighbours_decide_as_k_neighbors_on_the_same_window_in_98_of_100_rows) {
    EXPECT_GE(alike(labels_of("knn", &parity::Row::far), neighbour_labels), 0.98);
}

TEST(LearnerParity, kernel_and_perceptron_as_right_as_rbf_sampler_and_mlp_classifier_within_two_in_a_hundred) {
    EXPECT_GT(right_of("kernel-svm", &parity::Row::far), kernel_right - 0.02);
    EXPECT_GT(right_of("mlp", &parity::Row::far), perceptron_right - 0.02);
}

}  // namespace
}  // namespace redshank
