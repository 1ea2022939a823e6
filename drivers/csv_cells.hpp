#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace redshank {

// A payload of separated text, line by line and cell by cell, as RFC 4180 has it; also with LF alone, with blanks
// around cells, which are no part of them, and with blank lines, which are passed over. Quotes are taken off in place,
// so a cell is a view into the text and holds as long as that. No heap.
//   Malformed: a quote that stays open, one within a cell that does not begin with one, text behind a closing quote.
class CsvCells {
public:
    CsvCells(std::span<char> text, char separator) noexcept : text_(text), separator_(separator) {}

    bool next_line() noexcept;                        // false at the end
    bool next_cell(std::string_view& cell) noexcept;  // false at the end of the line

    bool malformed() const noexcept { return malformed_; }  // and nothing comes any more

private:
    bool at_end() const noexcept { return at_ == text_.size(); }
    bool is_blank(char byte) const noexcept {
        return byte != separator_ && (byte == ' ' || byte == '\t' || byte == '\r');
    }
    void skip_blanks() noexcept {
        while (!at_end() && is_blank(text_[at_])) ++at_;
    }
    bool quoted(std::size_t& end) noexcept;
    std::string_view trimmed(std::size_t begin, std::size_t end) const noexcept;

    std::span<char> text_;
    char separator_;
    std::size_t at_ = 0;
    bool cell_due_ = false;
    bool malformed_ = false;
};

}  // namespace redshank
