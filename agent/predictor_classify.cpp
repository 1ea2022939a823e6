#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "agent/predictor.hpp"
#include "agent/predictor_learner.hpp"
#include "agent/stages.hpp"
#include "agent/waiting_rows.hpp"
#include "model/learners.hpp"
#include "model/snapshot_frame.hpp"

namespace redshank {

namespace {

// The class of a row, a whole number, from the members beside the target: tested, then learned. Makes no score.
class ClassPredictor final : public Predictor {
public:
    ClassPredictor(std::size_t members, std::uint8_t target, std::span<const std::string> stages)
        : Predictor(members), stages_(stages, members - 1), prediction_{.member = target} {}

    bool set(std::unique_ptr<Classifier> classifier) {
        classifier_ = std::move(classifier);
        return classifier_ != nullptr;
    }
    std::size_t features() const noexcept { return stages_.outputs(); }

    void expect(std::uint64_t, const Spreads&, std::int16_t) noexcept override {
        prediction_ = {.member = prediction_.member};
    }
    bool needs_spreads() const noexcept override { return false; }

    void wait_for_labels(const GroupSettings& settings) {
        label_by_ = settings.label_by;
        waiting_.emplace(settings.label_rows, members_ - 1, settings.label_within_ns);
    }
    void stamp(const Stamp& stamp) noexcept override {
        stamp_.time_ns = stamped_ ? std::max(stamp_.time_ns, stamp.time_ns) : stamp.time_ns;
        if (stamp.id || !stamped_) stamp_.id = stamp.id;
        stamped_ = true;
    }
    void offer_label(double value, const Stamp& stamp) noexcept override { label_ = {value, stamp}; }
    bool has_label() const noexcept override { return label_.has_value(); }
    std::optional<LabelledRow> join(std::int64_t now_ns) noexcept override {
        const auto [value, stamp] = *label_;
        label_.reset();
        waiting_->expire(now_ns);
        if (!is_class(value)) {
            ++labels_refused_;
            return std::nullopt;
        }
        const std::optional<std::size_t> place = label_by_ == LabelJoin::time ? waiting_->at_time(stamp.time_ns)
                                                 : stamp.id                   ? waiting_->with_id(*stamp.id)
                                                                              : std::nullopt;
        if (!place) {
            ++labels_unmatched_;
            return std::nullopt;
        }
        const WaitingRows::Row& row = waiting_->row(*place);
        const LabelledRow labelled{row.time_ns, row.has_predicted, static_cast<double>(row.predicted), value};
        const auto actual = static_cast<std::uint8_t>(value);
        if (row.has_predicted) {
            figures_.add(row.predicted, actual);
            const Features before{.values = waiting_->values(*place), .missing = row.missing};
            Stages::Room room{};
            learn_row(before, stages_.apply(before, room), actual);
        }
        waiting_->take(*place);
        return labelled;
    }
    LateLabels late_labels() const noexcept override {
        if (!waiting_) return {};
        return {true, waiting_->waiting(), waiting_->unlabelled(), labels_unmatched_};
    }

    void take(const Row& row) noexcept override {
        stamped_ = false;
        now_ns_ = row.now_ns;
        look_at(row.standardised, row.known);
        prediction_ = {.member = prediction_.member};
        const std::size_t count = members_ - 1;
        const std::uint64_t all = UINT64_MAX >> (features_max - count);
        prediction_.has_predicted = (missing_ & all) != all;
        if (prediction_.has_predicted) {
            std::array<float, classes_max> shares{};
            const std::span<float> used = std::span(shares).first(classifier_->classes());
            behind_ = stages_.apply(inputs(), behind_room_);
            classifier_->shares(behind_, used);
            const auto best = std::max_element(used.begin(), used.end());
            prediction_.predicted = static_cast<double>(best - used.begin());
            prediction_.share = *best;
        }
        if (waiting_ || (row.fresh >> prediction_.member & 1U) == 0) return;
        prediction_.has_actual = is_class(values_[prediction_.member]);
        if (!prediction_.has_actual) {
            ++labels_refused_;
            return;
        }
        prediction_.actual = values_[prediction_.member];
        if (prediction_.has_predicted) {
            figures_.add(static_cast<std::uint8_t>(prediction_.predicted),
                         static_cast<std::uint8_t>(prediction_.actual));
        }
    }
    std::span<const Prediction> predictions() const noexcept override { return std::span(&prediction_, 1); }
    const ClassFigures* classes() const noexcept override { return &figures_; }
    std::uint64_t labels_refused() const noexcept override { return labels_refused_; }
    const Candidates* candidates(std::size_t) const noexcept override { return classifier_->candidates(); }

    Score score(const Observation&) const noexcept override { return {}; }
    void learn(const Observation&) noexcept override {
        if (waiting_) return wait();
        if (!prediction_.has_actual || !prediction_.has_predicted) return;
        learn_row(inputs(), behind_, static_cast<std::uint8_t>(prediction_.actual));
    }
    void pass(const Observation&) noexcept override {}
    std::uint32_t learned() const noexcept override { return learned_; }

