#include "model/learners.hpp"

#include "model/adaptive_forest.hpp"
#include "model/discriminant_analysis.hpp"
#include "model/hoeffding_classifier.hpp"
#include "model/linear_classifier.hpp"
#include "model/linear_regression.hpp"
#include "model/naive_bayes.hpp"
#include "model/nearest_neighbours.hpp"
#include "model/perceptron.hpp"
#include "model/random_fourier_features.hpp"
#include "model/recursive_least_squares.hpp"

namespace redshank {
namespace {

struct RegressorEntry {
    std::string_view name;
    std::unique_ptr<Regressor> (*make)(std::string_view name, std::size_t inputs);
};

struct ClassifierEntry {
    std::string_view name;
    std::unique_ptr<Classifier> (*make)(std::string_view name, std::size_t inputs, std::size_t classes);
};

// Each has a few sizes; the smallest that holds the inputs is taken.

template <template <std::size_t> class Head>
std::unique_ptr<Regressor> linear(std::string_view name, std::size_t inputs, const HeadOptions& options) {
    if (inputs <= 8) return std::make_unique<LinearRegression<Head, 8>>(name, inputs, options);
    if (inputs <= 16) return std::make_unique<LinearRegression<Head, 16>>(name, inputs, options);
    return std::make_unique<LinearRegression<Head, features_max>>(name, inputs, options);
}

std::unique_ptr<Regressor> least_squares(std::size_t inputs) {
    if (inputs <= 8) return std::make_unique<RecursiveLeastSquares<8>>(inputs);
    if (inputs <= 16) return std::make_unique<RecursiveLeastSquares<16>>(inputs);
    return nullptr;
}

template <template <std::size_t> class Head>
std::unique_ptr<Classifier> linear(std::string_view name, std::size_t inputs, std::size_t classes, Loss loss,
                                   const HeadOptions& options) {
    if (inputs <= 8 && classes == 2) {
        return std::make_unique<LinearClassifier<Head, SameFeatures<8>, 2>>(name, inputs, classes, loss, options);
    }
    if (inputs <= 16) {
        return std::make_unique<LinearClassifier<Head, SameFeatures<16>, classes_max>>(name, inputs, classes, loss,
                                                                                       options);
    }
    return std::make_unique<LinearClassifier<Head, SameFeatures<features_max>, classes_max>>(name, inputs, classes,
                                                                                             loss, options);
}

std::unique_ptr<Classifier> kernel_svm(std::string_view name, std::size_t inputs, std::size_t classes) {
    constexpr HeadOptions options{.rate = 0.003F, .l2 = 1e-4F};
    constexpr Loss loss = Loss::hinge;
    if (inputs <= 8 && classes == 2) {
        using Map = RandomFourierFeatures<8, 128>;
        return std::make_unique<LinearClassifier<PlainHead, Map, 2>>(name, inputs, classes, loss, options);
    }
    using Map = RandomFourierFeatures<16, 128>;
    if (inputs > 16) return nullptr;
    return std::make_unique<LinearClassifier<PlainHead, Map, classes_max>>(name, inputs, classes, loss, options);
}

std::unique_ptr<Classifier> naive_bayes(std::size_t inputs, std::size_t classes) {
    if (inputs <= 8 && classes == 2) return std::make_unique<NaiveBayes<8, 2>>(inputs, classes);
    if (inputs <= 16) return std::make_unique<NaiveBayes<16, classes_max>>(inputs, classes);
    return std::make_unique<NaiveBayes<features_max, classes_max>>(inputs, classes);
}

std::unique_ptr<Classifier> nearest_neighbours(std::size_t inputs, std::size_t classes) {
    if (inputs <= 8) return std::make_unique<NearestNeighbours<8>>(inputs, classes);
    if (inputs <= 16) return std::make_unique<NearestNeighbours<16>>(inputs, classes);
    return std::make_unique<NearestNeighbours<features_max>>(inputs, classes);
}

std::unique_ptr<Regressor> perceptron(std::size_t inputs) {
    if (inputs <= 8) return std::make_unique<PerceptronRegressor<8>>(inputs);
    if (inputs <= 16) return std::make_unique<PerceptronRegressor<16>>(inputs);
    return std::make_unique<PerceptronRegressor<features_max>>(inputs);
}

std::unique_ptr<Classifier> perceptron(std::size_t inputs, std::size_t classes) {
    if (inputs <= 8 && classes == 2) return std::make_unique<PerceptronClassifier<8, 2>>(inputs, classes);
    if (inputs <= 16) return std::make_unique<PerceptronClassifier<16, classes_max>>(inputs, classes);
    return std::make_unique<PerceptronClassifier<features_max, classes_max>>(inputs, classes);
}

std::unique_ptr<Classifier> discriminant_analysis(std::size_t inputs, std::size_t classes) {
    if (inputs <= 8 && classes == 2) return std::make_unique<DiscriminantAnalysis<8, 2>>(inputs, classes);
    if (inputs <= 16) return std::make_unique<DiscriminantAnalysis<16, classes_max>>(inputs, classes);
    return nullptr;
}

std::unique_ptr<Classifier> hoeffding_tree(std::size_t inputs, std::size_t classes) {
    if (inputs <= 8 && classes == 2) return std::make_unique<HoeffdingClassifier<8, 2, 88>>(inputs, classes);
    if (inputs <= 16 && classes <= 4) return std::make_unique<HoeffdingClassifier<16, 4, 42>>(inputs, classes);
    if (inputs <= 16) return std::make_unique<HoeffdingClassifier<16, classes_max, 12>>(inputs, classes);
    return nullptr;
}

std::unique_ptr<Classifier> forest(std::size_t inputs, std::size_t classes) {
    if (inputs <= 8 && classes == 2) return std::make_unique<AdaptiveForest<8, 2, 4, 45>>(inputs, classes);
    if (inputs <= 16 && classes <= 4) return std::make_unique<AdaptiveForest<16, 4, 8, 14>>(inputs, classes);
    if (inputs <= 16) return std::make_unique<AdaptiveForest<16, classes_max, 8, 8>>(inputs, classes);
    return nullptr;
}

constexpr std::array<RegressorEntry, regressor_names.size()> regressors{{
    {"linear", [](auto name, auto inputs) { return linear<PlainHead>(name, inputs, {.rate = 0.01F}); }},
    {"linear-adaptive", [](auto name, auto inputs) { return linear<AdaptiveHead>(name, inputs, {.rate = 0.5F}); }},
    {"ridge", [](auto name, auto inputs) { return linear<PlainHead>(name, inputs, {.rate = 0.01F, .l2 = 1e-3F}); }},
    {"nlms",
     [](auto name, auto inputs) { return linear<PlainHead>(name, inputs, {.rate = 0.05F, .normalised = true}); }},
    {"rls", [](auto, auto inputs) { return least_squares(inputs); }},
    {"mlp", [](auto, auto inputs) { return perceptron(inputs); }},
}};

constexpr std::array<ClassifierEntry, classifier_names.size()> classifiers{{
    {"logistic",
     [](auto name, auto inputs, auto classes) {
         return linear<PlainHead>(name, inputs, classes, Loss::logistic, {.rate = 0.01F});
     }},
    {"logistic-adaptive",
     [](auto name, auto inputs, auto classes) {
         return linear<AdaptiveHead>(name, inputs, classes, Loss::logistic, {.rate = 2.0F});
     }},
    {"svm",
     [](auto name, auto inputs, auto classes) {
         return linear<PlainHead>(name, inputs, classes, Loss::hinge, {.rate = 0.01F, .l2 = 1e-4F});
     }},
    {"kernel-svm", kernel_svm},
    {"naive-bayes", [](auto, auto inputs, auto classes) { return naive_bayes(inputs, classes); }},
    {"knn", [](auto, auto inputs, auto classes) { return nearest_neighbours(inputs, classes); }},
    {"mlp", [](auto, auto inputs, auto classes) { return perceptron(inputs, classes); }},
    {"lda", [](auto, auto inputs, auto classes) { return discriminant_analysis(inputs, classes); }},
    {"hoeffding-tree", [](auto, auto inputs, auto classes) { return hoeffding_tree(inputs, classes); }},
    {"forest", [](auto, auto inputs, auto classes) { return forest(inputs, classes); }},
}};

}  // namespace

std::unique_ptr<Regressor> make_regressor(std::string_view name, std::size_t inputs) {
    if (inputs == 0 || inputs > features_max) return nullptr;
    for (const RegressorEntry& entry : regressors) {
        if (entry.name == name) return entry.make(entry.name, inputs);
    }
    return nullptr;
}

std::unique_ptr<Classifier> make_classifier(std::string_view name, std::size_t inputs, std::size_t classes) {
    if (inputs == 0 || inputs > features_max || classes < 2 || classes > classes_max) return nullptr;
    for (const ClassifierEntry& entry : classifiers) {
        if (entry.name == name) return entry.make(entry.name, inputs, classes);
    }
    return nullptr;
}

}  // namespace redshank
