#include "model/pca_model.hpp"

#include <algorithm>
#include <optional>

namespace redshank {

PcaModel::PcaModel(std::size_t members, std::uint32_t warmup) noexcept
    : lags_(members), pca_(members * Lags::lags_for(members)), warmup_(warmup) {}

Score PcaModel::score(const Observation& observation) const noexcept {
    if (pca_.learned() < warmup_) return {};
    const Lags::Inputs inputs = lags_.before(observation.standardised);
    const Pca::Distances distances = pca_.measure(lags_.in_use(inputs));
    return {score_of(std::max(t2_.rarity(distances.t2), spe_.rarity(distances.spe))), true};
}

void PcaModel::learn(const Observation& observation) noexcept {
    const Lags::Inputs inputs = lags_.before(observation.standardised);
    // Not in the first half of the warm-up, where the components still turn and all is far from them.
    if (pca_.learned() >= warmup_ / 2) {
        const Pca::Distances distances = pca_.measure(lags_.in_use(inputs));
        t2_.add(distances.t2);
        spe_.add(distances.spe);
    }
    pca_.learn(lags_.in_use(inputs));
    pass(observation);
}

void PcaModel::pass(const Observation& observation) noexcept {
    lags_.push(observation.standardised);
}

SnapshotFrame PcaModel::frame() const noexcept {
    const std::size_t body_bytes =
        lags_.written_bytes() + Pca::written_bytes(pca_.inputs()) + 2 * TailHistogram::written_bytes;
    return {.magic = 0x41435052,  // "RPCA"
            .version = 2,
            .inputs = static_cast<std::uint16_t>(lags_.members()),
            .body_bytes = static_cast<std::uint32_t>(body_bytes)};
}

void PcaModel::snapshot(ByteWriter& out) const noexcept {
    frame().write(out, [this](ByteWriter& body) {
        lags_.write(body);
        pca_.write(body);
        t2_.write(body);
        spe_.write(body);
    });
}

bool PcaModel::restore(ByteReader& in) noexcept {
    std::optional<ByteReader> body = frame().read(in);
    if (!body) return false;
    lags_.read(*body);
    if (!body->ok() || !pca_.read(*body)) return false;
    t2_.read(*body);
    spe_.read(*body);
    return body->ok() && body->left() == 0;
}

void PcaModel::reset() noexcept {
    *this = PcaModel(lags_.members(), warmup_);
}

}  // namespace redshank
