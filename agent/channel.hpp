#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "agent/alert_rules.hpp"
#include "agent/windows.hpp"
#include "model/channel_scale.hpp"
#include "model/preprocess.hpp"
#include "model/text.hpp"

namespace redshank {

// One place of a channel in a group.
struct Seat {
    std::uint32_t group = 0;
    std::uint8_t member = 0;
};

// One value of one topic, "<topic>:<field>" or "<broker>/<topic>:<field>", and what is known of it.
struct Channel {
    static constexpr std::size_t seats_max = 4;
    static constexpr std::size_t rules_max = 16;
    static constexpr std::size_t features_max = 10;
    static constexpr std::uint16_t no_settings = UINT16_MAX;

    bool used = false;
    ChannelName name;
    std::uint16_t topic_bytes = 0;   // length of the topic in `name`, that of the broker's name in front included
    std::uint16_t broker_bytes = 0;  // of that, slash and all; 0: of the broker of [mqtt]
    std::uint16_t source = 0;
    static constexpr std::uint64_t predicted = 1;  // in place of a fingerprint: what a group predicts, of no source
    static constexpr std::uint64_t derived = 2;    // or what is derived from another channel, of the same source
    std::uint64_t preprocess_fingerprint = 0;      // of its source's preprocess settings
    bool inputs_changed = false;                   // restored under other preprocess settings
    ChannelScale scale;
    Preprocess preprocess{PreprocessSettings{}};
    bool has_pivot = false;
    std::int64_t pivot = 0;     // its first value, raw: sums are about it
    std::int64_t last_raw = 0;  // of the reading before, for rates
    std::int64_t last_ns = 0;
    bool has_last = false;
    Windows windows;
    std::uint64_t readings = 0;
    std::array<Seat, seats_max> seats{};
    std::uint8_t seat_count = 0;
    std::array<RuleLink, rules_max> rules{};
    std::uint8_t rule_count = 0;
    std::uint64_t changed_at = 0;          // position
    std::uint16_t settings = no_settings;  // index of its [[channel]]
    // Channels that are derived from this one: slots, where they are known.
    std::array<std::uint32_t, features_max> features{};

    std::string_view topic() const noexcept { return name.view().substr(0, topic_bytes); }
    std::string_view broker_prefix() const noexcept { return name.view().substr(0, broker_bytes); }
    std::string_view topic_at_broker() const noexcept { return topic().substr(broker_bytes); }
    std::string_view field() const noexcept { return name.view().substr(topic_bytes + 1u); }
};

}  // namespace redshank
