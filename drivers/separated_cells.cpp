#include "drivers/separated_cells.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace redshank {

char SeparatedCells::find_separator(std::string_view header, std::string_view candidates) noexcept {
    std::array<std::size_t, 3> counts{};
    bool quoted = false;
    for (const char byte : header) {
        if (byte == '"') quoted = !quoted;
        const std::size_t at = candidates.find(byte);
        if (at != std::string_view::npos && !quoted) ++counts[at];
    }
    return candidates[static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin())];
}

bool SeparatedCells::quote_open(std::string_view line, bool open) const noexcept {
    bool cell_begins = !open;
    for (std::size_t at = 0; at < line.size(); ++at) {
        if (open) {
            if (line[at] != '"') continue;
            if (at + 1 < line.size() && line[at + 1] == '"') {
                ++at;
            } else {
                open = false;
            }
        } else {
            open = cell_begins && line[at] == '"';
            cell_begins = line[at] == separator_;
        }
    }
    return open;
}

const std::vector<std::string_view>& SeparatedCells::split(std::string_view record) {
    cells_.clear();
    unquoted_.clear();
    unquoted_.reserve(record.size());  // cells point into it
    for (std::size_t start = 0; start <= record.size();) {
        std::size_t end = std::min(record.find(separator_, start), record.size());
        std::string_view cell = record.substr(start, end - start);
        if (cell.starts_with('"')) {
            const std::size_t first = unquoted_.size();
            bool open = true;
            for (end = start + 1; end < record.size() && (open || record[end] != separator_); ++end) {
                const bool doubled = end + 1 < record.size() && record[end + 1] == '"';
                if (!open || record[end] != '"') {
                    unquoted_.push_back(record[end]);
                } else if (doubled) {
                    unquoted_.push_back('"');
                    ++end;
                } else {
                    open = false;
                }
            }
            cell = std::string_view(unquoted_).substr(first);
        }
        cells_.push_back(cell);
        start = end + 1;
    }
    return cells_;
}

}  // namespace redshank
