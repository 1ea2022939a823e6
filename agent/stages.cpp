#include "agent/stages.hpp"

#include <algorithm>
#include <cmath>

namespace redshank {

namespace {

constexpr std::uint32_t components_settled = 96;  // vectors
constexpr float variance_least = 1e-4F;           // of a feature worth selecting, in squared deviations

template <class... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;  // clang 14 does not find it by itself

using Dense = std::array<float, features_max>;

std::span<const float> dense(const Features& features, Dense& room) noexcept {
    for (std::size_t i = 0; i < features.values.size(); ++i) room[i] = features.or_mean(i);
    return std::span<const float>(room).first(features.values.size());
}

void project(const Pca& pca, std::span<const float> inputs, std::span<float> out) noexcept {
    const Pca::Vector& mean = pca.mean();
    const Pca::Columns& components = pca.components();
    for (std::size_t column = 0; column < out.size(); ++column) {
        float along = 0;
        for (std::size_t row = 0; row < inputs.size(); ++row) {
            const auto at = static_cast<Eigen::Index>(row);
            along += components(at, static_cast<Eigen::Index>(column)) * (inputs[row] - mean(at));
        }
        out[column] = along;
    }
}

}  // namespace

Stages::Stages(std::span<const std::string> stages, std::size_t inputs) : outputs_(inputs) {
    stages_.reserve(stages.size());
    for (const std::string& text : stages) {
        const Outcome<Stage> stage = parse_stage(text);
        if (!stage) continue;
        switch (stage->kind) {
            case Stage::Kind::standardise:
                continue;
            case Stage::Kind::pca:
                stages_.emplace_back(Components{Pca(outputs_), stage->count});
                break;
            case Stage::Kind::kmeans:
                stages_.emplace_back(Clusters(outputs_, stage->count));
                break;
            case Stage::Kind::fourier:
                stages_.emplace_back(
                    Fourier{RandomFourierFeatures<stage_inputs_most, fourier_width>(outputs_), stage->count});
                break;
            case Stage::Kind::select:
                stages_.emplace_back(Selection{FeatureSelection<features_max>(outputs_), stage->count});
                continue;
        }
        outputs_ = stage->count;
    }
}

bool Stages::settled() const noexcept {
    return std::all_of(stages_.begin(), stages_.end(), [](const Each& stage) {
        const auto* const components = std::get_if<Components>(&stage);
        return components == nullptr || components->pca.learned() >= components_settled;
    });
}

Features Stages::applied(const Each& stage, const Features& features, Room& room) noexcept {
    Dense dense_room{};
    const auto first_of_room = [&](std::size_t count) { return Features{std::span<const float>(room).first(count)}; };
    return std::visit(
        Overloaded{[&](const Components& components) {
                       project(components.pca, dense(features, dense_room), std::span(room).first(components.count));
                       return first_of_room(components.count);
                   },
                   [&](const Clusters& clusters) {
                       const std::span<const float> inputs = dense(features, dense_room);
                       const std::span<float> distances = std::span(room).first(clusters.clusters());
                       clusters.distances(inputs, distances);
                       for (float& distance : distances) distance = std::sqrt(distance);
                       return first_of_room(clusters.clusters());
                   },
                   [&](const Fourier& fourier) {
                       fourier.map.map(Features{dense(features, dense_room)}, room);
                       return first_of_room(fourier.count);
                   },
                   [&](const Selection& selection) {
                       const std::uint64_t selected =
                           selection.features.selected(variance_least, 0.0F, selection.count);
                       // Nothing varies yet: nothing to choose by.
                       return selected == 0 ? features : Features{features.values, features.missing | ~selected};
                   }},
        stage);
}

Features Stages::apply(const Features& features, Room& room) const noexcept {
    Features at = features;
    for (const Each& stage : stages_) at = applied(stage, at, room);
    return at;
}

void Stages::learn(const Features& features, float target) noexcept {
    std::array<Room, stages_most> rooms{};
    Features before = features;
    bool ready = true;  // the stages so far
    for (std::size_t i = 0; i < stages_.size(); ++i) {
        Each& stage = stages_[i];
        const bool last = i + 1 == stages_.size();  // nobody learns from what is behind it
        const Features behind = last ? Features{} : applied(stage, before, rooms[i]);
        Dense dense_room{};
        std::visit(Overloaded{[&](Components& components) {
                                  components.pca.learn(dense(before, dense_room));
                                  ready = ready && components.pca.learned() >= components_settled;
                              },
                              [&](Clusters& clusters) {
                                  if (ready) clusters.learn(dense(before, dense_room));
                              },
                              [](Fourier&) {}, [&](Selection& selection) { selection.features.learn(before, target); }},
                   stage);
        before = behind;
    }
}

void Stages::write(ByteWriter& out) const noexcept {
    for (const Each& stage : stages_) {
        std::visit(Overloaded{[&](const Components& components) { components.pca.write(out); },
                              [&](const Clusters& clusters) { clusters.write(out); }, [](const Fourier&) {},
                              [&](const Selection& selection) { selection.features.write(out); }},
                   stage);
    }
}

bool Stages::read(ByteReader& in) noexcept {
    return std::all_of(stages_.begin(), stages_.end(), [&](Each& stage) {
        return std::visit(
            Overloaded{[&](Components& components) { return components.pca.read(in); },
                       [&](Clusters& clusters) { return clusters.read(in) && in.ok(); }, [](Fourier&) { return true; },
                       [&](Selection& selection) { return selection.features.read(in) && in.ok(); }},
            stage);
    });
}

void Stages::reset() noexcept {
    for (Each& stage : stages_) {
        std::visit(Overloaded{[](Components& components) { components.pca = Pca(components.pca.inputs()); },
                              [](Clusters& clusters) { clusters = Clusters(clusters.inputs(), clusters.clusters()); },
                              [](Fourier&) {}, [](Selection& selection) { selection.features.reset(); }},
                   stage);
    }
}

std::size_t Stages::written_bytes() const noexcept {
    std::size_t bytes = 0;
    for (const Each& stage : stages_) {
        bytes += std::visit(
            Overloaded{[](const Components& components) { return Pca::written_bytes(components.pca.inputs()); },
                       [](const Clusters& clusters) { return clusters.written_bytes(); },
                       [](const Fourier&) { return std::size_t{0}; },
                       [](const Selection& selection) { return selection.features.written_bytes(); }},
            stage);
    }
    return bytes;
}

}  // namespace redshank
