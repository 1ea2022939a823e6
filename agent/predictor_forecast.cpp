#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <vector>

#include "agent/predictor.hpp"
#include "agent/predictor_learner.hpp"
#include "agent/stages.hpp"
#include "agent/tasks.hpp"
#include "model/calibration.hpp"
#include "model/forecaster.hpp"
#include "model/lags.hpp"
#include "model/learners.hpp"
#include "model/snapshot_frame.hpp"

namespace redshank {

namespace {

constexpr float move_limit = 16.0F;           // in deviations, as the features
constexpr std::uint32_t rows_settling = 100;  // learned before a forecast of whole rows is better than no change

// value / deviation, of a channel that never varied the limit.
float in_deviations(double value, double deviation) noexcept {
    if (value == 0) return 0.0F;
    const double limit = static_cast<double>(move_limit);
    if (deviation == 0) return value < 0 ? -move_limit : move_limit;
    return static_cast<float>(std::clamp(value / deviation, -limit, limit));
}

// The next row from the last ones: by a forecaster of whole rows, or (model/lags.hpp) by one regressor for each target,
// all on the same features. A regressor learns by how many deviations the target moves from its last value, so that one
// that has learned nothing says: it stays.
//   Score: the targets' errors, in deviations, each among its own past ones; the largest counts.
class ForecastPredictor final : public Predictor {
public:
    ForecastPredictor(std::size_t members, std::uint32_t warmup, std::span<const std::string> stages)
        : Predictor(members), lags_(members), stages_(stages, members * Lags::lags_for(members)), warmup_(warmup) {}

    void add(std::uint8_t member, std::unique_ptr<Regressor> regressor) {
        predictions_.push_back({.member = member});
        targets_.emplace_back().regressor = std::move(regressor);
    }
    void set(std::unique_ptr<RowForecaster> rows) { rows_ = std::move(rows); }
    std::size_t features() const noexcept { return stages_.outputs(); }

    void expect(std::uint64_t known, const Spreads& spreads, std::int16_t hour_of_week) noexcept override {
        known_ = known;
        hour_of_week_ = hour_of_week;
        Stages::Room room{};
        const Features features = stages_.apply(inputs(), room);
        std::array<float, forecast_members_most> row{};
        if (rows_ != nullptr) rows_->predict(hour_of_week, std::span(row).first(members_));
        for (std::size_t i = 0; i < targets_.size(); ++i) {
            Prediction& prediction = predictions_[i];
            const Spread& spread = spreads[prediction.member];
            prediction = {.member = prediction.member};
            prediction.has_predicted = seen_ && spread.known;
            if (!prediction.has_predicted) continue;
            Target& target = targets_[i];
            target.last = values_[prediction.member];
            target.deviation = spread.deviation;
            const std::uint8_t member = prediction.member;
            const float moves = rows_ == nullptr           ? target.regressor->predict(features)
                                : learned_ < rows_settling ? 0.0F
                                                           : row[member] - lags_.newest()[member];
            const float move = std::clamp(moves, -move_limit, move_limit);
            prediction.predicted = target.last + static_cast<double>(move) * target.deviation;
        }
    }
    bool needs_spreads() const noexcept override { return true; }

    void take(const Row& row) noexcept override {
        score_ = {.score = 0, .warm = learned_ >= warmup_};
        float rarity = 0;
        for (std::size_t i = 0; i < targets_.size(); ++i) {
            Prediction& prediction = predictions_[i];
            Target& target = targets_[i];
            prediction.has_actual = (row.fresh >> prediction.member & 1U) != 0;
            target.has_error = prediction.has_actual && prediction.has_predicted;
            if (!prediction.has_actual) continue;
            prediction.actual = values_[prediction.member];
            if (!target.has_error) continue;
            target.figures.add(prediction.predicted, prediction.actual);
            target.error = std::fabs(in_deviations(prediction.actual - prediction.predicted, target.deviation));
            rarity = std::max(rarity, target.errors.rarity(target.error));
        }
        if (score_.warm) score_.score = score_of(rarity);
    }
    std::span<const Prediction> predictions() const noexcept override { return predictions_; }
    const NumberFigures* numbers(std::size_t of) const noexcept override { return &targets_[of].figures; }
    const Candidates* candidates(std::size_t of) const noexcept override {
        return rows_ == nullptr ? targets_[of].regressor->candidates() : nullptr;
    }

