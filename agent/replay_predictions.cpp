#include "agent/replay_predictions.hpp"

#include <algorithm>

#include "agent/replay_cells.hpp"

namespace redshank {

void ReplayPredictions::count(const PredictionEvent& event) {
    Figures& figures = figures_[{std::string(event.group), std::string(event.target)}];
    figures.is_class = event.is_class;
    figures.is_cluster = event.is_cluster;
    if (event.is_cluster && event.has_predicted) ++figures.clusters[static_cast<std::size_t>(event.predicted)];
    if (!event.has_predicted || !event.has_actual) return;
    if (event.is_class) {
        figures.classes.add(static_cast<std::uint8_t>(event.predicted), static_cast<std::uint8_t>(event.actual));
    } else {
        figures.numbers.add(event.predicted, event.actual);
    }
}

void ReplayPredictions::gather(const PredictionEvent& event, std::uint64_t row) {
    count(event);
    if (event.joined) return;  // its row has its line
    auto of = std::find_if(gathered_.begin(), gathered_.end(), [&](const auto& each) {
        return each.first.first == event.group && each.first.second == event.target;
    });
    if (of == gathered_.end()) {
        gathered_.push_back({{std::string(event.group), std::string(event.target)}, {}});
        of = std::prev(gathered_.end());
    }
    of->second.push_back({row, event.has_predicted, event.has_actual, event.predicted, event.actual});
}

void ReplayPredictions::write(const PredictionEvent& event, std::string_view input, std::string_view timestamp) {
    count(event);
    write_line(input, timestamp, event.group, event.target,
               {0, event.has_predicted, event.has_actual, event.predicted, event.actual});
}

void ReplayPredictions::end_input(std::string_view input, const std::vector<std::string>& timestamps) {
    std::vector<std::size_t> next(gathered_.size());
    for (std::size_t row = 0; row < timestamps.size(); ++row) {
        for (std::size_t i = 0; i < gathered_.size(); ++i) {
            const auto& [target, rows] = gathered_[i];
            const bool there = next[i] < rows.size() && rows[next[i]].row == row;
            write_line(input, timestamps[row], target.first, target.second, there ? rows[next[i]++] : Cells{});
        }
    }
}

void ReplayPredictions::write_line(std::string_view input, std::string_view timestamp, std::string_view group,
                                   std::string_view target, const Cells& cells) {
    if (!file_.is_open()) {
        file_.open(file_path_, std::ios::binary);
        file_ << "input,timestamp,group,target,predicted,actual\n";
    }
    for (const std::string_view text : {input, timestamp, group, target}) {
        put_cell(file_, text);
        file_ << ',';
    }
    if (cells.has_predicted) put_number(file_, cells.predicted);
    file_ << ',';
    if (cells.has_actual) put_number(file_, cells.actual);
    file_ << '\n';
}

void ReplayPredictions::write_figures(JsonWriter& json) const {
    json.begin_object();
    std::string_view group;
    for (const auto& [target, figures] : figures_) {
        if (target.first != group) {
            if (!group.empty()) json.end_object();
            group = target.first;
            json.key(group).begin_object();
        }
        json.key(target.second).begin_object();
        if (figures.is_class) {
            json.member("rows", figures.classes.rows()).member("right", figures.classes.right());
            json.member("balanced_accuracy", figures.classes.balanced_accuracy());
            json.member("kappa", figures.classes.kappa());
        } else if (figures.is_cluster) {
            json.key("clusters").begin_array();
            for (const std::uint64_t rows : figures.clusters) json.value(rows);
            json.end_array();
        } else {
            json.member("rows", figures.numbers.rows());
            json.member("mean_squared_error", figures.numbers.mean_squared_error());
            json.member("mean_absolute_error", figures.numbers.mean_absolute_error());
        }
        json.end_object();
    }
    if (!group.empty()) json.end_object();
    json.end_object();
}

// Every byte of a name may need six.
std::size_t ReplayPredictions::figures_bytes_max() const {
    std::size_t bytes = 16;
    for (const auto& [target, figures] : figures_) bytes += 256 + 6 * (target.first.size() + target.second.size());
    return bytes;
}

bool ReplayPredictions::close() {
    if (!file_.is_open()) return true;
    file_.close();
    return !file_.fail();
}

}  // namespace redshank
