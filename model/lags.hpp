#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "model/bytes.hpp"
#include "model/model.hpp"
#include "model/preprocess.hpp"

namespace redshank {

// The model's input: the newest standardised values of a group's members followed by their earlier ones, newest first;
// members stay together, so that input [lag * members + member]. `lags_for(members)` values per member so that the
// vector fills at most model_inputs_max.
//   Units: deviations; clamped to +-16, where every Q16 value is exactly a float: one outlier must not own a model.
//   Invariant: inputs() is finite and has members * lags values; before enough history the oldest known stand in, zeros
//   before any.
class Lags {
public:
    // members in 1..model_inputs_max; the nearest of them else.
    explicit Lags(std::size_t members) noexcept;
    static std::size_t lags_for(std::size_t members) noexcept;  // 1: 8, 2: 8, 3: 5, 4: 4, 5: 3, 6..8: 2, 9..16: 1

    void push(std::span<const StandardisedQ16> members) noexcept;  // as many as at construction
    std::span<const float> inputs() const noexcept;

    void write(ByteWriter& out) const noexcept;
    void read(ByteReader& in) noexcept;  // what no writer wrote makes in.ok() false

private:
    std::size_t members_;
    std::size_t lags_;
    bool filled_ = false;
    std::array<StandardisedQ16, model_inputs_max> values_{};
    std::array<float, model_inputs_max> inputs_{};  // values_ as floats

    void refresh() noexcept;
};

}  // namespace redshank
