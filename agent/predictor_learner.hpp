#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/settings.hpp"
#include "model/candidates.hpp"

namespace redshank {

// The model of a group, or all its candidates as one. make(name): nullptr where that one cannot be.
template <class Learner, class Make>
std::unique_ptr<Learner> make_learner(const GroupSettings& settings, const Make& make) {
    if (settings.candidates.empty()) {
        return make(model_behind(settings.task, settings.model, transforms(settings.stages)));
    }
    std::vector<std::unique_ptr<Learner>> candidates;
    candidates.reserve(settings.candidates.size());
    for (const std::string& name : settings.candidates) {
        candidates.push_back(make(name));
        if (candidates.back() == nullptr) return nullptr;
    }
    return make_champion(std::move(candidates));
}

}  // namespace redshank
