#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "model/learner.hpp"

namespace redshank {

// Several learners of which one answers (model/champion.hpp), as people see them. Thread: the learner's owner.
class Candidates {
public:
    static constexpr std::string_view learner_name = "champion";  // of the learner that they are together
    static constexpr std::size_t most = 4;

    virtual ~Candidates() = default;
    virtual std::size_t count() const noexcept = 0;
    virtual std::string_view name_of(std::size_t candidate) const noexcept = 0;
    virtual float loss_of(std::size_t candidate) const noexcept = 0;  // fading; 0 before the first event
    virtual std::size_t answering() const noexcept = 0;
};

// Learners of one shape that learn every event side by side; the one with the least prequential loss answers, once it
// has been ahead for a while. Loss of a class: 1 when wrong, 0 when right; of a number: the squared error.
//   Shape: 2 to Candidates::most, all for the same inputs and classes. Memory: theirs, and what the losses take.
//   Thread: the owner's. Errors: a snapshot of other candidates, or of these in another order, is refused.
std::unique_ptr<Classifier> make_champion(std::vector<std::unique_ptr<Classifier>> candidates);
std::unique_ptr<Regressor> make_champion(std::vector<std::unique_ptr<Regressor>> candidates);

}  // namespace redshank
