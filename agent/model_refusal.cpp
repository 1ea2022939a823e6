#include "agent/model_refusal.hpp"

#include <array>

namespace redshank {

namespace {

struct Reason {
    std::string_view name;
    std::string_view meaning;
};

constexpr std::array<Reason, model_refusals> reasons{{
    {"too_large", "it is larger than a model file may be"},
    {"malformed", "it is no model file, or not all of one"},
    {"version", "it is of a format that this version does not know"},
    {"checksum", "it is damaged: its checksum does not hold"},
    {"unsigned", "it is not signed"},
    {"untrusted_key", "it is signed by a key that is none of [models] trusted_keys"},
    {"signature", "its signature does not hold: it was changed after it was signed"},
    {"other_group", "it is a model of another group than its topic says"},
    {"unknown_group", "there is no such group here"},
    {"wrong_model", "it is another model than the group's, or one of other inputs"},
    {"not_newer", "it was made no later than the one taken last"},
    {"busy", "too many models came since the last checkpoint"},
}};

}  // namespace

std::string_view name_of(ModelRefusal refusal) noexcept {
    return reasons[static_cast<std::size_t>(refusal)].name;
}

std::string_view meaning_of(ModelRefusal refusal) noexcept {
    return reasons[static_cast<std::size_t>(refusal)].meaning;
}

}  // namespace redshank
