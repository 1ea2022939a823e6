#include "tests/integration/json.hpp"

#include <charconv>
#include <stdexcept>

namespace redshank::test {

class JsonReader {
public:
    explicit JsonReader(std::string_view text) : text_(text) {}

    Json value() {
        Json json;
        const char first = next();
        if (first == '{' || first == '[') {
            json.kind_ = first == '{' ? Json::Kind::object : Json::Kind::array;
            members(json);
        } else if (first == '"') {
            json.kind_ = Json::Kind::text;
            json.text_ = string();
        } else {
            while (at_ < text_.size() && std::string_view(",]} \t\r\n").find(text_[at_]) == std::string_view::npos)
                json.text_ += text_[at_++];
            if (json.text_.empty()) fail();
            const bool word = json.text_ == "true" || json.text_ == "false";
            json.kind_ = word ? Json::Kind::boolean : json.text_ == "null" ? Json::Kind::null : Json::Kind::number;
        }
        return json;
    }

    void end() {
        if (next() != '\0') fail();
    }

private:
    [[noreturn]] void fail() const { throw std::runtime_error("not JSON: " + std::string(text_)); }

    char next() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
        return at_ < text_.size() ? text_[at_] : '\0';
    }

    std::string string() {
        std::string out;
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (text_[at_] == '\\') out += text_[at_++];
            if (at_ < text_.size()) out += text_[at_];
        }
        if (at_++ >= text_.size()) fail();
        return out;
    }

    void members(Json& json) {
        const char close = text_[at_++] == '{' ? '}' : ']';
        while (next() != close) {
            std::string name = std::to_string(json.members_.size());
            if (close == '}') {
                if (next() != '"') fail();
                name = string();
                if (next() != ':') fail();
                ++at_;
            }
            json.members_.emplace_back(std::move(name), value());
            if (next() == ',') {
                ++at_;
            } else if (next() != close) {
                fail();
            }
        }
        ++at_;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

Json Json::parse(std::string_view text) {
    JsonReader reader(text);
    Json json = reader.value();
    reader.end();
    return json;
}

const Json& Json::at(std::string_view path) const {
    static const Json nothing;
    const std::size_t dot = path.find('.');
    for (const auto& [name, value] : members_) {
        if (name == path.substr(0, dot)) return dot == std::string_view::npos ? value : value.at(path.substr(dot + 1));
    }
    return nothing;
}

bool Json::has(std::string_view path) const {
    const std::size_t dot = path.rfind('.');
    const Json& holder = dot == std::string_view::npos ? *this : at(path.substr(0, dot));
    const std::string_view last = dot == std::string_view::npos ? path : path.substr(dot + 1);
    for (const auto& [name, value] : holder.members_) {
        if (name == last) return true;
    }
    return false;
}

std::uint64_t Json::count(std::string_view path) const {
    const std::string& text = at(path).text_;
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::uint64_t Json::sum() const {
    std::uint64_t sum = 0;
    for (const auto& [name, value] : members_) sum += count(name);
    return sum;
}

}  // namespace redshank::test
