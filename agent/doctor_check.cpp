#include "agent/doctor_check.hpp"

#include <algorithm>

#include "agent/human_text.hpp"
#include "agent/json_writer.hpp"

namespace redshank {

std::string_view name_of(CheckResult result) noexcept {
    switch (result) {
        case CheckResult::ok:
            return "ok";
        case CheckResult::warning:
            return "warning";
        case CheckResult::error:
            break;
    }
    return "error";
}

std::string doctor_page(const DoctorChecks& checks) {
    std::vector<std::vector<std::string>> rows;
    std::uint64_t warnings = 0;
    std::uint64_t errors = 0;
    for (const DoctorCheck& check : checks) {
        warnings += check.result == CheckResult::warning ? 1 : 0;
        errors += check.result == CheckResult::error ? 1 : 0;
        rows.push_back({std::string(name_of(check.result)), printable(check.name),
                        printable(check.what + (check.action.empty() ? "" : " -> " + check.action))});
    }
    return columns_text(rows, 0) + counted_text(checks.size(), "check", "checks") + ", " +
           counted_text(warnings, "warning", "warnings") + ", " + counted_text(errors, "error", "errors") + "\n";
}

std::string doctor_json(const DoctorChecks& checks) {
    std::size_t bytes = 64;
    for (const DoctorCheck& check : checks) {
        bytes += 64 + 6 * (check.name.size() + check.what.size() + check.action.size());
    }
    std::vector<char> room(bytes);
    JsonWriter json(room);
    json.begin_object().key("checks").begin_array();
    for (const DoctorCheck& check : checks) {
        json.begin_object().member("name", check.name).member("result", name_of(check.result));
        json.member("what", check.what).member("do", check.action).end_object();
    }
    json.end_array().end_object();
    return std::string(json.text()) + "\n";
}

bool any_error(const DoctorChecks& checks) noexcept {
    return std::any_of(checks.begin(), checks.end(),
                       [](const DoctorCheck& check) { return check.result == CheckResult::error; });
}

}  // namespace redshank
