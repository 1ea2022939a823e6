#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "model/learner.hpp"
#include "model/observation.hpp"

namespace redshank {

// score: for rules, in [0, 1], 0 while the model is not warm. Higher is stranger, and one scale serves every stream and
// age: from 0.8 on the observation is practically unlike any that was learned lately, below 0.5 it is ordinary.
struct Score {
    float score = 0;
    bool warm = false;
};

// An online model of what is normal for a group of channels. Every model passes the contract suite,
// tests/model/model_contract.hpp: what a Learner keeps, and scoring changes nothing.
//   Shape: as many members as given at construction, in every observation.
class Model : public Learner {
public:
    virtual Score score(const Observation& observation) const noexcept = 0;
    // One of the two after each score, so that it scored unseen data. What shall not become normal is passed: it is
    // what came before the next observation, and nothing else.
    virtual void learn(const Observation& observation) noexcept = 0;
    virtual void pass(const Observation& observation) noexcept = 0;
    virtual std::uint32_t learned() const noexcept = 0;  // observations; stops at 2^32 - 1
    // Observations of a new group that are passed: the first ones are standardised by a mean and a deviation of next to
    // nothing. 0 for a model that looks at the values alone.
    virtual std::uint32_t settling() const noexcept = 0;
};

// Names that a configuration may give a model, for groups of up to `members_most` channels; "auto" is the first.
struct ModelKind {
    std::string_view name;
    std::size_t members_most;
};
std::span<const ModelKind> model_kinds() noexcept;

// nullptr for a name that no model has or a number of members that it does not take. warmup: observations learned
// before the score counts. Allocates: call before the seal.
std::unique_ptr<Model> make_model(std::string_view name, std::size_t members, std::uint32_t warmup);

}  // namespace redshank
