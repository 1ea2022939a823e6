#include "model/model.hpp"

#include <array>

#include "model/pca_model.hpp"
#include "model/quantity_detector.hpp"

namespace redshank {

std::span<const ModelKind> model_kinds() noexcept {
    static constexpr std::array kinds{
        ModelKind{"auto", PcaModel::members_most},
        ModelKind{"pca", PcaModel::members_most},
    };
    return kinds;
}

std::unique_ptr<Model> make_model(std::string_view name, std::size_t members, std::uint32_t warmup) {
    if (members == 0) return nullptr;
    if (name == "auto" && members == 1) return std::make_unique<QuantityDetector>(warmup);
    if ((name == "pca" || name == "auto") && members <= PcaModel::members_most) {
        return std::make_unique<PcaModel>(members, warmup);
    }
    return nullptr;
}

}  // namespace redshank
