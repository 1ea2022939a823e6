#include "drivers/topic.hpp"

#include <simdjson.h>

#include <algorithm>

namespace redshank {

namespace {

constexpr std::size_t topic_bytes_max = 65535;
constexpr std::string_view name_bytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

tl::unexpected<std::string> at_byte(std::string what, std::size_t offset) {
    return failure(std::move(what) + " (byte " + std::to_string(offset) + ")");
}

// `+` stands for something only where nothing literal touches it.
bool is_free_plus(std::string_view level, std::size_t at) {
    return (at == 0 || level[at - 1] == ':') && (at + 1 == level.size() || level[at + 1] == ':');
}

// The level of a channel's topic in a level of its name: "m1" of "m1:temperature" and of "m1:" before a JSON pointer.
std::string_view without_field(std::string_view level, bool more) noexcept {
    if (more) return level.ends_with(':') ? level.substr(0, level.size() - 1) : level;
    return level.substr(0, std::min(level.rfind(':'), level.size()));
}

}  // namespace

bool valid_topic(std::string_view topic) noexcept {
    return !topic.empty() && topic.size() <= topic_bytes_max &&
           topic.find_first_of(std::string_view("+#\0", 3)) == std::string_view::npos &&
           simdjson::validate_utf8(topic.data(), topic.size());
}

bool filter_covers(std::string_view wide, std::string_view narrow) noexcept {
    constexpr std::string_view share = "$share/";
    if (wide.starts_with(share) || narrow.starts_with(share)) return false;
    if (narrow.starts_with('$') && (wide.starts_with('#') || wide.starts_with('+'))) return false;
    for (;;) {
        if (wide == "#") return true;
        const std::size_t wide_end = std::min(wide.find('/'), wide.size());
        const std::size_t narrow_end = std::min(narrow.find('/'), narrow.size());
        const std::string_view level = narrow.substr(0, narrow_end);
        if (level == "#" || (wide.substr(0, wide_end) != "+" && wide.substr(0, wide_end) != level)) return false;
        const bool wide_ends = wide_end == wide.size();
        if (narrow_end == narrow.size()) return wide_ends || wide.substr(wide_end) == "/#";
        if (wide_ends) return false;
        wide.remove_prefix(wide_end + 1);
        narrow.remove_prefix(narrow_end + 1);
    }
}

Outcome<TopicPattern> TopicPattern::parse(std::string_view text, Use use) {
    if (text.empty()) return failure("a topic is at least one byte long");
    if (text.size() > topic_bytes_max) return at_byte("a topic is at most 65535 bytes long", topic_bytes_max);
    if (const auto nul = text.find('\0'); nul != std::string_view::npos) return at_byte("a topic holds no NUL", nul);
    if (!simdjson::validate_utf8(text.data(), text.size())) return failure("a topic is UTF-8, this is not");

    TopicPattern pattern;
    pattern.text_ = text;
    pattern.use_ = use;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find('/', start), text.size());
        const auto added = pattern.add_level(text.substr(start, end - start), start, end == text.size());
        if (!added) return failure(added.error());
        start = end + 1;
    }
    return pattern;
}

