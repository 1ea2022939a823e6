#include "model/learner.hpp"

#include <algorithm>
#include <array>

namespace redshank {

std::uint8_t Classifier::classify(const Features& features) const noexcept {
    std::array<float, classes_max> room{};
    const std::span<float> all = std::span(room).first(classes());
    shares(features, all);
    return static_cast<std::uint8_t>(std::max_element(all.begin(), all.end()) - all.begin());
}

}  // namespace redshank
