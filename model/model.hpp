#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "model/bytes.hpp"

namespace redshank {

inline constexpr std::size_t model_inputs_max = 16;  // values times lags

// score: for rules, in [0, 1], 0 while the model is not warm. Higher is stranger, and one scale serves every stream and
// age: from 0.8 on the vector is practically unlike any that was learned lately, below 0.5 it is ordinary.
struct Score {
    float score = 0;
    bool warm = false;
};

// An online model of what is normal for a vector of standardised values. Every model passes the contract suite,
// tests/model/model_contract.hpp: same input same bytes; scoring changes nothing; snapshot and restore continue
// exactly; NaN-free under any finite input; memory fixed at construction, nothing allocated after.
//   Inputs: as many as given at construction (1 to model_inputs_max), finite, standardised.
//   Thread: the pipeline's.
class Model {
public:
    virtual ~Model() = default;
    virtual Score score(std::span<const float> inputs) const noexcept = 0;
    // After score, so that it scored unseen data. What shall not become normal is not given here: the caller decides.
    virtual void learn(std::span<const float> inputs) noexcept = 0;

    // Appends at most snapshot_bytes_max(name()) bytes, which say what they are and carry a checksum; with less room
    // out.ok() is false.
    virtual void snapshot(ByteWriter& out) const noexcept = 0;
    // Takes exactly what snapshot() wrote. false: not an intact snapshot of this model and number of inputs; the state
    // is undefined then until reset(). The warm-up is that of the construction, not the snapshot's.
    virtual bool restore(ByteReader& in) noexcept = 0;

    virtual std::size_t bytes() const noexcept = 0;      // memory held, all of it
    virtual void reset() noexcept = 0;                   // as constructed: slots are used again for other groups
    virtual std::string_view name() const noexcept = 0;  // the model's own, never "auto"
};

// "pca" or "auto" (which is the PCA); nullptr for a name that no model has. warmup: readings learned before the score
// counts; the second half of them calibrates it. Allocates: call before the seal.
std::unique_ptr<Model> make_model(std::string_view name, std::size_t inputs, std::uint32_t warmup);

// For any number of inputs; 0 for a name that no model has.
std::size_t snapshot_bytes_max(std::string_view name) noexcept;

}  // namespace redshank
