#include <gtest/gtest.h>

#include "model/learners.hpp"
#include "tests/model/learner_golden.hpp"
#include "tests/model/long_stream.hpp"

namespace redshank::golden {
namespace {

std::uint64_t regressor_digest(std::string_view name, std::size_t inputs, int steps) {
    return digest_of(*make_regressor(name, inputs), inputs, steps);
}

std::uint64_t classifier_digest(std::string_view name, std::size_t inputs, std::size_t classes, int steps) {
    return digest_of(*make_classifier(name, inputs, classes), inputs, steps);
}

// The same on x86-64, arm64 and armhf and at any optimisation. They change only with the learner itself; then every
// stored snapshot's meaning may have changed too: raise its version.
TEST(LearnersGolden, regressors_are_these_bytes_on_every_board) {
    WITHOUT_SANITIZER();
    EXPECT_EQ(regressor_digest("linear", 8, steps_golden), 0xf353b486427139dU);
    EXPECT_EQ(regressor_digest("linear-adaptive", 8, steps_golden), 0x818b12c10456579dU);
    EXPECT_EQ(regressor_digest("ridge", 8, steps_golden), 0x8d177239f3d5c9baU);
    EXPECT_EQ(regressor_digest("nlms", 8, steps_golden), 0xdd688a42d5b49026U);
    EXPECT_EQ(regressor_digest("rls", 8, steps_golden), 0xdd945ec49beca515U);
    EXPECT_EQ(regressor_digest("mlp", 8, steps_golden), 0x259d5cd8b15f655cU);
    EXPECT_EQ(regressor_digest("rls", 16, steps_golden / 10), 0x53f25c5095252b63U);
}

TEST(LearnersGolden, classifiers_are_these_bytes_on_every_board) {
    WITHOUT_SANITIZER();
    EXPECT_EQ(classifier_digest("logistic", 8, 2, steps_golden), 0x22296295cd9a631aU);
    EXPECT_EQ(classifier_digest("logistic-adaptive", 8, 2, steps_golden), 0x288f2f4bbf6e048dU);
    EXPECT_EQ(classifier_digest("svm", 8, 2, steps_golden), 0xcec7441fcbf35968U);
    EXPECT_EQ(classifier_digest("naive-bayes", 8, 2, steps_golden), 0x8b74569f6b163f6eU);
    EXPECT_EQ(classifier_digest("kernel-svm", 8, 2, steps_golden / 10), 0x914c812624c07e35U);
    EXPECT_EQ(classifier_digest("logistic", 13, 5, steps_golden / 10), 0xd19632ac977fa14aU);
    EXPECT_EQ(classifier_digest("svm", 13, 5, steps_golden / 10), 0x6eee8a105b5ef385U);
    EXPECT_EQ(classifier_digest("knn", 8, 2, steps_golden / 10), 0x2120d6fc776a781eU);
    EXPECT_EQ(classifier_digest("knn", 13, 5, steps_golden / 10), 0x3eee47a13454b19fU);
    EXPECT_EQ(classifier_digest("mlp", 8, 2, steps_golden), 0x6b3b53d1964b76fbU);
    EXPECT_EQ(classifier_digest("mlp", 13, 5, steps_golden / 10), 0x3780206ad0fb627dU);
    EXPECT_EQ(classifier_digest("lda", 8, 2, steps_golden), 0x5e4d68d0015ea294U);
    EXPECT_EQ(classifier_digest("lda", 13, 5, steps_golden / 10), 0x16a72fde51949b93U);
    EXPECT_EQ(classifier_digest("naive-bayes", 13, 5, steps_golden / 10), 0xf6c7aa58bf4f4b99U);
    EXPECT_EQ(classifier_digest("hoeffding-tree", 8, 2, steps_golden), 0x8de22bb6e26069beU);
    EXPECT_EQ(classifier_digest("hoeffding-tree", 13, 3, steps_golden / 10), 0xe7791bdd3b9fa2e3U);
    EXPECT_EQ(classifier_digest("forest", 8, 2, steps_golden / 10), 0xd9b01793b3b042d4U);
    EXPECT_EQ(classifier_digest("forest", 13, 5, steps_golden / 50), 0x3eba02fdb507a710U);
    EXPECT_EQ(classifier_digest("hoeffding-tree", 13, 5, steps_golden / 10), 0x9fc0b208b0c674faU);
}

}  // namespace
}  // namespace redshank::golden
