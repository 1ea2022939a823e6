#pragma once

#include <string_view>

#include "model/rows.hpp"
#include "model/text.hpp"

namespace redshank {

// Parts of an alert as people and scripts read them.

using AlertIdText = Text<64>;
AlertIdText alert_id_text(const AlertId& id) noexcept;  // "boot-position-ordinal"

using NumberText = Text<32>;
NumberText number_text(double number) noexcept;  // shortest form that reads back to the same value
NumberText number_text(std::int64_t number) noexcept;

std::string_view name_of(AlertState state) noexcept;
std::string_view name_of(Severity severity) noexcept;

}  // namespace redshank
