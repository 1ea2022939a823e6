#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "model/bytes.hpp"
#include "model/model.hpp"
#include "model/preprocess.hpp"

namespace redshank {

// The model's input: the newest standardised values of a group's members followed by their earlier ones, newest first.
// `lags_for(members)` values per member so that the vector fills at most model_inputs_max.
//   Invariant: inputs() is finite and has members * lags values; before enough history the oldest known stand in.
class Lags {
public:
    explicit Lags(std::size_t members) noexcept;
    static std::size_t lags_for(std::size_t members) noexcept;  // 1: 8, 2: 8, 3: 5, 4: 4, 5: 3, 6..8: 2, 9..16: 1

    void push(std::span<const StandardisedQ16> members) noexcept;
    std::span<const float> inputs() const noexcept;

    void write(ByteWriter& out) const noexcept;
    void read(ByteReader& in) noexcept;

private:
    // state: to be laid out by the implementation
};

// `anomaly_score` of a score: repeats suppressed. A score passes only if it is above the largest that passed in the
// last 100; else 0.
class Suppression {
public:
    float pass(float score) noexcept;
    void write(ByteWriter& out) const noexcept;
    void read(ByteReader& in) noexcept;

private:
    // state: to be laid out by the implementation
};

}  // namespace redshank
