#include "agent/status_page.hpp"

#include <algorithm>

namespace redshank {

namespace {

class Renderer {
public:
    explicit Renderer(std::string_view json) : json_(json) {}

    bool render(std::string& into) {
        value(into, 0);
        blanks();
        return good_ && at_ == json_.size();
    }

private:
    static constexpr std::size_t depth_max = 32;

    void blanks() {
        while (at_ < json_.size() && std::string_view(" \t\r\n").find(json_[at_]) != std::string_view::npos) ++at_;
    }

    char next() {
        blanks();
        return at_ < json_.size() ? json_[at_] : '\0';
    }

    bool take(char c) {
        if (next() != c) return false;
        ++at_;
        return true;
    }

    // A text without its quotes, a number or a word, as it stands.
    std::string_view scalar() {
        const bool quoted = take('"');
        const std::size_t begin = at_;
        if (quoted) {
            while (at_ < json_.size() && json_[at_] != '"') at_ += json_[at_] == '\\' ? 2U : 1U;
        } else {
            at_ = std::min(json_.find_first_of(",]} \t\r\n", at_), json_.size());
        }
        at_ = std::min(at_, json_.size());
        const std::string_view text = json_.substr(begin, at_ - begin);
        if (quoted ? !take('"') : text.empty()) good_ = false;
        return text;
    }

    // Writes what follows a name: " 5", or lines of their own.
    void value(std::string& into, std::size_t depth) {
        if (depth > depth_max) good_ = false;
        if (!good_) return;
        const char first = next();
        if (first == '{') return members(into, depth);
        if (first == '[') return elements(into, depth);
        into += (into.empty() || into.back() == '\n' || into.back() == ' ' ? "" : " ") + std::string(scalar()) + "\n";
    }

    void members(std::string& into, std::size_t depth) {
        take('{');
        if (take('}')) return empty(into);
        bool inline_first = into.ends_with("- ");
        if (!into.empty() && !inline_first) into += "\n";
        do {
            if (!inline_first) into += std::string(2 * depth, ' ');
            inline_first = false;
            into += std::string(scalar()) + ":";
            if (!take(':')) good_ = false;
            value(into, depth + 1);
        } while (good_ && take(','));
        if (!take('}')) good_ = false;
    }

    void elements(std::string& into, std::size_t depth) {
        take('[');
        if (take(']')) return empty(into);
        if (!into.empty()) into += "\n";
        do {
            into += std::string(2 * depth, ' ') + "- ";
            value(into, depth + 1);
        } while (good_ && take(','));
        if (!take(']')) good_ = false;
    }

    static void empty(std::string& into) { into += (into.ends_with(' ') ? "none\n" : " none\n"); }

    std::string_view json_;
    std::size_t at_ = 0;
    bool good_ = true;
};

}  // namespace

std::string status_page(std::string_view json) {
    std::string page;
    if (Renderer(json).render(page)) return page;
    return std::string(json) + "\n";
}

}  // namespace redshank
