#include <algorithm>
#include <cmath>
#include <optional>

#include "agent/predictor.hpp"
#include "agent/stages.hpp"
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

    void take(const Row& row) noexcept override {
        look_at(row.standardised, row.known);
        prediction_ = {.member = prediction_.member};
        const std::size_t count = members_ - 1;
        const std::uint64_t all = UINT64_MAX >> (features_max - count);
        prediction_.has_predicted = (missing_ & all) != all;
        if (prediction_.has_predicted) {
            Stages::Room room{};
            std::array<float, classes_max> shares{};
            const std::span<float> used = std::span(shares).first(classifier_->classes());
            classifier_->shares(stages_.apply(inputs(), room), used);
            const auto best = std::max_element(used.begin(), used.end());
            prediction_.predicted = static_cast<double>(best - used.begin());
            prediction_.share = *best;
        }
        if ((row.fresh >> prediction_.member & 1U) == 0) return;
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

    Score score(const Observation&) const noexcept override { return {}; }
    void learn(const Observation&) noexcept override {
        if (!prediction_.has_actual || !prediction_.has_predicted) return;
        Stages::Room room{};
        const Features before = inputs();
        classifier_->learn(stages_.apply(before, room), static_cast<std::uint8_t>(prediction_.actual));
        stages_.learn(before);
        if (learned_ != UINT32_MAX) ++learned_;
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
    std::size_t bytes() const noexcept override { return sizeof(*this) + stages_.bytes() + classifier_->bytes(); }
    void reset() noexcept override {
        classifier_->reset();
        stages_.reset();
        prediction_ = {.member = prediction_.member};
        missing_ = 0;
        learned_ = 0;
        labels_refused_ = 0;
        figures_ = {};
    }
    std::string_view name() const noexcept override { return classifier_->name(); }

protected:
    void write_own_row(ByteWriter& out) const noexcept override {
        out.put(labels_refused_);
        figures_.write(out);
    }
    void read_own_row(ByteReader& in) noexcept override {
        labels_refused_ = in.get<std::uint64_t>();
        figures_.read(in);
    }
    std::size_t own_row_bytes() const noexcept override { return 8 + ClassFigures::written_bytes; }

private:
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
    std::uint32_t learned_ = 0;
    std::uint64_t labels_refused_ = 0;
    ClassFigures figures_;
};

}  // namespace

std::unique_ptr<Predictor> make_class_predictor(const GroupSettings& settings) {
    const std::size_t members = settings.channels.size();
    const auto target = std::find(settings.channels.begin(), settings.channels.end(), settings.target);
    if (members < 2 || target == settings.channels.end()) return nullptr;
    if (!outputs_of(settings.stages, members - 1)) return nullptr;
    auto predictor = std::make_unique<ClassPredictor>(
        members, static_cast<std::uint8_t>(target - settings.channels.begin()), settings.stages);
    const std::string_view model = model_behind(settings.task, settings.model, transforms(settings.stages));
    if (!predictor->set(make_classifier(model, predictor->features(), settings.classes))) return nullptr;
    return predictor;
}

}  // namespace redshank
