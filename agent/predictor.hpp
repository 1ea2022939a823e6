#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "agent/prequential.hpp"
#include "agent/settings.hpp"
#include "model/candidates.hpp"
#include "model/forecaster.hpp"
#include "model/model.hpp"
#include "model/standardiser.hpp"

namespace redshank {

// One prediction of a row, in the unit of the member it is about; a class is a whole number.
struct Prediction {
    static constexpr std::uint8_t no_member = UINT8_MAX;
    std::uint8_t member = 0;     // no_member: it is about the row as a whole, a cluster
    bool has_predicted = false;  // false: there was nothing yet to predict from
    bool has_actual = false;     // false: the row has no value of that member, or none that is a class
    double predicted = 0;
    double actual = 0;
    float share = 0;  // of the class, among all classes
};

// A row whose label came later.
struct LabelledRow {
    std::int64_t time_ns = 0;
    bool has_predicted = false;
    double predicted = 0;
    double actual = 0;
};

struct LateLabels {
    bool expected = false;
    std::size_t rows_waiting = 0;
    std::uint64_t rows_unlabelled = 0;   // waited too long, made room, or had no id
    std::uint64_t labels_unmatched = 0;  // no row waited for them
};

// The model of a group that predicts. It sees a row in this order, and nothing of a value before its prediction is
// made:
//   expect   before the first value of the row is standardised: a forecast is made here
//   offer    each value, as it comes
//   take     the row is complete: a class is predicted here, errors are measured; predictions() are to be reported
//   score    how unusual the error is among those before it
//   learn or pass
// Rows are what the group calls complete; a member that is held is not in `fresh`.
//   Memory: all acquired by make_predictor. Thread: pipeline only.
class Predictor : public Model {
public:
    static constexpr std::uint32_t no_channel = UINT32_MAX;

    struct Row {
        std::span<const float> standardised;  // by member; held where not fresh
        std::uint64_t known = 0;              // members that ever had a value
        std::uint64_t fresh = 0;              // members with a value in this row
        std::int64_t now_ns = 0;
    };

    // Spreads of the members, in their units, as of before the row.
    using Spreads = std::array<Spread, group_members_most>;
    // hour_of_week: 0 to 167 from Monday, or RowForecaster::no_hour.
    virtual void expect(std::uint64_t known, const Spreads& spreads, std::int16_t hour_of_week) noexcept = 0;
    virtual bool needs_spreads() const noexcept = 0;
    void offer(std::uint8_t member, double value) noexcept { values_[member] = value; }
    virtual void take(const Row& row) noexcept = 0;
    virtual std::span<const Prediction> predictions() const noexcept = 0;

    // Where labels come later than their rows. stamp: when a value of the row under way is of, and of which thing.
    // join: after offer_label, when its message has ended; the row it belongs to, which is learned; none: there is
    // none.
    struct Stamp {
        std::int64_t time_ns = 0;
        std::optional<std::uint64_t> id{};
    };
    virtual void stamp(const Stamp&) noexcept {}
    virtual void offer_label(double, const Stamp&) noexcept {}
    virtual bool has_label() const noexcept { return false; }
    virtual std::optional<LabelledRow> join([[maybe_unused]] std::int64_t now_ns) noexcept { return std::nullopt; }
    virtual LateLabels late_labels() const noexcept { return {}; }

    // It shall make use of a short stream: it starts when the deviations are about right.
    std::uint32_t settling() const noexcept override { return 8; }

    // Prequential figures since the group began: exactly one of the two is there. of: place in predictions(). Of
    // clusters it is numbers: the distance to the nearest centre against 0.
    virtual const ClassFigures* classes() const noexcept { return nullptr; }
    virtual const NumberFigures* numbers(std::size_t) const noexcept { return nullptr; }
    virtual std::uint64_t labels_refused() const noexcept { return 0; }  // that are no class
    // Where several learners are tried: who they are. of: place in predictions().
    virtual const Candidates* candidates(std::size_t) const noexcept { return nullptr; }
    bool is_cluster(std::size_t of) const noexcept { return predictions()[of].member == Prediction::no_member; }

    // What a row under way has left, and the figures: saved with the group, not with the model, which is saved less
    // often. read_row: what no writer wrote makes in.ok() false.
    void write_row(ByteWriter& out) const noexcept;
    void read_row(ByteReader& in) noexcept;
    std::size_t row_bytes() const noexcept { return 8 * members_ + own_row_bytes(); }

    // The channel of each member, while it is known.
    std::array<std::uint32_t, group_members_most> channels{};

protected:
    explicit Predictor(std::size_t members) noexcept : members_(members) { channels.fill(no_channel); }
    virtual void write_own_row(ByteWriter& out) const noexcept = 0;
    virtual void read_own_row(ByteReader& in) noexcept = 0;
    virtual std::size_t own_row_bytes() const noexcept = 0;

    std::size_t members_;
    std::array<double, group_members_most> values_{};  // in the members' units
};

// What became of the predictions of one target, for people.
struct PredictionFigures {
    ChannelName group;
    ChannelName target;
    std::string_view model;  // of the program, not of the group; of candidates the one that answers
    struct Candidate {
        std::string_view name;
        float loss = 0;
    };
    std::array<Candidate, Candidates::most> candidates;
    std::size_t candidate_count = 0;
    std::uint64_t learned = 0;
    std::uint64_t rows = 0;  // with prediction and truth
    bool is_class = false;
    bool is_cluster = false;
    double right = 0;
    double balanced_accuracy = 0;
    double kappa = 0;
    std::uint64_t labels_refused = 0;
    LateLabels labels;
    double mean_squared_error = 0;
    double mean_absolute_error = 0;
};

// What the meaning of its snapshots depends on, beside the members.
std::uint64_t prediction_fingerprint(const GroupSettings& settings, std::uint64_t hash) noexcept;

// nullptr for a group that does not predict, or whose settings check_relations would refuse.
std::unique_ptr<Predictor> make_predictor(const GroupSettings& settings);
std::unique_ptr<Predictor> make_forecast_predictor(const GroupSettings& settings);
std::unique_ptr<Predictor> make_class_predictor(const GroupSettings& settings);
std::unique_ptr<Predictor> make_cluster_predictor(const GroupSettings& settings);

}  // namespace redshank
