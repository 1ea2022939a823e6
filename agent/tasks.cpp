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

constexpr std::string_view cluster_model = "k-means";

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
        case Task::cluster:
            names.push_back(cluster_model);
            break;
    }
    if (!names.empty()) names.insert(names.begin(), "auto");
    return names;
}

const Names& names_of(Task task) {
    static const std::array<Names, 4> names{existing(Task::anomaly), existing(Task::forecast), existing(Task::classify),
                                            existing(Task::cluster)};
    return names[static_cast<std::size_t>(task)];
}

}  // namespace

std::string_view name_of(Task task) noexcept {
    constexpr std::array<std::string_view, 4> names{"anomaly", "forecast", "classify", "cluster"};
    return names[static_cast<std::size_t>(task)];
}

Task task_of(std::string_view name) noexcept {
    for (const Task task : {Task::forecast, Task::classify, Task::cluster}) {
        if (name == name_of(task)) return task;
    }
    return Task::anomaly;
}

std::span<const std::string_view> models_of(Task task) {
    return names_of(task);
}

std::vector<std::string_view> candidates_of(Task task) {
    if (task != Task::forecast && task != Task::classify) return {};
    Names names = names_of(task);
    std::erase_if(names, [](std::string_view name) { return name == "auto" || name == forecast_model; });
    return names;
}

std::string_view models_of_all_tasks() {
    static const std::string all = [] {
        Names names;
        for (const Task task : {Task::anomaly, Task::forecast, Task::classify, Task::cluster}) {
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
    if (text == stage_kinds.front()) return Stage{};
    const std::size_t colon = text.find(':');
    const auto* const kind = std::find(stage_kinds.begin() + 1, stage_kinds.end(), text.substr(0, colon));
    if (kind == stage_kinds.end() || colon == std::string_view::npos) {
        return failure("must be \"standardise\", \"pca:N\", \"kmeans:N\", \"fourier:N\" or \"select:N\", not \"" +
                       std::string(text) + "\"");
    }
    Stage stage{static_cast<Stage::Kind>(kind - stage_kinds.begin()), 0};
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + colon + 1, end, stage.count);
    if (parsed.ec != std::errc() || parsed.ptr != end || stage.count == 0) {
        return failure("needs a number, like \"" + std::string(*kind) + ":2\", not \"" + std::string(text) + "\"");
    }
    return stage;
}

namespace {

// Of a stage that takes any number of values up to inputs_most: why not, or nothing.
std::string refusal_of(const Stage& stage, const std::string& text, std::size_t inputs) {
    const auto at_most = [&](std::size_t most, const std::string& of, const char* what) {
        return stage.count <= most ? std::string()
                                   : "\"" + text + "\"" + of + " has at most " + std::to_string(most) + " " + what;
    };
    const std::string of_inputs = " of " + std::to_string(inputs) + " values";
    if (stage.kind == Stage::Kind::select) return at_most(inputs, of_inputs, "to select");
    if (inputs > stage_inputs_most) {
        return "takes at most " + std::to_string(stage_inputs_most) + " values, not " + std::to_string(inputs);
    }
    if (stage.kind == Stage::Kind::pca) return at_most(Pca::components_for(inputs), of_inputs, "components");
    if (stage.kind == Stage::Kind::fourier) return at_most(features_max, "", "features");
    return stage.count < 2 ? "\"" + text + "\" has at least 2 clusters" : at_most(clusters_most, "", "clusters");
}

}  // namespace

StageOutputs outputs_of(std::span<const std::string> stages, std::size_t inputs) {
    for (std::size_t i = 0; i < stages.size(); ++i) {
        const auto refused = [i](std::string why) { return tl::unexpected(StagesRefused{i, std::move(why)}); };
        const Outcome<Stage> stage = parse_stage(stages[i]);
        if (!stage) return refused(stage.error());
        if (stage->kind == Stage::Kind::standardise) {
            if (i != 0) return refused("\"standardise\" comes first: everything behind it is standardised already");
            continue;
        }
        if (std::string why = refusal_of(*stage, stages[i], inputs); !why.empty()) return refused(std::move(why));
        if (stage->kind != Stage::Kind::select) inputs = stage->count;
    }
    return inputs;
}

}  // namespace redshank
