#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/outcome.hpp"

namespace redshank {

// What a [[group]] is for, and the models that can do it. A name counts when this program has a model behind it.
//   anomaly   how unusual is this row, among those before it?
//   forecast  the next row, before it comes; its score is how unusual the error is
//   classify  the class of a row, from its other members
//   cluster   which of a few kinds of rows it is like, found without labels; its score is how unlike all of them it is
enum class Task : std::uint8_t { anomaly, forecast, classify, cluster };

inline constexpr std::size_t forecast_members_most = 16;        // Lags::inputs_max
inline constexpr std::string_view forecast_model = "forecast";  // of whole rows: model/forecaster.hpp
inline constexpr std::size_t stages_most = 4;
inline constexpr std::size_t stage_inputs_most = 16;  // Lags::inputs_max
inline constexpr std::size_t clusters_most = 8;
inline constexpr std::size_t label_rows_most = 1024;  // that wait for their labels

std::string_view name_of(Task task) noexcept;
Task task_of(std::string_view name) noexcept;  // of one of task_names
inline constexpr std::string_view task_names = "anomaly|forecast|classify|cluster";

// Names for `model`; "auto" is the first.
std::span<const std::string_view> models_of(Task task);
// Names for `candidates`: those that can be told apart by the loss of their predictions. None: the task has no loss.
std::vector<std::string_view> candidates_of(Task task);
// The same of all tasks, separated by '|'.
std::string_view models_of_all_tasks();
// What "auto" stands for; other names stand for themselves. Empty: nothing does that task.
std::string_view model_behind(Task task, std::string_view name, bool transformed);
// Some stage does more than standardise, as everything is.
bool transforms(std::span<const std::string> stages);

// One stage before the model, "standardise" or a kind with a number:
//   "pca:N"      coordinates along the first N principal components
//   "kmeans:N"   distances to the centres of N clusters; last in a group that clusters, the cluster
//   "fourier:N"  N random Fourier features of the radial kernel
//   "select:N"   of the values the N that go most closely with the target, the others as missing
struct Stage {
    enum class Kind : std::uint8_t { standardise, pca, kmeans, fourier, select };
    Kind kind = Kind::standardise;
    std::size_t count = 0;
};
inline constexpr std::array<std::string_view, 5> stage_kinds{"standardise", "pca", "kmeans", "fourier", "select"};
Outcome<Stage> parse_stage(std::string_view text);
// The number of values behind the stages, of `inputs` before them; a sentence about the first that cannot be.
struct StagesRefused {
    std::size_t stage = 0;
    std::string why;
};
using StageOutputs = tl::expected<std::size_t, StagesRefused>;
StageOutputs outputs_of(std::span<const std::string> stages, std::size_t inputs);

}  // namespace redshank
