#include "model/model.hpp"

#include <array>

#include "model/group_detector.hpp"
#include "model/pca_model.hpp"
#include "model/quantity_detector.hpp"

namespace redshank {

std::span<const ModelKind> model_kinds() noexcept {
    static constexpr std::array kinds{
        ModelKind{"auto", group_members_most},
        ModelKind{"pca", PcaModel::members_most},
    };
    return kinds;
}

std::unique_ptr<Model> make_model(std::string_view name, std::size_t members, std::uint32_t warmup) {
    if (members == 0) return nullptr;
    if (name == "auto" && members == 1) return std::make_unique<QuantityDetector>(warmup);
    if (name == "auto" && members <= 16) return std::make_unique<GroupDetector<16>>(members, warmup);
    if (name == "auto" && members <= 64) return std::make_unique<GroupDetector<64>>(members, warmup);
    if (name == "pca" && members <= PcaModel::members_most) return std::make_unique<PcaModel>(members, warmup);
    return nullptr;
}

}  // namespace redshank
