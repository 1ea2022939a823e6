#include "agent/human_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace redshank {

namespace {

constexpr std::uint64_t ns_per_s = 1'000'000'000;

std::string two_units(std::uint64_t large, const char* large_unit, std::uint64_t small, const char* small_unit) {
    std::string text = std::to_string(large) + " " + large_unit;
    if (small > 0) text += " " + std::to_string(small) + " " + small_unit;
    return text;
}

// A terminal counts characters, not bytes: continuation bytes of UTF-8 take no room.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string duration_text(std::int64_t ns) {
    const std::uint64_t size = ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
    const std::uint64_t s = size / ns_per_s;
    if (size < ns_per_s && size > 0) return std::to_string(std::max<std::uint64_t>(size / 1'000'000, 1)) + " ms";
    if (s < 60) return std::to_string(s) + " s";
    if (s < 3600) return std::to_string(s / 60) + " min";
    constexpr std::uint64_t day_s = 86'400;
    if (s < day_s) return two_units(s / 3600, "h", s % 3600 / 60, "min");
    return two_units(s / day_s, "d", s % day_s / 3600, "h");
}

std::string bytes_text(std::uint64_t bytes) {
    if (bytes < 1024) return std::to_string(bytes) + " B";
    constexpr std::array units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    std::size_t unit = 0;
    std::uint64_t whole = bytes;
    std::uint64_t rest = 0;
    for (; whole >= 1024; ++unit) {
        rest = whole % 1024;
        whole /= 1024;
    }
    std::string text = std::to_string(whole);
    const std::uint64_t tenth = rest * 10 / 1024;
    if (whole < 100 && tenth > 0) text += "." + std::to_string(tenth);
    return text + " " + units[unit - 1];
}

std::string count_text(std::uint64_t count) {
    std::string digits = std::to_string(count);
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
    return digits;
}

std::string short_number_text(double number) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::general, 6);
    return {digits.data(), end.ptr};
}

std::string counted_text(std::uint64_t count, const std::string& one, const std::string& many) {
    return count_text(count) + " " + (count == 1 ? one : many);
}

std::string printable(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string shown;
    shown.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        // U+0080 to U+009F are control characters, too; in UTF-8 they begin with C2.
        const bool second_half =
            byte >= 0x80 && byte < 0xA0 && at > 0 && static_cast<unsigned char>(text[at - 1]) == 0xC2;
        if (byte >= 0x20 && byte != 0x7F && !second_half) {
            shown += text[at];
            continue;
        }
        if (second_half) shown.pop_back();
        shown += "\\x";
        shown += hex[byte >> 4U];
        shown += hex[byte & 15U];
    }
    return shown;
}

std::string columns_text(const std::vector<std::vector<std::string>>& rows, std::size_t indent,
                         const std::vector<std::size_t>& right_columns) {
    std::vector<std::size_t> widths;
    for (const std::vector<std::string>& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t column = 0; column < row.size(); ++column) {
            widths[column] = std::max(widths[column], width_of(row[column]));
        }
    }
    std::string text;
    for (const std::vector<std::string>& row : rows) {
        std::string line(indent, ' ');
        bool first = true;
        for (std::size_t column = 0; column < row.size(); ++column) {
            if (widths[column] == 0) continue;  // nobody has anything there
            if (!first) line += "  ";
            first = false;
            const std::string blanks(widths[column] - width_of(row[column]), ' ');
            const bool right = std::find(right_columns.begin(), right_columns.end(), column) != right_columns.end();
            line += right ? blanks + row[column] : row[column] + blanks;
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

}  // namespace redshank
