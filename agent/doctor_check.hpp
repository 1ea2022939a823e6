#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace redshank {

enum class CheckResult : std::uint8_t { ok, warning, error };
std::string_view name_of(CheckResult result) noexcept;  // "ok", "warning", "error"

// One line of `redshank doctor`: what was looked at, and what to do about it.
struct DoctorCheck {
    std::string name;  // "broker mqtt: login"
    CheckResult result = CheckResult::ok;
    std::string what;    // what was found
    std::string action;  // what to do; empty when it is ok
};
using DoctorChecks = std::vector<DoctorCheck>;

inline DoctorCheck passed(std::string name, std::string what) {
    return {std::move(name), CheckResult::ok, std::move(what), {}};
}
inline DoctorCheck warned(std::string name, std::string what, std::string action) {
    return {std::move(name), CheckResult::warning, std::move(what), std::move(action)};
}
inline DoctorCheck failed(std::string name, std::string what, std::string action) {
    return {std::move(name), CheckResult::error, std::move(what), std::move(action)};
}

// One line a check and a line of totals.
std::string doctor_page(const DoctorChecks& checks);
// {"checks":[{"name","result","what","do"}]}
std::string doctor_json(const DoctorChecks& checks);
bool any_error(const DoctorChecks& checks) noexcept;

}  // namespace redshank
