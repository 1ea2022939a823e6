#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/ledger.hpp"
#include "agent/settings.hpp"
#include "drivers/payload_decoder.hpp"
#include "drivers/topic.hpp"
#include "model/derived_feature.hpp"

namespace redshank {

inline constexpr std::size_t labels_max = 8;

// The values of one topic's named levels, in the order of the pattern's names. Views into the topic.
struct Labels {
    std::array<std::string_view, labels_max> values;
};

// One [[source]], ready for use.
struct Source {
    SourceSettings settings;
    TopicPattern pattern;
    std::vector<std::string_view> fields;  // these three are views into settings
    std::vector<std::string_view> columns;
    std::vector<std::string_view> states;
    DecodeRequest request;       // views into all of it
    DecodeRequest wide_request;  // of a row of a wide file: an object of numbers, whatever the messages are
    std::vector<DerivedFeature> derive{};
    std::uint32_t subscription_id = 0;  // 0: not subscribed (replay)
    // A copy under its own subscription came in this session: whatever comes under another one is a copy too. Before
    // that it is not: it waited in the broker since before this source was subscribed to.
    bool own_copies = false;
    SourceLedger ledger;
    std::uint64_t changed_at = 0;  // position of the last record that changed the ledger
};

// A pattern that was checked with the configuration; one that does not parse is a broken invariant.
TopicPattern checked_pattern(const std::string& text, TopicPattern::Use use);

// How a source's times are written.
TimeReading time_reading_of(const SourceSettings& source) noexcept;

// The sources in the order of the configuration: a message counts under the first of its broker whose pattern matches.
class Sources {
public:
    static constexpr std::uint16_t none = UINT16_MAX;

    explicit Sources(const Settings& settings);

    // None, too, for a topic of broker 0 that begins with the name of another one: its channels would be called like
    // those of that broker.
    std::uint16_t find(std::string_view topic, Labels& labels, std::uint8_t broker = 0) const noexcept;

    // Channel names are "<topic>:<field>", and of brokers other than 0 "<broker>/<topic>:<field>". What stands in front
    // of the topic, slash included.
    std::string_view prefix_of(std::uint8_t broker) const noexcept {
        return broker < prefixes_.size() ? std::string_view(prefixes_[broker]) : std::string_view();
    }
    // unknown_broker: none has that prefix.
    std::uint8_t broker_of_prefix(std::string_view prefix) const noexcept;
    static constexpr std::uint8_t unknown_broker = UINT8_MAX;

    // Is `field` one that the source would take?
    bool takes(std::uint16_t source, std::string_view field) const noexcept;

    Source& operator[](std::uint16_t source) noexcept { return sources_[source]; }
    const Source& operator[](std::uint16_t source) const noexcept { return sources_[source]; }
    std::uint16_t size() const noexcept { return static_cast<std::uint16_t>(sources_.size()); }

private:
    std::vector<Source> sources_;
    std::vector<std::string> prefixes_;  // by broker
};

// `text` with each {name} replaced by the topic's value for it, into `out`; false when a name has no value or the
// result is too long.
bool substitute_labels(std::string_view text, const TopicPattern& pattern, const Labels& labels,
                       ChannelName& out) noexcept;

}  // namespace redshank
