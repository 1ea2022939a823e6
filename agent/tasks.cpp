#include "agent/tasks.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "model/learners.hpp"
#include "model/model.hpp"
#include "model/pca.hpp"

namespace redshank {

namespace {

// In this order; the first that there is, is "auto".
constexpr std::array<std::string_view, 6> regressors{"rls", "nlms", "linear", "linear-adaptive", "ridge", "mlp"};
constexpr std::array<std::string_view, 10> classifiers{"svm",         "logistic", "logistic-adaptive", "kernel-svm",
                                                       "naive-bayes", "knn",      "hoeffding-tree",    "forest",
                                                       "mlp",         "lda"};

using Names = std::vector<std::string_view>;

Names existing(Task task) {
    Names names;
    switch (task) {
        case Task::anomaly:
            for (const ModelKind& kind : model_kinds()) names.push_back(kind.name);
            return names;
        case Task::forecast:
            names.push_back(forecast_model);
            for (const std::string_view name : regressors) {
                if (make_regressor(name, 1) != nullptr) names.push_back(name);
            }
            break;
        case Task::classify:
            for (const std::string_view name : classifiers) {
                if (make_classifier(name, 1, 2) != nullptr) names.push_back(name);
            }
            break;
    }
    if (!names.empty()) names.insert(names.begin(), "auto");
    return names;
}

const Names& names_of(Task task) {
    static const std::array<Names, 3> names{existing(Task::anomaly), existing(Task::forecast),
                                            existing(Task::classify)};
    return names[static_cast<std::size_t>(task)];
}

}  // namespace

std::string_view name_of(Task task) noexcept {
    constexpr std::array<std::string_view, 3> names{"anomaly", "forecast", "classify"};
    return names[static_cast<std::size_t>(task)];
}

Task task_of(std::string_view name) noexcept {
    for (const Task task : {Task::forecast, Task::classify}) {
        if (name == name_of(task)) return task;
    }
    return Task::anomaly;
}

std::span<const std::string_view> models_of(Task task) {
    return names_of(task);
}

std::string_view models_of_all_tasks() {
    static const std::string all = [] {
        Names names;
        for (const Task task : {Task::anomaly, Task::forecast, Task::classify}) {
            for (const std::string_view name : names_of(task)) {
                if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
            }
        }
        std::string text;
        for (const std::string_view name : names) text += (text.empty() ? "" : "|") + std::string(name);
        return text;
    }();
    return all;
}

std::string_view model_behind(Task task, std::string_view name, bool transformed) {
    if (task == Task::anomaly || name != "auto") return name;
    if (task == Task::forecast) return transformed ? "rls" : forecast_model;
    const Names& names = names_of(task);
    return names.empty() ? std::string_view{} : names[1];
}

bool transforms(std::span<const std::string> stages) {
    return std::any_of(stages.begin(), stages.end(), [](const std::string& stage) { return stage != "standardise"; });
}

Outcome<Stage> parse_stage(std::string_view text) {
    constexpr std::string_view pca = "pca:";
    if (text == "standardise") return Stage{};
    if (!text.starts_with(pca))
        return failure("must be \"standardise\" or \"pca:N\", not \"" + std::string(text) + "\"");
    Stage stage{Stage::Kind::pca, 0};
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + pca.size(), end, stage.count);
    if (parsed.ec != std::errc() || parsed.ptr != end || stage.count == 0) {
        return failure("needs a number of components, like \"pca:2\", not \"" + std::string(text) + "\"");
    }
    return stage;
}

StageOutputs outputs_of(std::span<const std::string> stages, std::size_t inputs) {
    for (std::size_t i = 0; i < stages.size(); ++i) {
        const auto refused = [i](std::string why) { return tl::unexpected(StagesRefused{i, std::move(why)}); };
        const Outcome<Stage> stage = parse_stage(stages[i]);
        if (!stage) return refused(stage.error());
        if (stage->kind == Stage::Kind::standardise) {
            if (i != 0) return refused("\"standardise\" comes first: everything behind it is standardised already");
            continue;
        }
        if (inputs > Lags::inputs_max) {
            return refused("takes at most " + std::to_string(Lags::inputs_max) + " values, not " +
                           std::to_string(inputs));
        }
        const std::size_t most = Pca::components_for(inputs);
        if (stage->count > most) {
            return refused("\"pca:" + std::to_string(stage->count) + "\" of " + std::to_string(inputs) +
                           " values has at most " + std::to_string(most) + " components");
        }
        inputs = stage->count;
    }
    return inputs;
}

}  // namespace redshank
