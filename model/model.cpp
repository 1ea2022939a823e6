#include "model/model.hpp"

#include <algorithm>
#include <cassert>

#include "model/calibration.hpp"
#include "model/fnv1a.hpp"
#include "model/pca.hpp"

namespace redshank {
namespace {

// Snapshot: u32 magic, u16 version, u16 inputs, u32 size of the body, body, u64 FNV-1a of all before.
constexpr std::uint32_t snapshot_magic = 0x41435052;  // "RPCA"
constexpr std::uint16_t snapshot_version = 1;
constexpr std::size_t head_bytes = 12;
constexpr std::size_t checksum_bytes = 8;

constexpr std::size_t body_bytes_for(std::size_t inputs) noexcept {
    return Pca::written_bytes(inputs) + 2 * TailHistogram::written_bytes;
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
        const std::size_t start = out.used();
        out.put(snapshot_magic);
        out.put(snapshot_version);
        out.put(static_cast<std::uint16_t>(pca_.inputs()));
        out.put(static_cast<std::uint32_t>(body_bytes()));
        pca_.write(out);
        t2_.write(out);
        spe_.write(out);
        if (!out.ok()) return;
        assert(out.used() - start == head_bytes + body_bytes());
        out.put(fnv1a(out.written().subspan(start)));
    }

    bool restore(ByteReader& in) noexcept override {
        const auto whole = in.get_bytes(head_bytes + body_bytes());
        const auto checksum = in.get<std::uint64_t>();
        if (!in.ok() || checksum != fnv1a(whole)) return false;

        ByteReader parts(whole);
        if (parts.get<std::uint32_t>() != snapshot_magic || parts.get<std::uint16_t>() != snapshot_version ||
            parts.get<std::uint16_t>() != pca_.inputs() || parts.get<std::uint32_t>() != body_bytes()) {
            return false;
        }
        if (!pca_.read(parts)) return false;
        t2_.read(parts);
        spe_.read(parts);
        return parts.ok() && parts.left() == 0;
    }

    std::size_t bytes() const noexcept override { return sizeof(*this); }
    void reset() noexcept override { *this = PcaModel(pca_.inputs(), warmup_); }
    std::string_view name() const noexcept override { return "pca"; }

private:
    std::size_t body_bytes() const noexcept { return body_bytes_for(pca_.inputs()); }

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
    return head_bytes + body_bytes_for(model_inputs_max) + checksum_bytes;
}

}  // namespace redshank
