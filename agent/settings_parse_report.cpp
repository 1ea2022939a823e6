#include "agent/settings_parse_report.hpp"

#include <algorithm>
#include <tuple>

namespace redshank {

std::string SettingsError::text() const {
    return file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + message;
}

void SettingsReport::error(std::string path, std::string message) {
    for (auto at = found_.find(path);; at = found_.find(path)) {
        if (at != found_.end()) return error(at->second, std::move(message));
        const std::size_t end = path.find_last_of(".#");
        if (end == std::string::npos) return error(TextPosition{}, std::move(message));
        path.resize(end);
    }
}

std::vector<SettingsError> SettingsReport::take_errors() {
    std::stable_sort(errors_.begin(), errors_.end(), [](const SettingsError& a, const SettingsError& b) {
        return std::tie(a.line, a.column) < std::tie(b.line, b.column);
    });
    return std::move(errors_);
}

std::string shown(std::string_view name) {
    constexpr std::size_t length_max = 80;
    std::size_t end = std::min(name.size(), length_max);
    while (end < name.size() && end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0U) == 0x80U) --end;
    std::string text = "\"";
    for (const char c : name.substr(0, end)) text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return text + (end < name.size() ? "...\"" : "\"");
}

}  // namespace redshank
