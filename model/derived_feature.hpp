#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/rolling_window.hpp"

namespace redshank {

// "difference", "rate", "increase", "counter_rate", and over the last N readings "mean:N", "rms:N", "variance:N",
// "min:N", "max:N", "slope:N" with N from 2 to 64.
std::optional<DerivedFeature> parse_feature(std::string_view text) noexcept;
std::string_view name_of(DerivedFeature::Kind kind) noexcept;  // "mean": what the derived channel's name ends in

}  // namespace redshank
