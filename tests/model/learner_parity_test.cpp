#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <string_view>

#include "model/learners.hpp"
#include "tests/model/learner_rows.hpp"

// The learners against scikit-learn on the same rows: learned from the first ones in one pass, asked about the rest.
// The tolerance stands beside each figure: one-sided where better is as good. Where both do the same, from the same
// start and at the same rate, they must come to the same: what is left is that our steps are shorter for a longer
// vector.
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

std::unique_ptr<Regressor> taught(std::string_view name, const Rows& rows) {
    auto learner = make_regressor(name, parity::inputs);
    for (const parity::Row& row : learned(rows)) learner->learn({row.x}, row.target);
    return learner;
}

void record(std::string_view what, std::string_view name, double figure) {
    testing::Test::RecordProperty(std::string(what) + "_" + std::string(name), std::to_string(figure));
}

double squared_error_of(std::string_view name) {
    const Rows rows = parity::rows();
    const auto learner = taught(name, rows);
    double sum = 0;
    for (const parity::Row& row : held_out(rows)) {
        const double error = static_cast<double>(learner->predict({row.x})) - static_cast<double>(row.target);
        sum += error * error;
    }
    const double mean = sum / static_cast<double>(parity::rows_held_out);
    record("mean_squared_error", name, mean);
    return mean;
}

using Line = std::array<double, parity::inputs + 1>;  // at 0, then by each input

// The largest difference of a linear function's numbers from those of the other.
double furthest(std::string_view name, const Line& reference) {
    const auto learner = taught(name, parity::rows());
    std::array<float, parity::inputs> x{};
    const float at_zero = learner->predict({x});
    double most = std::abs(static_cast<double>(at_zero) - reference[0]);
    for (std::size_t i = 0; i < parity::inputs; ++i) {
        x = {};
        x[i] = 1.0F;
        most = std::max(most, std::abs(static_cast<double>(learner->predict({x}) - at_zero) - reference[i + 1]));
    }
    record("furthest", name, most);
    return most;
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
    right /= static_cast<double>(labels.size());
    record("right", name, right);
    return right;
}

double alike(std::string_view name, std::uint8_t parity::Row::*label, std::string_view reference) {
    const std::string labels = labels_of(name, label);
    double same = 0;
    for (std::size_t i = 0; i < reference.size(); ++i) same += labels.at(i) == reference[i] ? 1 : 0;
    same /= static_cast<double>(labels.size());
    record("alike", name, same);
    return same;
}

TEST(LearnerParity, recursive_least_squares_within_one_percent_of_least_squares_over_all_rows) {
    EXPECT_LT(squared_error_of("rls"), 1.01 * least_squares_mse);
    EXPECT_LT(furthest("rls", least_squares_line), 0.015);
}

TEST(LearnerParity, gradient_descent_comes_to_the_line_of_sgd_regressor) {
    EXPECT_LT(furthest("linear", sgd_line), 0.005);
    EXPECT_LT(furthest("ridge", sgd_ridge_line), 0.005);
}

TEST(LearnerParity, gradient_descent_within_two_percent_of_sgd_regressor) {
    EXPECT_LT(squared_error_of("linear"), 1.02 * sgd_mse);
    EXPECT_LT(squared_error_of("linear-adaptive"), 1.02 * sgd_mse);
    EXPECT_LT(squared_error_of("nlms"), 1.02 * sgd_mse);
}

TEST(LearnerParity, online_ridge_within_five_percent_of_ridge_over_all_rows) {
    EXPECT_LT(squared_error_of("ridge"), 1.05 * ridge_mse);
}

TEST(LearnerParity, logistic_and_support_vectors_decide_as_sgd_classifier_in_98_of_100_rows) {
    EXPECT_GE(alike("logistic", &parity::Row::side, logistic_labels), 0.99);
    EXPECT_GE(alike("svm", &parity::Row::side, hinge_labels), 0.98);
}

TEST(LearnerParity, logistic_and_support_vectors_as_right_as_sgd_classifier_within_one_in_a_hundred) {
    EXPECT_GT(right_of("logistic", &parity::Row::side), logistic_right - 0.01);
    EXPECT_GT(right_of("logistic-adaptive", &parity::Row::side), logistic_right - 0.01);
    EXPECT_GT(right_of("svm", &parity::Row::side), hinge_right - 0.01);
}

TEST(LearnerParity, naive_bayes_decides_as_gaussian_nb_in_98_of_100_rows) {
    EXPECT_GE(alike("naive-bayes", &parity::Row::far, bayes_labels), 0.98);
}

TEST(LearnerParity, discriminant_analysis_decides_as_over_all_rows_in_99_of_100_rows) {
    EXPECT_GE(alike("lda", &parity::Row::side, discriminant_labels), 0.99);
}

TEST(LearnerParity, nearest_neighbours_decide_as_k_neighbors_on_the_same_window_in_98_of_100_rows) {
    EXPECT_GE(alike("knn", &parity::Row::far, neighbour_labels), 0.98);
}

TEST(LearnerParity, kernel_on_the_same_waves_decides_as_sgd_classifier_in_96_of_100_rows) {
    EXPECT_GE(alike("kernel-svm", &parity::Row::far, kernel_labels), 0.96);
}

TEST(LearnerParity, kernel_as_right_as_rbf_sampler_of_as_many_waves_within_three_in_a_hundred) {
    EXPECT_GT(right_of("kernel-svm", &parity::Row::far), kernel_right - 0.03);
}

TEST(LearnerParity, perceptron_from_the_same_start_comes_to_what_mlp_comes_to) {
    EXPECT_GE(alike("mlp", &parity::Row::far, perceptron_labels), 0.90);
    EXPECT_NEAR(squared_error_of("mlp"), perceptron_same_start_mse, 0.02 * perceptron_same_start_mse);
}

TEST(LearnerParity, perceptron_of_numbers_within_five_percent_of_mlp_regressor) {
    EXPECT_LT(squared_error_of("mlp"), 1.05 * perceptron_mse);
}

// A shortfall, not a tolerance: its first weights are smaller and its biases 0, so that it begins as an odd function
// and is slow to learn an even one; from random biases and wider weights it comes to 0.88.
TEST(LearnerParity, perceptron_from_its_own_start_is_behind_mlp_classifier_by_less_than_twenty_in_a_hundred) {
    EXPECT_GT(right_of("mlp", &parity::Row::far), perceptron_right - 0.20);
}

}  // namespace
}  // namespace redshank
