#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/outputs.hpp"
#include "agent/pipeline.hpp"
#include "agent/replay_predictions.hpp"
#include "model/outcome.hpp"

namespace redshank {

// The result files of a replay: scores.csv, alerts.jsonl, aggregates.csv, predictions.csv, models.bin and
// associations.csv, byte-identical for the same input on every board. Numbers in shortest round-trip form.
//   Errors of writing are kept and reported by finish.
class ReplayFiles final : public Outputs {
public:
    // Makes the directory and replaces old results.
    static Outcome<> prepare(const std::filesystem::path& directory);
    explicit ReplayFiles(const std::filesystem::path& directory);

    void begin_input(std::string input);
    // A wide file: the groups' scores of a row are gathered until the file ends, so that a group that appears late has
    // a row for each input row all the same. Not called for a recording: every scoring is a line of its own.
    void begin_row(std::string timestamp);
    void begin_event(std::int64_t time_ns);
    void end_input(const Pipeline& pipeline);

    void alert(const AlertRow& row) noexcept override;
    void aggregate(const AggregateRow& row, std::uint32_t channel_slot) noexcept override;
    void scored(const ScoreEvent& event) noexcept override;
    void predicted(const PredictionEvent& event) noexcept override;

    std::uint64_t alerts_fired() const noexcept { return alerts_fired_; }
    std::uint64_t aggregates() const noexcept { return aggregates_; }
    const ReplayPredictions& predictions() const noexcept { return predictions_; }

    // Closes the files; the hexadecimal SHA-256 over their bytes in the contract's order.
    Outcome<std::string> finish();

private:
    struct RowScore {
        std::uint64_t row = 0;
        float anomaly_score = 0;
        float score = 0;
        bool alarm = false;
    };
    void write_score(std::string_view timestamp, std::string_view group, const RowScore& score);
    void write_models(const Pipeline& pipeline);
    void write_associations(const Pipeline& pipeline);

    std::filesystem::path directory_;
    std::ofstream scores_;
    std::ofstream alerts_;
    std::ofstream aggregates_file_;
    std::ofstream models_;
    std::ofstream associations_;  // open where there are any
    ReplayPredictions predictions_;
    std::string input_;
    bool wide_ = false;
    std::string event_timestamp_;
    std::vector<std::string> timestamps_;                                  // of a wide file's rows
    std::vector<std::pair<std::string, std::vector<RowScore>>> by_group_;  // in order of appearance
    std::map<std::string, std::size_t, std::less<>> group_places_;
    std::uint64_t alerts_fired_ = 0;
    std::uint64_t aggregates_ = 0;
};

}  // namespace redshank