    Score score(const Observation&) const noexcept override { return score_; }
    void learn(const Observation& row) noexcept override {
        Stages::Room room{};
        const Features before = inputs();
        const Features features = stages_.apply(before, room);
        bool any = false;
        for (std::size_t i = 0; i < targets_.size(); ++i) {
            Target& target = targets_[i];
            if (!target.has_error) continue;
            any = true;
            // Not in the first half of the warm-up, where it still learns and all errors are large.
            if (learned_ >= warmup_ / 2) target.errors.add(target.error);
            if (rows_ != nullptr) continue;
            target.move = in_deviations(predictions_[i].actual - target.last, target.deviation);
            target.regressor->learn(features, target.move);
        }
        if (rows_ != nullptr && any) rows_->learn(hour_of_week_, row.standardised);
        if (any) stages_.learn(before, targets_.front().move);
        if (any && learned_ != UINT32_MAX) ++learned_;
        pass(row);
    }
    void pass(const Observation& row) noexcept override {
        lags_.push(row.standardised);
        seen_ = true;
    }
    std::uint32_t learned() const noexcept override { return learned_; }

    void snapshot(ByteWriter& out) const noexcept override {
        frame().write(out, [this](ByteWriter& body) {
            body.put(learned_);
            stages_.write(body);
            for (const Target& target : targets_) {
                target.errors.write(body);
                if (rows_ == nullptr) target.regressor->snapshot(body);
            }
            if (rows_ != nullptr) rows_->snapshot(body);
        });
    }
    bool restore(ByteReader& in) noexcept override {
        std::optional<ByteReader> body = frame().read(in);
        if (!body) return false;
        learned_ = body->get<std::uint32_t>();
        if (!body->ok() || !stages_.read(*body)) return false;
        for (Target& target : targets_) {
            target.errors.read(*body);
            if (!body->ok() || (rows_ == nullptr && !target.regressor->restore(*body))) return false;
        }
        if (rows_ != nullptr && !rows_->restore(*body)) return false;
        return body->ok() && body->left() == 0;
    }
    std::size_t snapshot_bytes() const noexcept override { return frame().bytes(); }
    std::size_t bytes() const noexcept override {
        std::size_t bytes = sizeof(*this) + stages_.bytes() + targets_.capacity() * sizeof(Target) +
                            predictions_.capacity() * sizeof(Prediction);
        for (const Target& target : targets_) bytes += rows_ == nullptr ? target.regressor->bytes() : 0;
        return bytes + (rows_ == nullptr ? 0 : rows_->bytes());
    }
    void reset() noexcept override {
        lags_ = Lags(members_);
        stages_.reset();
        seen_ = false;
        known_ = 0;
        learned_ = 0;
        score_ = {};
        hour_of_week_ = RowForecaster::no_hour;
        if (rows_ != nullptr) rows_->reset();
        for (std::size_t i = 0; i < targets_.size(); ++i) {
            Target& target = targets_[i];
            if (rows_ == nullptr) target.regressor->reset();
            target.errors = {};
            target.figures = {};
            target.has_error = false;
            predictions_[i] = {.member = predictions_[i].member};
        }
    }
    std::string_view name() const noexcept override {
        return rows_ == nullptr ? targets_.front().regressor->name() : rows_->name();
    }

protected:
    void write_own_row(ByteWriter& out) const noexcept override {
        lags_.write(out);
        out.put(seen_);
        out.put(known_);
        out.put(hour_of_week_);
        for (std::size_t i = 0; i < targets_.size(); ++i) {
            out.put(predictions_[i].has_predicted);
            for (const double value : {predictions_[i].predicted, targets_[i].last, targets_[i].deviation}) {
                out.put(std::bit_cast<std::uint64_t>(value));
            }
            targets_[i].figures.write(out);
        }
    }
    void read_own_row(ByteReader& in) noexcept override {
        lags_.read(in);
        seen_ = in.get<bool>();
        known_ = in.get<std::uint64_t>();
        hour_of_week_ = in.get<std::int16_t>();
        bool possible = true;
        for (std::size_t i = 0; i < targets_.size(); ++i) {
            predictions_[i].has_predicted = in.get<bool>();
            for (double* value : {&predictions_[i].predicted, &targets_[i].last, &targets_[i].deviation}) {
                *value = std::bit_cast<double>(in.get<std::uint64_t>());
                possible = possible && std::isfinite(*value);
            }
            possible = possible && targets_[i].deviation >= 0;
            targets_[i].figures.read(in);
        }
        if (!possible) in.get_bytes(SIZE_MAX);
    }
    std::size_t own_row_bytes() const noexcept override {
        return lags_.written_bytes() + 11 + targets_.size() * (25 + NumberFigures::written_bytes);
    }

private:
    struct Target {
        std::unique_ptr<Regressor> regressor;  // none where rows_ does it
        TailHistogram errors;
        NumberFigures figures;
        double last = 0;  // value before the row under way, and its channel's deviation
        double deviation = 0;
        float error = 0;  // in deviations
        float move = 0;   // from `last`, in deviations
        bool has_error = false;
    };

