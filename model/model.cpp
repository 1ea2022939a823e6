#include "model/model.hpp"

#include <algorithm>
#include <optional>

#include "model/calibration.hpp"
#include "model/pca.hpp"
#include "model/snapshot_frame.hpp"

namespace redshank {
namespace {

constexpr SnapshotFrame frame_for(std::size_t inputs) noexcept {
    return {.magic = 0x41435052,  // "RPCA"
            .version = 1,
            .inputs = static_cast<std::uint16_t>(inputs),
            .body_bytes = static_cast<std::uint32_t>(Pca::written_bytes(inputs) + 2 * TailHistogram::written_bytes)};
}

// T2 and SPE, each calibrated by its own past; the larger counts, because a fault shows in either alone.
class PcaModel final : public Model {
public:
    PcaModel(std::size_t inputs, std::uint32_t warmup) noexcept : pca_(inputs), warmup_(warmup) {}

    Score score(std::span<const float> inputs) const noexcept override {
        if (pca_.learned() < warmup_) return {};
        const Pca::Distances distances = pca_.measure(inputs);
        return {score_of(std::max(t2_.rarity(distances.t2), spe_.rarity(distances.spe))), true};
    }

    void learn(std::span<const float> inputs) noexcept override {
        // Not in the first half of the warm-up, where the components still turn and all is far from them.
        if (pca_.learned() >= warmup_ / 2) {
            const Pca::Distances distances = pca_.measure(inputs);
            t2_.add(distances.t2);
            spe_.add(distances.spe);
        }
        pca_.learn(inputs);
    }

    void snapshot(ByteWriter& out) const noexcept override {
        frame_for(pca_.inputs()).write(out, [this](ByteWriter& body) {
            pca_.write(body);
            t2_.write(body);
            spe_.write(body);
        });
    }

    bool restore(ByteReader& in) noexcept override {
        std::optional<ByteReader> body = frame_for(pca_.inputs()).read(in);
        if (!body || !pca_.read(*body)) return false;
        t2_.read(*body);
        spe_.read(*body);
        return body->ok() && body->left() == 0;
    }

    std::size_t bytes() const noexcept override { return sizeof(*this); }
    void reset() noexcept override { *this = PcaModel(pca_.inputs(), warmup_); }
    std::string_view name() const noexcept override { return "pca"; }

private:
    Pca pca_;
    TailHistogram t2_;
    TailHistogram spe_;
    std::uint32_t warmup_;
};

static_assert(sizeof(PcaModel) <= 8192);

bool is_pca(std::string_view name) noexcept {
    return name == "pca" || name == "auto";
}

}  // namespace

std::unique_ptr<Model> make_model(std::string_view name, std::size_t inputs, std::uint32_t warmup) {
    if (is_pca(name)) return std::make_unique<PcaModel>(inputs, warmup);
    return nullptr;
}

std::size_t snapshot_bytes_max(std::string_view name) noexcept {
    if (!is_pca(name)) return 0;
    return frame_for(model_inputs_max).bytes();
}

}  // namespace redshank
