#include "model/derived_feature.hpp"

#include <array>
#include <charconv>

namespace redshank {

namespace {

constexpr std::array<std::string_view, 10> names = {"difference", "rate",     "increase", "counter_rate", "mean",
                                                    "rms",        "variance", "min",      "max",          "slope"};
constexpr std::size_t first_with_readings = 4;

}  // namespace

std::string_view name_of(DerivedFeature::Kind kind) noexcept {
    return names[static_cast<std::size_t>(kind)];
}

std::optional<DerivedFeature> parse_feature(std::string_view text) noexcept {
    const std::size_t colon = text.find(':');
    const std::string_view name = text.substr(0, colon);
    for (std::size_t kind = 0; kind < names.size(); ++kind) {
        if (names[kind] != name) continue;
        DerivedFeature feature{static_cast<DerivedFeature::Kind>(kind), 2};
        if ((colon != std::string_view::npos) != (kind >= first_with_readings)) return std::nullopt;
        if (colon == std::string_view::npos) return feature;
        const std::string_view digits = text.substr(colon + 1);
        const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), feature.readings);
        const bool whole = end.ec == std::errc() && end.ptr == digits.data() + digits.size();
        const bool possible = feature.readings >= 2 && feature.readings <= RollingWindow::most;
        return whole && possible ? std::optional(feature) : std::nullopt;
    }
    return std::nullopt;
}

}  // namespace redshank