    Features inputs() const noexcept {
        const std::size_t count = lags_.in_use(lags_.newest()).size();
        std::uint64_t missing = 0;
        for (std::size_t at = 0; at < count; ++at) {
            if ((known_ >> at % members_ & 1U) == 0) missing |= std::uint64_t{1} << at;
        }
        return {.values = lags_.in_use(lags_.newest()), .missing = missing};
    }

    SnapshotFrame frame() const noexcept {
        std::size_t body = 4 + stages_.written_bytes();
        for (const Target& target : targets_) {
            body += TailHistogram::written_bytes + (rows_ == nullptr ? target.regressor->snapshot_bytes() : 0);
        }
        if (rows_ != nullptr) body += rows_->snapshot_bytes();
        return {.magic = 0x43465052,  // "RPFC"
                .version = 1,
                .inputs = static_cast<std::uint16_t>(members_),
                .body_bytes = static_cast<std::uint32_t>(body)};
    }

    Lags lags_;
    Stages stages_;
    std::uint32_t warmup_;
    std::unique_ptr<RowForecaster> rows_;
    std::int16_t hour_of_week_ = RowForecaster::no_hour;  // of the row under way
    std::vector<Target> targets_;
    std::vector<Prediction> predictions_;
    bool seen_ = false;        // a row
    std::uint64_t known_ = 0;  // members that the features stand on
    std::uint32_t learned_ = 0;
    Score score_;
};

}  // namespace

std::unique_ptr<Predictor> make_forecast_predictor(const GroupSettings& settings) {
    const std::size_t members = settings.channels.size();
    if (members == 0 || members > forecast_members_most) return nullptr;
    const bool whole_rows = settings.candidates.empty() &&
                            model_behind(settings.task, settings.model, transforms(settings.stages)) == forecast_model;
    if (!outputs_of(settings.stages, members * Lags::lags_for(members))) return nullptr;
    auto predictor = std::make_unique<ForecastPredictor>(members, settings.warmup_readings, settings.stages);
    for (std::size_t member = 0; member < members; ++member) {
        if (!settings.target.empty() && settings.channels[member] != settings.target) continue;
        std::unique_ptr<Regressor> regressor;
        if (!whole_rows) {
            regressor = make_learner<Regressor>(
                settings, [&](std::string_view name) { return make_regressor(name, predictor->features()); });
            if (regressor == nullptr) return nullptr;
        }
        predictor->add(static_cast<std::uint8_t>(member), std::move(regressor));
    }
    if (whole_rows) {
        if (members <= 8) {
            predictor->set(std::make_unique<Forecaster<8>>(members));
        } else {
            predictor->set(std::make_unique<Forecaster<forecast_members_most>>(members));
        }
    }
    return predictor->predictions().empty() ? nullptr : std::move(predictor);
}

}  // namespace redshank
