#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace redshank::test {

// RFC 8259 by recursive descent, to hold the decoder against; with unpaired surrogate escapes refused. No depth limit.
class ReferenceJson {
public:
    explicit ReferenceJson(std::string_view text) : text_(text) {}

    bool valid() {
        at_ = 0;
        deepest_ = 0;
        blanks();
        if (!value(0)) return false;
        blanks();
        return at_ == text_.size();
    }
    std::size_t deepest() const { return deepest_; }

private:
    char now() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool eat(std::string_view word) {
        if (text_.substr(at_, word.size()) != word) return false;
        at_ += word.size();
        return true;
    }
    void blanks() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
    }
    bool digit() const { return now() >= '0' && now() <= '9'; }
    bool digits() {
        if (!digit()) return false;
        while (digit()) ++at_;
        return true;
    }

    bool value(std::size_t depth) {
        if (now() == '{') return members(depth + 1);
        if (now() == '[') return elements(depth + 1);
        if (now() == '"') return string();
        return eat("true") || eat("false") || eat("null") || number();
    }

    bool number() {
        eat("-");
        if (!eat("0") && !digits()) return false;
        if (eat(".") && !digits()) return false;
        if (eat("e") || eat("E")) {
            if (!eat("+")) eat("-");
            if (!digits()) return false;
        }
        return true;
    }

    bool four_hex(unsigned& out) {
        out = 0;
        for (int i = 0; i < 4; ++i, ++at_) {
            const std::size_t digit =
                std::string_view("0123456789abcdef").find(static_cast<char>(now() | (now() >= 'A' ? 0x20 : 0)));
            if (at_ >= text_.size() || digit == std::string_view::npos) return false;
            out = out * 16 + static_cast<unsigned>(digit);
        }
        return true;
    }

    bool string() {
        if (!eat("\"")) return false;
        for (; at_ < text_.size(); ++at_) {
            const auto byte = static_cast<unsigned char>(text_[at_]);
            if (byte == '"') {
                ++at_;
                return true;
            }
            if (byte < 0x20) return false;
            if (byte != '\\') continue;
            ++at_;
            if (at_ >= text_.size()) return false;
            if (text_[at_] == 'u') {
                ++at_;
                unsigned unit = 0;
                unsigned low = 0;
                if (!four_hex(unit) || (unit >= 0xdc00 && unit < 0xe000)) return false;
                if (unit >= 0xd800 && unit < 0xdc00 && (!eat("\\u") || !four_hex(low) || low < 0xdc00 || low >= 0xe000))
                    return false;
                --at_;
            } else if (std::string_view("\"\\/bfnrt").find(text_[at_]) == std::string_view::npos) {
                return false;
            }
        }
        return false;
    }

    bool members(std::size_t depth) {
        deepest_ = std::max(deepest_, depth);
        eat("{");
        blanks();
        if (eat("}")) return true;
        for (;;) {
            blanks();
            if (!string()) return false;
            blanks();
            if (!eat(":")) return false;
            blanks();
            if (!value(depth)) return false;
            blanks();
            if (eat("}")) return true;
            if (!eat(",")) return false;
        }
    }

    bool elements(std::size_t depth) {
        deepest_ = std::max(deepest_, depth);
        eat("[");
        blanks();
        if (eat("]")) return true;
        for (;;) {
            blanks();
            if (!value(depth)) return false;
            blanks();
            if (eat("]")) return true;
            if (!eat(",")) return false;
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t deepest_ = 0;
};

// RFC 3629: no surrogates, nothing overlong, nothing above U+10FFFF.
inline bool reference_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto byte = [&](std::size_t i) {
            return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
        };
        const unsigned lead = byte(0);
        const std::size_t size = lead < 0x80   ? 1
                                 : lead < 0xc2 ? 0
                                 : lead < 0xe0 ? 2
                                 : lead < 0xf0 ? 3
                                 : lead < 0xf5 ? 4
                                               : 0;
        if (size == 0) return false;
        for (std::size_t i = 1; i < size; ++i) {
            if ((byte(i) & 0xc0U) != 0x80U) return false;
        }
        if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f) || (lead == 0xf0 && byte(1) < 0x90) ||
            (lead == 0xf4 && byte(1) > 0x8f)) {
            return false;
        }
        at += size;
    }
    return true;
}

}  // namespace redshank::test
