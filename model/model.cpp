#include "model/model.hpp"

#include <array>

#include "model/autoencoder.hpp"
#include "model/distance_model.hpp"
#include "model/group_detector.hpp"
#include "model/half_space_trees.hpp"
#include "model/k_means.hpp"
#include "model/neighbour_distance.hpp"
#include "model/pca_model.hpp"
#include "model/quantity_detector.hpp"

namespace redshank {
namespace {

// A name and the model that is a distance and nothing else; a new one is a line here.
struct DistanceEntry {
    ModelKind kind;
    std::unique_ptr<Model> (*make)(std::size_t members, std::uint32_t warmup);
};

template <class Detector>
constexpr DistanceEntry entry_of() {
    return {{Detector::name, DistanceModel<Detector>::members_most},
            [](std::size_t members, std::uint32_t warmup) -> std::unique_ptr<Model> {
                return std::make_unique<DistanceModel<Detector>>(members, warmup);
            }};
}

constexpr std::array distances{
    entry_of<HalfSpaceTrees>(),
    entry_of<KMeans<Lags::inputs_max, 8>>(),
    entry_of<NeighbourDistance>(),
    entry_of<Autoencoder>(),
};

}  // namespace

std::span<const ModelKind> model_kinds() noexcept {
    static constexpr std::array kinds{
        ModelKind{"auto", group_members_most},
        ModelKind{"pca", PcaModel::members_most},
        distances[0].kind,
        distances[1].kind,
        distances[2].kind,
        distances[3].kind,
    };
    static_assert(kinds.size() == 2 + distances.size());
    return kinds;
}

std::unique_ptr<Model> make_model(std::string_view name, std::size_t members, std::uint32_t warmup) {
    if (members == 0) return nullptr;
    if (name == "auto" && members == 1) return std::make_unique<QuantityDetector>(warmup);
    if (name == "auto" && members <= 16) return std::make_unique<GroupDetector<16>>(members, warmup);
    if (name == "auto" && members <= 64) return std::make_unique<GroupDetector<64>>(members, warmup);
    if (name == "pca" && members <= PcaModel::members_most) return std::make_unique<PcaModel>(members, warmup);
    for (const DistanceEntry& entry : distances) {
        if (entry.kind.name == name && members <= entry.kind.members_most) return entry.make(members, warmup);
    }
    return nullptr;
}

}  // namespace redshank
