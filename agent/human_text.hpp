#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace redshank {

// Texts that people read in a terminal: plain, one line each.

std::string duration_text(std::int64_t ns);    // "12 s", "3 min", "2 h 5 min", "4 d 3 h"; of negative ones the size
std::string bytes_text(std::uint64_t bytes);   // "512 B", "1.5 KiB", "64 MiB"
std::string count_text(std::uint64_t count);   // "12,345"
std::string short_number_text(double number);  // six digits
// "3 messages", "1 message".
std::string counted_text(std::uint64_t count, const std::string& one, const std::string& many);
// Control characters as "\x1b", so that none reaches a terminal. What is no UTF-8 stays as it is.
std::string printable(std::string_view text);

// Rows of cells as lines with aligned columns, two blanks between them; right_columns: those whose cells stand to the
// right. `indent` blanks before each line.
std::string columns_text(const std::vector<std::vector<std::string>>& rows, std::size_t indent,
                         const std::vector<std::size_t>& right_columns = {});

}  // namespace redshank
