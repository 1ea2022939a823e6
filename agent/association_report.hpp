#pragma once

#include <cstddef>
#include <span>

#include "agent/associations.hpp"
#include "agent/json_writer.hpp"

namespace redshank {

// An array of rules: {"if":CHANNEL,"is":STATE,"then":CHANNEL,"becomes":STATE,"together":N,"support":..,"confidence":..,
// "lift":..}.
void write_associations(JsonWriter& json, std::span<const AssociationRow> rows) noexcept;

// Room for all rules there can be.
inline constexpr std::size_t associations_json_bytes_max =
    Associations::rules_most * (2 * 6 * channel_name_bytes_max + 256) + 256;  // every byte of a name may need six

}  // namespace redshank
