#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/outcome.hpp"

namespace redshank {

// Topics as MQTT has them: UTF-8 without NUL, 1..65535 bytes, no wildcard.
bool valid_topic(std::string_view topic) noexcept;

// Whether every topic that `narrow` matches is matched by `wide`: two filters as MQTT has them. Shared subscriptions
// ("$share/...") cover nothing and are not covered.
bool filter_covers(std::string_view wide, std::string_view narrow) noexcept;

// A pattern of topics or of channel names, level by level between slashes. A level is literal text, `+` for any one
// level, or `{name}`, the same with its value kept as a label; `#` as the last level stands for any number of levels,
// none included. As MQTT has it, a pattern that begins with a wildcard does not match what begins with '$'.
//   Use::name, for channels "<topic>:<field>" and groups "pump-{machine}": `{name}` may also be a part of a level, and
//   `+` whatever stands between slashes and colons ("plant/+:temperature"), at most two of these in a level. A part
//   is at least one byte long; of two the first takes as much as it can. "a/#" matches the channels of topic "a" too.
//   A '+' or '#' elsewhere is literal.
//   Label names: letters, digits, '_' and '-', at most label_names_max of them, none twice.
class TopicPattern {
public:
    static constexpr std::size_t label_names_max = 8;
    enum class Use : std::uint8_t { topic, name };

    // The failure says what is wrong at which byte of `text`, counted from 0.
    static Outcome<TopicPattern> parse(std::string_view text, Use use = Use::topic);

    // What to subscribe to: "plant/+/sensors" of "plant/{machine}/sensors". Of Use::topic only.
    std::string filter() const;

    // Fills label_values in the order of names() when it matches; when it does not, they are undefined. Room for fewer
    // than names() keeps the first ones. The values are parts of `topic`. No heap.
    bool matches(std::string_view topic, std::span<std::string_view> label_values) const noexcept;
    bool matches(std::string_view topic) const noexcept { return matches(topic, {}); }

    const std::vector<std::string>& names() const noexcept { return names_; }
    const std::string& text() const noexcept { return text_; }

private:
    // before [wildcard between [wildcard after]]: a level without wildcards is `before` alone, with one has no `after`.
    struct Level {
        std::string before, between, after;
        std::size_t wildcards = 0;
        bool whole = false;                            // one wildcard and nothing else: may be empty
        std::size_t labels[2] = {no_label, no_label};  // into names_
    };
    static constexpr std::size_t no_label = SIZE_MAX;

    Outcome<void> add_level(std::string_view level, std::size_t offset, bool last);
    Outcome<std::size_t> add_name(std::string_view name, std::size_t offset);
    bool level_matches(const Level& level, std::string_view text, std::span<std::string_view> values) const noexcept;
    bool last_level_matches(const Level& level, std::string_view text, bool more,
                            std::span<std::string_view> values) const noexcept;

    std::string text_;
    Use use_ = Use::topic;
    std::vector<Level> levels_;  // without '#'
    std::vector<std::string> names_;
    bool rest_ = false;  // ends in '#'
};

}  // namespace redshank
