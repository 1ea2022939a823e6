#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/calibration.hpp"
#include "model/lags.hpp"
#include "model/model.hpp"
#include "model/pca.hpp"
#include "model/snapshot_frame.hpp"

namespace redshank {

// The principal components of standardised members and their last values. T2 and SPE are each calibrated by their own
// past, from the second half of the warm-up on; the larger counts, because a fault shows in either alone.
class PcaModel final : public Model {
public:
    static constexpr std::size_t members_most = Lags::inputs_max;

    PcaModel(std::size_t members, std::uint32_t warmup) noexcept;

    Score score(const Observation& observation) const noexcept override;
    void learn(const Observation& observation) noexcept override;
    void pass(const Observation& observation) noexcept override;
    std::uint32_t learned() const noexcept override { return pca_.learned(); }
    std::uint32_t settling() const noexcept override { return 32; }

    void snapshot(ByteWriter& out) const noexcept override;
    bool restore(ByteReader& in) noexcept override;
    std::size_t snapshot_bytes() const noexcept override { return frame().bytes(); }
    std::size_t bytes() const noexcept override { return sizeof(*this); }
    void reset() noexcept override;
    std::string_view name() const noexcept override { return "pca"; }

private:
    SnapshotFrame frame() const noexcept;

    Lags lags_;
    Pca pca_;
    TailHistogram t2_;
    TailHistogram spe_;
    std::uint32_t warmup_;
};

static_assert(sizeof(PcaModel) <= 8192);

}  // namespace redshank
