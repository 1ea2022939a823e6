#include "agent/settings_parse_depth.hpp"

namespace redshank {

namespace {

// Past the string that begins at `i` (a quote); TOML's four kinds. A line ends a string of one line, closed or not.
std::size_t after_string(std::string_view text, std::size_t i) {
    const char quote = text[i];
    const bool escapes = quote == '"';
    const std::string_view three = quote == '"' ? "\"\"\"" : "'''";
    const bool lines = text.substr(i, 3) == three;
    i += lines ? 3 : 1;
    while (i < text.size()) {
        if (lines && text.substr(i, 3) == three) {
            i += 3;  // up to two quotes may stand before the closing three
            for (int extra = 0; extra < 2 && i < text.size() && text[i] == quote; ++extra) ++i;
            return i;
        }
        if (!lines && text[i] == quote) return i + 1;
        if (!lines && text[i] == '\n') return i;
        i += escapes && text[i] == '\\' ? 2U : 1U;
    }
    return text.size();
}

}  // namespace

std::optional<TextPosition> too_many_dots(std::string_view text) {
    constexpr unsigned dots_max = 63;
    unsigned line = 1;
    unsigned dots = 0;
    std::size_t line_start = 0;
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        if (c == '"' || c == '\'') {
            const std::size_t end = after_string(text, i);
            for (; i < end && i < text.size(); ++i) {
                if (text[i] != '\n') continue;
                ++line;
                line_start = i + 1;
            }
            continue;
        }
        if (c == '#') {
            i = text.find('\n', i);
            if (i == std::string_view::npos) break;
            continue;
        }
        if (c == '.' && ++dots > dots_max) return TextPosition{line, static_cast<unsigned>(i - line_start + 1)};
        if (std::string_view("\n,=[]{}").find(c) != std::string_view::npos) dots = 0;
        ++i;
        if (c != '\n') continue;
        ++line;
        line_start = i;
    }
    return std::nullopt;
}

}  // namespace redshank
