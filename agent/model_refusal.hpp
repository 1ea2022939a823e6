#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace redshank {

// Why a model is not taken. The order is that of the tests: what comes later was not looked at.
enum class ModelRefusal : std::uint8_t {
    too_large,
    malformed,      // no model file, cut, or with bytes behind its end
    version,        // of the format: made by a later agent
    checksum,       // damaged
    not_signed,     // a signature is asked for and there is none
    untrusted_key,  // signed by a key that is none of [models] trusted_keys
    signature,      // by a trusted key, and wrong
    other_group,    // came under another group's topic
    unknown_group,
    wrong_model,  // another kind of model, other inputs, or a snapshot that the model does not take
    not_newer,    // made no later than the last one taken: the same again, or an old one sent anew
    busy,         // too many models came since the last checkpoint
};
inline constexpr std::size_t model_refusals = 12;
std::string_view name_of(ModelRefusal refusal) noexcept;     // "untrusted_key"
std::string_view meaning_of(ModelRefusal refusal) noexcept;  // a part of a sentence

}  // namespace redshank
