#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

#include "model/learner.hpp"

namespace redshank {

inline constexpr std::array<std::string_view, 6> regressor_names{"linear", "linear-adaptive", "ridge", "nlms", "rls",
                                                                 "mlp"};
inline constexpr std::array<std::string_view, 10> classifier_names{
    "logistic", "logistic-adaptive", "svm",   "kernel-svm", "naive-bayes", "knn", "mlp",
    "lda",      "hoeffding-tree",    "forest"};

// The learner of that name, as in the configuration. nullptr: no such name, or not for so many inputs or classes.
std::unique_ptr<Regressor> make_regressor(std::string_view name, std::size_t inputs);
std::unique_ptr<Classifier> make_classifier(std::string_view name, std::size_t inputs, std::size_t classes);

}  // namespace redshank
