#include <algorithm>
#include <cmath>
#include <optional>

#include "agent/predictor.hpp"
#include "agent/stages.hpp"
#include "model/calibration.hpp"
#include "model/snapshot_frame.hpp"

namespace redshank {

namespace {

// Which of a few clusters a row is nearest to, a number from 0; nothing is known to be right. Score: the distance to
// that centre, among those before.
class ClusterPredictor final : public Predictor {
public:
    ClusterPredictor(std::size_t members, std::uint32_t warmup, std::span<const std::string> stages,
                     std::size_t clusters)
        : Predictor(members),
          stages_(stages, members),
          clusters_(stages_.outputs(), clusters),
          prediction_{.member = Prediction::no_member},
          warmup_(warmup) {}

    void expect(std::uint64_t, const Spreads&, std::int16_t) noexcept override {}
    bool needs_spreads() const noexcept override { return false; }

    void take(const Row& row) noexcept override {
        const std::uint64_t all = UINT64_MAX >> (features_max - members_);
        std::copy(row.standardised.begin(), row.standardised.end(), room_.begin());
        inputs_ = {.values = std::span<const float>(room_).first(members_), .missing = all & ~row.known};
        behind_ = stages_.apply(inputs_, behind_room_);
        const Stages::Clusters::Nearest nearest = clusters_.nearest(behind_.values);
        distance_ = std::sqrt(nearest.distance);
        prediction_ = {.member = Prediction::no_member, .has_predicted = clusters_.started() && row.known != 0};
        prediction_.predicted = nearest.label;
        if (prediction_.has_predicted) figures_.add(static_cast<double>(distance_), 0.0);
        score_ = {.score = 0, .warm = prediction_.has_predicted && learned_ >= warmup_};
        if (score_.warm) score_.score = score_of(distances_.rarity(distance_));
    }
    std::span<const Prediction> predictions() const noexcept override { return std::span(&prediction_, 1); }
    const NumberFigures* numbers(std::size_t) const noexcept override { return &figures_; }

    // The standardisation has to be about right, or the first rows are not told apart.
    std::uint32_t settling() const noexcept override { return 32; }
    Score score(const Observation&) const noexcept override { return score_; }
    void learn(const Observation&) noexcept override {
        if (prediction_.has_predicted && learned_ >= warmup_ / 2) distances_.add(distance_);
        if (stages_.settled()) clusters_.learn(behind_.values);
        stages_.learn(inputs_, 0.0F);
        if (learned_ != UINT32_MAX) ++learned_;
    }
    void pass(const Observation&) noexcept override {}
    std::uint32_t learned() const noexcept override { return learned_; }

    void snapshot(ByteWriter& out) const noexcept override {
        frame().write(out, [this](ByteWriter& body) {
            body.put(learned_);
            stages_.write(body);
            clusters_.write(body);
            distances_.write(body);
        });
    }
    bool restore(ByteReader& in) noexcept override {
        std::optional<ByteReader> body = frame().read(in);
        if (!body) return false;
        learned_ = body->get<std::uint32_t>();
        if (!body->ok() || !stages_.read(*body) || !clusters_.read(*body)) return false;
        distances_.read(*body);
        return body->ok() && body->left() == 0;
    }
    std::size_t snapshot_bytes() const noexcept override { return frame().bytes(); }
    std::size_t bytes() const noexcept override { return sizeof(*this) + stages_.bytes(); }
    void reset() noexcept override {
        stages_.reset();
        clusters_ = Stages::Clusters(clusters_.inputs(), clusters_.clusters());
        distances_ = {};
        learned_ = 0;
        prediction_ = {.member = Prediction::no_member};
        score_ = {};
        figures_ = {};
    }
    std::string_view name() const noexcept override { return Stages::Clusters::name; }

protected:
    void write_own_row(ByteWriter& out) const noexcept override { figures_.write(out); }
    void read_own_row(ByteReader& in) noexcept override { figures_.read(in); }
    std::size_t own_row_bytes() const noexcept override { return NumberFigures::written_bytes; }

private:
    SnapshotFrame frame() const noexcept {
        const std::size_t body = 4 + stages_.written_bytes() + clusters_.written_bytes() + TailHistogram::written_bytes;
        return {.magic = 0x4c435052,  // "RPCL"
                .version = 1,
                .inputs = static_cast<std::uint16_t>(members_),
                .body_bytes = static_cast<std::uint32_t>(body)};
    }

    Stages stages_;
    Stages::Clusters clusters_;
    TailHistogram distances_;
    Prediction prediction_;
    std::uint32_t warmup_;
    std::uint32_t learned_ = 0;
    Score score_;
    NumberFigures figures_;
    std::array<float, features_max> room_{};  // the row, which inputs_ points to
    Features inputs_;
    Stages::Room behind_room_{};
    Features behind_;     // the stages
    float distance_ = 0;  // of the row
};

}  // namespace

std::unique_ptr<Predictor> make_cluster_predictor(const GroupSettings& settings) {
    const std::size_t members = settings.channels.size();
    if (members == 0 || members > features_max || settings.stages.empty()) return nullptr;
    const Outcome<Stage> last = parse_stage(settings.stages.back());
    if (!last || last->kind != Stage::Kind::kmeans || !outputs_of(settings.stages, members)) return nullptr;
    return std::make_unique<ClusterPredictor>(
        members, settings.warmup_readings, std::span(settings.stages).first(settings.stages.size() - 1), last->count);
}

}  // namespace redshank
