#include "agent/stages.hpp"

#include <algorithm>

namespace redshank {

Stages::Stages(std::span<const std::string> stages, std::size_t inputs) : outputs_(inputs) {
    stages_.reserve(stages.size());
    for (const std::string& text : stages) {
        const Outcome<Stage> stage = parse_stage(text);
        if (!stage || stage->kind != Stage::Kind::pca) continue;
        stages_.push_back({Pca(outputs_), stage->count});
        outputs_ = stage->count;
    }
}

void Stages::PcaStage::project(std::span<const float> inputs, Room& room) const noexcept {
    const Pca::Vector& mean = pca.mean();
    const Pca::Columns& components = pca.components();
    Room along{};
    for (std::size_t column = 0; column < count; ++column) {
        for (std::size_t row = 0; row < inputs.size(); ++row) {
            const auto at = static_cast<Eigen::Index>(row);
            along[column] += components(at, static_cast<Eigen::Index>(column)) * (inputs[row] - mean(at));
        }
    }
    room = along;
}

Features Stages::apply(const Features& features, Room& room) const noexcept {
    if (stages_.empty()) return features;
    const std::size_t inputs = stages_.front().pca.inputs();
    for (std::size_t i = 0; i < inputs; ++i) room[i] = features.or_mean(i);
    for (const PcaStage& stage : stages_) stage.project(std::span(room).first(stage.pca.inputs()), room);
    return {.values = std::span<const float>(room).first(outputs_)};
}

void Stages::learn(const Features& features) noexcept {
    if (stages_.empty()) return;
    Room room{};
    const std::size_t inputs = stages_.front().pca.inputs();
    for (std::size_t i = 0; i < inputs; ++i) room[i] = features.or_mean(i);
    for (PcaStage& stage : stages_) {
        const std::span<const float> now = std::span<const float>(room).first(stage.pca.inputs());
        Room behind{};
        stage.project(now, behind);
        stage.pca.learn(now);
        room = behind;
    }
}

void Stages::write(ByteWriter& out) const noexcept {
    for (const PcaStage& stage : stages_) stage.pca.write(out);
}

bool Stages::read(ByteReader& in) noexcept {
    return std::all_of(stages_.begin(), stages_.end(), [&](PcaStage& stage) { return stage.pca.read(in); });
}

void Stages::reset() noexcept {
    for (PcaStage& stage : stages_) stage.pca = Pca(stage.pca.inputs());
}

std::size_t Stages::written_bytes() const noexcept {
    std::size_t bytes = 0;
    for (const PcaStage& stage : stages_) bytes += Pca::written_bytes(stage.pca.inputs());
    return bytes;
}

}  // namespace redshank
