#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/bytes.hpp"
#include "model/features.hpp"

namespace redshank {

class Candidates;

// What every online learner keeps, whatever it learns; the contract suite is tests/model/learner_contract.hpp.
//   Same input, same bytes on every board; NaN-free under any finite input; memory fixed at construction, nothing
//   allocated after; snapshot and restore continue exactly.
//   Thread: the owner's.
class Learner {
public:
    virtual ~Learner() = default;

    // Appends exactly snapshot_bytes() bytes in a SnapshotFrame; with less room out.ok() is false.
    virtual void snapshot(ByteWriter& out) const noexcept = 0;
    // Takes exactly what snapshot() wrote. false: not an intact snapshot of this learner and shape; the state is
    // undefined then until reset().
    virtual bool restore(ByteReader& in) noexcept = 0;
    virtual std::size_t snapshot_bytes() const noexcept = 0;

    virtual std::size_t bytes() const noexcept = 0;      // memory held, all of it
    virtual void reset() noexcept = 0;                   // as constructed
    virtual std::string_view name() const noexcept = 0;  // as in the configuration: "hoeffding-tree"
    virtual const Candidates* candidates() const noexcept {
        return nullptr;
    }  // where it is several of which one answers
};

// Learns a number. Target: standardised like the features, any finite float.
class Regressor : public Learner {
public:
    virtual float predict(const Features& features) const noexcept = 0;  // finite
    virtual void learn(const Features& features, float target) noexcept = 0;
};

inline constexpr std::size_t classes_max = 16;

// Learns a class, 0 to classes - 1.
class Classifier : public Learner {
public:
    // A share for each class, as many as classes(): finite, not negative, their sum 1 within rounding. Equal shares
    // before anything was learned.
    virtual void shares(const Features& features, std::span<float> out) const noexcept = 0;
    virtual void learn(const Features& features, std::uint8_t actual) noexcept = 0;
    virtual std::size_t classes() const noexcept = 0;

    // The class with the largest share, the lowest of equals.
    std::uint8_t classify(const Features& features) const noexcept;
};

}  // namespace redshank