Outcome<void> TopicPattern::add_level(std::string_view level, std::size_t offset, bool last) {
    if (level == "#" && last) {
        rest_ = true;
        return {};
    }
    if (const auto hash = level.find('#'); hash != std::string_view::npos && use_ == Use::topic) {
        return at_byte("'#' stands for the last levels only: at the end, after a slash", offset + hash);
    }
    Level out;
    std::string* literal = &out.before;
    for (std::size_t at = 0; at < level.size();) {
        std::size_t size = 1;
        const bool plus = level[at] == '+' && (use_ == Use::topic || is_free_plus(level, at));
        if (level[at] == '}') return at_byte("'}' without a '{' before it", offset + at);
        if (level[at] != '{' && !plus) {
            literal->push_back(level[at++]);
            continue;
        }
        if (out.wildcards == 2) return at_byte("more than two wildcards in one level", offset + at);
        if (out.wildcards == 1 && out.between.empty()) {
            return at_byte("two wildcards with nothing between them", offset + at);
        }
        if (!plus) {
            const std::size_t close = level.find('}', at);
            if (close == std::string_view::npos) return at_byte("'{' without a '}' in the same level", offset + at);
            const auto name = add_name(level.substr(at + 1, close - at - 1), offset + at + 1);
            if (!name) return failure(name.error());
            out.labels[out.wildcards] = *name;
            size = close + 1 - at;
        }
        out.whole = size == level.size();
        if (!out.whole && use_ == Use::topic) {
            return at_byte(plus ? "'+' is a level of its own" : "a label is a level of its own", offset + at);
        }
        literal = ++out.wildcards == 1 ? &out.between : &out.after;
        at += size;
    }
    levels_.push_back(std::move(out));
    return {};
}

Outcome<std::size_t> TopicPattern::add_name(std::string_view name, std::size_t offset) {
    if (name.empty()) return at_byte("a label has a name", offset);
    if (const auto odd = name.find_first_not_of(name_bytes); odd != std::string_view::npos) {
        return at_byte("a label's name is made of letters, digits, '_' and '-'", offset + odd);
    }
    if (std::find(names_.begin(), names_.end(), name) != names_.end()) {
        return at_byte("label '" + std::string(name) + "' is there twice", offset);
    }
    if (names_.size() == label_names_max) {
        return at_byte("more than " + std::to_string(label_names_max) + " labels", offset);
    }
    names_.emplace_back(name);
    return names_.size() - 1;
}

std::string TopicPattern::filter() const {
    std::string out;
    for (const Level& level : levels_) out.append(level.wildcards == 0 ? level.before : "+").push_back('/');
    if (rest_) return out + '#';
    out.pop_back();
    return out;
}

bool TopicPattern::matches(std::string_view topic, std::span<std::string_view> label_values) const noexcept {
    const bool wild_start = levels_.empty() || (levels_.front().before.empty() && levels_.front().wildcards != 0);
    if (wild_start && topic.starts_with('$')) return false;
    bool more = true;
    for (std::size_t i = 0; i < levels_.size(); ++i) {
        if (!more) return false;
        const std::size_t end = topic.find('/');
        const std::string_view text = topic.substr(0, end);
        more = end != std::string_view::npos;
        topic.remove_prefix(more ? end + 1 : topic.size());
        const bool ok = i + 1 == levels_.size() ? last_level_matches(levels_[i], text, more, label_values)
                                                : level_matches(levels_[i], text, label_values);
        if (!ok) return false;
    }
    return rest_ || !more;
}

bool TopicPattern::last_level_matches(const Level& level, std::string_view text, bool more,
                                      std::span<std::string_view> values) const noexcept {
    if (rest_ && use_ == Use::name && level_matches(level, without_field(text, more), values)) return true;
    return level_matches(level, text, values);
}

bool TopicPattern::level_matches(const Level& level, std::string_view text,
                                 std::span<std::string_view> values) const noexcept {
    if (level.wildcards == 0) return text == level.before;
    if (!text.starts_with(level.before)) return false;
    text.remove_prefix(level.before.size());
    const auto keep = [&](std::size_t wildcard, std::string_view value) {
        if (level.labels[wildcard] < values.size()) values[level.labels[wildcard]] = value;
    };
    const std::string& end = level.wildcards == 1 ? level.between : level.after;
    if (!text.ends_with(end)) return false;
    text.remove_suffix(end.size());
    if (text.empty() && !level.whole) return false;
    if (level.wildcards == 1) {
        keep(0, text);
        return true;
    }
    if (text.size() < level.between.size() + 2) return false;
    const std::size_t split = text.rfind(level.between, text.size() - level.between.size() - 1);
    if (split == std::string_view::npos || split == 0) return false;
    keep(0, text.substr(0, split));
    keep(1, text.substr(split + level.between.size()));
    return true;
}

}  // namespace redshank
