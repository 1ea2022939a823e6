#include "drivers/csv_cells.hpp"

namespace redshank {

bool CsvCells::next_line() noexcept {
    for (std::string_view rest; next_cell(rest);) continue;
    if (malformed_) return false;
    for (std::size_t at = at_; at < text_.size(); ++at) {
        const char byte = text_[at];
        if (byte == '\n') at_ = at + 1;
        if (byte == '\n' || byte == '\r' || byte == ' ' || byte == '\t') continue;
        cell_due_ = true;
        return true;
    }
    at_ = text_.size();
    return false;
}

bool CsvCells::next_cell(std::string_view& cell) noexcept {
    if (!cell_due_) return false;
    skip_blanks();
    const bool has_quotes = !at_end() && text_[at_] == '"';
    const std::size_t begin = has_quotes ? at_ + 1 : at_;
    std::size_t end = begin;
    bool good = true;
    if (has_quotes) {
        good = quoted(end);
    } else {
        for (; !at_end() && text_[at_] != separator_ && text_[at_] != '\n'; ++at_) good = good && text_[at_] != '"';
        end = at_;
    }
    cell_due_ = good && !at_end() && text_[at_] == separator_;
    if (!good) {
        malformed_ = true;
        return false;
    }
    if (!at_end()) ++at_;
    cell = trimmed(begin, end);
    return true;
}

// From an opening quote to what must follow the closing one; the cell ends at `end`.
bool CsvCells::quoted(std::size_t& end) noexcept {
    bool open = true;
    for (++at_; open && !at_end(); ++at_) {
        const bool doubled = text_[at_] == '"' && at_ + 1 < text_.size() && text_[at_ + 1] == '"';
        open = text_[at_] != '"' || doubled;
        if (doubled) ++at_;
        if (open) text_[end++] = text_[at_];
    }
    skip_blanks();
    return !open && (at_end() || text_[at_] == separator_ || text_[at_] == '\n');
}

std::string_view CsvCells::trimmed(std::size_t begin, std::size_t end) const noexcept {
    while (begin < end && is_blank(text_[begin])) ++begin;
    while (begin < end && is_blank(text_[end - 1])) --end;
    return {text_.data() + begin, end - begin};
}

}  // namespace redshank
