#include "model/cross_validation.hpp"

#include <gtest/gtest.h>

#include "model/learners.hpp"
#include "tests/model/generated_streams.hpp"
#include "tests/model/long_stream.hpp"

namespace redshank {
namespace {

std::vector<std::unique_ptr<Classifier>> classifiers(std::string_view name, std::size_t folds) {
    std::vector<std::unique_ptr<Classifier>> all;
    for (std::size_t i = 0; i < folds; ++i) all.push_back(make_classifier(name, streams::inputs, 2));
    return all;
}

float accuracy(const ClassEvaluation& fold) {
    return fold.accuracy();
}

TEST(CrossValidation, agrees_with_one_learner_that_is_tested_and_then_trained) {
    WITHOUT_SANITIZER();
    const auto rows = streams::hyperplane(40'000);
    ClassCrossValidation folds(classifiers("logistic", 10));
    const auto alone = make_classifier("logistic", streams::inputs, 2);
    ClassEvaluation evaluation(2);
    for (const streams::Row& row : rows) {
        const Features features{row.x};
        folds.add(features, row.label);
        evaluation.add(row.label, alone->classify(features));
        alone->learn(features, row.label);
    }
    const FoldFigures figures = figures_over(folds.folds(), accuracy);
    EXPECT_NEAR(figures.mean, static_cast<double>(evaluation.accuracy()), 0.005);
    // Ten samples of 4,000 rows: the deviation of a share near .9 is .0047.
    EXPECT_GT(figures.deviation, 0.001);
    EXPECT_LT(figures.deviation, 0.012);
}

// One that remembers what it has learned word by word is right about nothing it was tested on.
class Parrot final : public Classifier {
public:
    void shares(const Features& features, std::span<float> out) const noexcept override {
        const bool known = seen_[static_cast<std::size_t>(features.values[0])] != 0;
        out[0] = known ? 0.0F : 1.0F;
        out[1] = known ? 1.0F : 0.0F;
    }
    void learn(const Features& features, std::uint8_t) noexcept override {
        seen_[static_cast<std::size_t>(features.values[0])] = 1;
    }
    std::size_t classes() const noexcept override { return 2; }
    void snapshot(ByteWriter&) const noexcept override {}
    bool restore(ByteReader&) noexcept override { return false; }
    std::size_t snapshot_bytes() const noexcept override { return 0; }
    std::size_t bytes() const noexcept override { return sizeof *this; }
    void reset() noexcept override {}
    std::string_view name() const noexcept override { return "parrot"; }

private:
    std::vector<std::uint8_t> seen_ = std::vector<std::uint8_t>(1000);
};

TEST(CrossValidation, no_fold_is_tested_on_what_it_learned_and_all_others_learn_it) {
    std::vector<std::unique_ptr<Classifier>> parrots;
    for (int i = 0; i < 4; ++i) parrots.push_back(std::make_unique<Parrot>());
    ClassCrossValidation folds(std::move(parrots));
    for (int i = 0; i < 1000; ++i) {
        const auto x = static_cast<float>(i);
        folds.add({std::span(&x, 1)}, 1);
    }
    EXPECT_EQ(figures_over(folds.folds(), accuracy).mean, 0.0) << "each was new to the fold that was asked";
    for (int i = 0; i < 1000; ++i) {
        const auto x = static_cast<float>(i);
        folds.add({std::span(&x, 1)}, 1);
    }
    // Three of four copies had learned it.
    EXPECT_NEAR(figures_over(folds.folds(), accuracy).mean, 0.375, 0.03);
}

TEST(CrossValidation, of_numbers_too) {
    std::vector<std::unique_ptr<Regressor>> all;
    for (int i = 0; i < 5; ++i) all.push_back(make_regressor("rls", streams::inputs));
    NumberCrossValidation folds(std::move(all));
    for (const streams::Row& row : streams::hyperplane(20'000)) folds.add({row.x}, row.target);
    const FoldFigures figures = figures_over(folds.folds(), [](const NumberEvaluation& fold) { return fold.rmse(); });
    EXPECT_NEAR(figures.mean, 0.05, 0.003) << "the noise";
    EXPECT_LT(figures.deviation, 0.01) << "the first rows count as the others";
}

}  // namespace
}  // namespace redshank
