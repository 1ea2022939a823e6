#pragma once

#include <array>
#include <string_view>

#include "model/text.hpp"

namespace redshank {

using TopicText = Text<1024>;

// The name of a channel or group may hold what a topic name must not (wildcards, control characters): written as in a
// URL. False when it does not fit.
inline bool append_topic(TopicText& topic, std::string_view name) noexcept {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char byte : name) {
        const auto code = static_cast<unsigned char>(byte);
        const bool plain = code >= 0x20 && code != 0x7f && byte != '+' && byte != '#';
        const std::array<char, 3> escaped{'%', digits[code >> 4], digits[code & 15]};
        if (!topic.append(plain ? std::string_view(&byte, 1) : std::string_view(escaped.data(), escaped.size())))
            return false;
    }
    return true;
}

// Where the agent with that base topic takes models of that group.
inline bool model_topic(TopicText& topic, std::string_view base_topic, std::string_view group) noexcept {
    return topic.assign(base_topic) && topic.append("/model/") && append_topic(topic, group);
}

}  // namespace redshank
