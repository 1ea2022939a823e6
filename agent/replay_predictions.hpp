#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/json_writer.hpp"
#include "agent/outputs.hpp"
#include "agent/prequential.hpp"
#include "agent/tasks.hpp"

namespace redshank {

// predictions.csv of a replay and the figures of its summary. The file is made with the first prediction: none, where
// no group predicts.
//   One line per row and target, in the order of rows, then of the targets' first appearance. A cell is empty where
//   nothing could be predicted yet, or the row has no value. Gathered per input like the scores, see ReplayFiles.
class ReplayPredictions {
public:
    explicit ReplayPredictions(std::filesystem::path file) : file_path_(std::move(file)) {}

    void begin_input() { gathered_.clear(); }
    // row: of a wide file, gathered until end_input; `timestamp` and `input` else.
    void gather(const PredictionEvent& event, std::uint64_t row);
    void write(const PredictionEvent& event, std::string_view input, std::string_view timestamp);
    void end_input(std::string_view input, const std::vector<std::string>& timestamps);

    // {"<group>": {"<target>": {"rows", "right", "balanced_accuracy", "kappa"} or {"rows", "mean_squared_error",
    // "mean_absolute_error"}}}, over all inputs.
    void write_figures(JsonWriter& json) const;
    std::size_t figures_bytes_max() const;

    bool close();  // false: could not be written

private:
    struct Cells {
        std::uint64_t row = 0;
        bool has_predicted = false;
        bool has_actual = false;
        double predicted = 0;
        double actual = 0;
    };
    struct Figures {
        ClassFigures classes;
        NumberFigures numbers;
        std::array<std::uint64_t, clusters_most> clusters{};  // rows of each
        bool is_class = false;
        bool is_cluster = false;
    };
    using Target = std::pair<std::string, std::string>;  // group and target
    void count(const PredictionEvent& event);
    void write_line(std::string_view input, std::string_view timestamp, std::string_view group, std::string_view target,
                    const Cells& cells);

    std::filesystem::path file_path_;
    std::ofstream file_;
    std::vector<std::pair<Target, std::vector<Cells>>> gathered_;  // in order of appearance
    std::map<Target, Figures> figures_;
};

}  // namespace redshank
