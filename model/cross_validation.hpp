#pragma once

#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "model/evaluation.hpp"
#include "model/learner.hpp"
#include "model/splitmix64.hpp"

namespace redshank {

// How sure a prequential figure is: k copies of one learner, each event tests one copy, drawn at random, and is learned
// by all others, so that every copy has a figure of its own on events it never learned.
//   Source: Bifet, De Francisci Morales, Read, Holmes, Pfahringer (2015), "Efficient online evaluation of big data
//   stream classifiers", k-fold distributed cross-validation. The draw is the same on every board. Shape: at least 2
//   folds, all alike and new. Memory: theirs. Thread: the owner's.
struct FoldFigures {
    double mean = 0;
    double deviation = 0;  // of the sample of folds: the mean is within about 2 deviations / sqrt(folds)
};

template <class Evaluation, class Measure>
FoldFigures figures_over(const std::vector<Evaluation>& folds, const Measure& measure) {
    FoldFigures figures;
    const auto count = static_cast<double>(folds.size());
    for (const Evaluation& fold : folds) figures.mean += static_cast<double>(measure(fold)) / count;
    double squares = 0;
    for (const Evaluation& fold : folds) {
        const double difference = static_cast<double>(measure(fold)) - figures.mean;
        squares += difference * difference;
    }
    figures.deviation = std::sqrt(squares / (count - 1));
    return figures;
}

class ClassCrossValidation {
public:
    explicit ClassCrossValidation(std::vector<std::unique_ptr<Classifier>> folds)
        : learners_(std::move(folds)), evaluations_(learners_.size(), ClassEvaluation(learners_.front()->classes())) {
        assert(learners_.size() >= 2);
    }
    void add(const Features& features, std::uint8_t actual) noexcept {
        const std::size_t tested = random_.below(static_cast<std::uint32_t>(learners_.size()));
        evaluations_[tested].add(actual, learners_[tested]->classify(features));
        for (std::size_t fold = 0; fold < learners_.size(); ++fold) {
            if (fold != tested) learners_[fold]->learn(features, actual);
        }
    }
    const std::vector<ClassEvaluation>& folds() const noexcept { return evaluations_; }

private:
    std::vector<std::unique_ptr<Classifier>> learners_;
    std::vector<ClassEvaluation> evaluations_;
    SplitMix64 random_{0x666f6c6473};
};

class NumberCrossValidation {
public:
    explicit NumberCrossValidation(std::vector<std::unique_ptr<Regressor>> folds)
        : learners_(std::move(folds)), evaluations_(learners_.size()) {
        assert(learners_.size() >= 2);
    }
    void add(const Features& features, float actual) noexcept {
        const std::size_t tested = random_.below(static_cast<std::uint32_t>(learners_.size()));
        evaluations_[tested].add(actual, learners_[tested]->predict(features));
        for (std::size_t fold = 0; fold < learners_.size(); ++fold) {
            if (fold != tested) learners_[fold]->learn(features, actual);
        }
    }
    const std::vector<NumberEvaluation>& folds() const noexcept { return evaluations_; }

private:
    std::vector<std::unique_ptr<Regressor>> learners_;
    std::vector<NumberEvaluation> evaluations_;
    SplitMix64 random_{0x666f6c6473};
};

}  // namespace redshank