    void snapshot(ByteWriter& out) const noexcept override {
        frame().write(out, [this](ByteWriter& body) {
            body.put(learned_);
            stages_.write(body);
            classifier_->snapshot(body);
        });
    }
    bool restore(ByteReader& in) noexcept override {
        std::optional<ByteReader> body = frame().read(in);
        if (!body) return false;
        learned_ = body->get<std::uint32_t>();
        return body->ok() && stages_.read(*body) && classifier_->restore(*body) && body->ok() && body->left() == 0;
    }
    std::size_t snapshot_bytes() const noexcept override { return frame().bytes(); }
    std::size_t bytes() const noexcept override {
        return sizeof(*this) + stages_.bytes() + classifier_->bytes() + (waiting_ ? waiting_->bytes() : 0);
    }
    void reset() noexcept override {
        classifier_->reset();
        stages_.reset();
        prediction_ = {.member = prediction_.member};
        missing_ = 0;
        learned_ = 0;
        labels_refused_ = 0;
        labels_unmatched_ = 0;
        if (waiting_) waiting_->clear();
        label_.reset();
        stamp_ = {};
        stamped_ = false;
        figures_ = {};
    }
    std::string_view name() const noexcept override { return classifier_->name(); }

protected:
    void write_own_row(ByteWriter& out) const noexcept override {
        out.put(labels_refused_);
        figures_.write(out);
        if (!waiting_) return;
        out.put(labels_unmatched_);
        out.put(stamped_);
        out.put(stamp_.time_ns);
        out.put(stamp_.id.has_value());
        out.put(stamp_.id.value_or(0));
        waiting_->write(out);
    }
    void read_own_row(ByteReader& in) noexcept override {
        labels_refused_ = in.get<std::uint64_t>();
        figures_.read(in);
        if (!waiting_) return;
        labels_unmatched_ = in.get<std::uint64_t>();
        stamped_ = in.get<bool>();
        stamp_.time_ns = in.get<std::int64_t>();
        const bool has_id = in.get<bool>();
        const auto id = in.get<std::uint64_t>();
        stamp_.id = has_id ? std::optional(id) : std::nullopt;
        waiting_->read(in);
    }
    std::size_t own_row_bytes() const noexcept override {
        return 8 + ClassFigures::written_bytes + (waiting_ ? 26 + waiting_->written_bytes_max() : 0);
    }

private:
    // behind: what the stages make of it now.
    void learn_row(const Features& before, const Features& behind, std::uint8_t actual) noexcept {
        classifier_->learn(behind, actual);
        stages_.learn(before, static_cast<float>(actual));
        if (learned_ != UINT32_MAX) ++learned_;
    }
    void wait() noexcept {
        waiting_->expire(now_ns_);
        if (label_by_ == LabelJoin::id && !stamp_.id) return waiting_->count_unlabelled();
        waiting_->push({.time_ns = stamp_.time_ns,
                        .arrived_ns = now_ns_,
                        .id = stamp_.id.value_or(0),
                        .missing = missing_,
                        .has_predicted = prediction_.has_predicted,
                        .predicted = static_cast<std::uint8_t>(prediction_.predicted)},
                       inputs().values);
    }
    bool is_class(double value) const noexcept {
        return value >= 0 && value < static_cast<double>(classifier_->classes()) && value == std::floor(value);
    }
    void look_at(std::span<const float> standardised, std::uint64_t known) noexcept {
        missing_ = 0;
        for (std::size_t member = 0, at = 0; member < members_; ++member) {
            if (member == prediction_.member) continue;
            if ((known >> member & 1U) == 0) missing_ |= std::uint64_t{1} << at;
            room_[at++] = standardised[member];
        }
    }
    Features inputs() const noexcept {
        return {.values = std::span<const float>(room_).first(members_ - 1), .missing = missing_};
    }
    SnapshotFrame frame() const noexcept {
        return {.magic = 0x53435052,  // "RPCS"
                .version = 1,
                .inputs = static_cast<std::uint16_t>(members_ - 1),
                .body_bytes = static_cast<std::uint32_t>(4 + stages_.written_bytes() + classifier_->snapshot_bytes())};
    }

    Stages stages_;
    std::unique_ptr<Classifier> classifier_;
    Prediction prediction_;
    std::array<float, features_max> room_{};  // the row's features
    std::uint64_t missing_ = 0;
    Stages::Room behind_room_{};
    Features behind_;  // the stages, of a row that was predicted
    std::uint32_t learned_ = 0;
    std::uint64_t labels_refused_ = 0;
    ClassFigures figures_;

    // Where labels come later.
    LabelJoin label_by_ = LabelJoin::time;
    std::optional<WaitingRows> waiting_;
    Stamp stamp_;  // of the row under way
    bool stamped_ = false;
    std::int64_t now_ns_ = 0;                        // of the row taken last
    std::optional<std::pair<double, Stamp>> label_;  // of the message under way
    std::uint64_t labels_unmatched_ = 0;
};

}  // namespace

std::unique_ptr<Predictor> make_class_predictor(const GroupSettings& settings) {
    const std::size_t members = settings.channels.size();
    const auto target = std::find(settings.channels.begin(), settings.channels.end(), settings.target);
    if (members < 2 || target == settings.channels.end()) return nullptr;
    if (!outputs_of(settings.stages, members - 1)) return nullptr;
    auto predictor = std::make_unique<ClassPredictor>(
        members, static_cast<std::uint8_t>(target - settings.channels.begin()), settings.stages);
    auto classifier = make_learner<Classifier>(settings, [&](std::string_view name) {
        return make_classifier(name, predictor->features(), settings.classes);
    });
    if (!predictor->set(std::move(classifier))) return nullptr;
    if (settings.label_within_ns > 0) predictor->wait_for_labels(settings);
    return predictor;
}

}  // namespace redshank
