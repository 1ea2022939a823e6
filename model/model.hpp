#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "model/bytes.hpp"

namespace redshank {

inline constexpr std::size_t model_inputs_max = 16;  // values times lags

// score: for rules, in [0, 1], 0 while the model is not warm. Higher is stranger.
struct Score {
    float score = 0;
    bool warm = false;
};

// An online model of what is normal for a vector of standardised values. Every model passes tests/model's contract
// suite: same input same bytes; scoring changes nothing; snapshot and restore continue exactly; NaN-free under any
// finite input; memory fixed at construction, nothing allocated after.
//   Inputs: as many as given at construction (1 to model_inputs_max), finite, standardised.
//   Thread: the pipeline's.
class Model {
public:
    virtual ~Model() = default;
    virtual Score score(std::span<const float> inputs) const noexcept = 0;
    virtual void learn(std::span<const float> inputs) noexcept = 0;  // after score: it scored unseen data
    virtual void snapshot(ByteWriter& out) const noexcept = 0;
    virtual bool restore(ByteReader& in) noexcept = 0;  // false: not a snapshot of this model and size; state undefined
    virtual std::size_t bytes() const noexcept = 0;     // memory held, all of it
    virtual void reset() noexcept = 0;                  // as constructed: slots are used again for other groups
    virtual std::string_view name() const noexcept = 0;
};

// "pca" or "auto" (which is the PCA); nullptr for a name that no model has. warmup: readings learned before the score
// counts. Allocates: call before the seal.
std::unique_ptr<Model> make_model(std::string_view name, std::size_t inputs, std::uint32_t warmup);
std::size_t snapshot_bytes_max(std::string_view name) noexcept;

}  // namespace redshank
