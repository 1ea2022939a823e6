#pragma once

#include <cstdint>
#include <string_view>

#include "model/rows.hpp"

namespace redshank {

// One scoring of one group. alarm: state of its default anomaly rule afterwards.
struct ScoreEvent {
    std::string_view group;
    float anomaly_score = 0;
    float score = 0;
    bool alarm = false;
};

// One prediction of one row, made before `actual` was learned.
struct PredictionEvent {
    std::string_view group;
    std::string_view target;  // the member's field, or its whole channel where the group names it so
    bool is_class = false;    // whole numbers
    bool is_cluster = false;  // the same, and nothing is known to be right
    bool joined = false;      // said before; now its label has come
    bool has_predicted = false;
    bool has_actual = false;
    double predicted = 0;
    double actual = 0;
    float share = 0;  // of a class, among all; 0 where joined
    std::int64_t time_ns = 0;
};

// Where the pipeline's results go. Called from within on_record, in order of making; must not block, throw or allocate.
// `channel_slot` names the channel within this process, for tables (Pipeline::no_slot for one that is gone).
class Outputs {
public:
    virtual ~Outputs() = default;
    virtual void alert(const AlertRow& row) noexcept = 0;
    virtual void aggregate(const AggregateRow& row, std::uint32_t channel_slot) noexcept = 0;
    // A rule has a state for one more channel or group; nothing was said about it before.
    virtual void rule_state_added(std::uint32_t) noexcept {}
    virtual void scored(const ScoreEvent&) noexcept {}
    virtual void predicted(const PredictionEvent&) noexcept {}
};

}  // namespace redshank
