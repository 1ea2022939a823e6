#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace redshank {

// One record of separated text, cut into cells; quotes as in RFC 4180, where a cell begins with one.
class SeparatedCells {
public:
    explicit SeparatedCells(char separator) noexcept : separator_(separator) {}

    // Of the candidates, at most three, the one that stands most often outside of quotes: comma, semicolon or tab.
    static char find_separator(std::string_view header, std::string_view candidates = ",;\t") noexcept;

    // Does a quote stay open at the end of `line`, when one was (`open`) at its start?
    bool quote_open(std::string_view line, bool open) const noexcept;

    // Cells as they stand, less their quotes; they hold as long as `record` and until the next call.
    const std::vector<std::string_view>& split(std::string_view record);

private:
    char separator_;
    std::vector<std::string_view> cells_;
    std::string unquoted_;
};

}  // namespace redshank
