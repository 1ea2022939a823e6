#include "model/learners.hpp"

#include "model/linear_regression.hpp"

namespace redshank {
namespace {

struct RegressorEntry {
    std::string_view name;
    std::unique_ptr<Regressor> (*make)(std::string_view name, std::size_t inputs);
};

// The smallest size that holds the inputs.
template <template <std::size_t> class Head>
std::unique_ptr<Regressor> linear(std::string_view name, std::size_t inputs, const HeadOptions& options) {
    if (inputs <= 8) return std::make_unique<LinearRegression<Head, 8>>(name, inputs, options);
    if (inputs <= 16) return std::make_unique<LinearRegression<Head, 16>>(name, inputs, options);
    return std::make_unique<LinearRegression<Head, features_max>>(name, inputs, options);
}

constexpr std::array<RegressorEntry, regressor_names.size()> regressors{{
    {"linear", [](auto name, auto inputs) { return linear<PlainHead>(name, inputs, {.rate = 0.01F}); }},
    {"linear-adaptive", [](auto name, auto inputs) { return linear<AdaptiveHead>(name, inputs, {.rate = 0.5F}); }},
    {"ridge", [](auto name, auto inputs) { return linear<PlainHead>(name, inputs, {.rate = 0.01F, .l2 = 0.01F}); }},
    {"nlms",
     [](auto name, auto inputs) { return linear<PlainHead>(name, inputs, {.rate = 0.05F, .normalised = true}); }},
}};

}  // namespace

std::unique_ptr<Regressor> make_regressor(std::string_view name, std::size_t inputs) {
    if (inputs == 0 || inputs > features_max) return nullptr;
    for (const RegressorEntry& entry : regressors) {
        if (entry.name == name) return entry.make(name, inputs);
    }
    return nullptr;
}

}  // namespace redshank
