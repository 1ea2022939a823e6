#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "agent/settings.hpp"
#include "drivers/topic.hpp"
#include "model/event_pairs.hpp"

namespace redshank {

// Which changes of state occur together. A channel that matches one of [associations] channels is watched; a reading of
// it that differs from the one before is an event, "this channel became that", where both are states: whole numbers
// from 0 to states_most - 1. Times are the gateway's, of arrival; a backfilled reading is of a time that was, and no
// event.
//   Units: ns. Memory: acquired by the constructor. Thread: pipeline only.
class Associations {
public:
    static constexpr std::size_t states_most = 16;
    static constexpr std::size_t channels_most = 4096;  // an event has 16 bits
    static constexpr std::size_t rules_most = 32;

    explicit Associations(const Settings& settings);

    void watch(std::uint32_t channel, std::string_view name) noexcept;  // when it is first seen, or restored
    void on_reading(std::uint32_t channel, double value, std::int64_t now_ns, std::uint64_t position) noexcept;

    void began(std::uint64_t position) noexcept;  // times may begin anew

    struct Rule {
        struct Event {
            std::uint32_t channel = 0;
            std::uint8_t state = 0;
        };
        Event antecedent;
        Event consequent;
        EventPairs::Rule figures;
    };
    // By falling confidence; as many as there is room for.
    std::size_t rules(std::span<Rule> out) const noexcept;
    std::uint32_t baskets() const noexcept { return pairs_.baskets(); }
    std::uint64_t left_out() const noexcept { return pairs_.left_out(); }

    std::uint64_t changed_at() const noexcept { return changed_at_; }
    void write(ByteWriter& out) const noexcept;
    // What was saved under other settings is left; false: what no writer wrote.
    bool read(ByteReader& in) noexcept;
    std::size_t written_bytes() const noexcept { return 8 + last_.size() + pairs_.snapshot_bytes(); }
    std::size_t bytes() const noexcept { return sizeof *this + last_.capacity() + watched_.capacity(); }

private:
    static constexpr std::uint8_t unknown = UINT8_MAX;

    std::vector<TopicPattern> patterns_;
    std::uint64_t fingerprint_;
    EventPairs pairs_;
    std::vector<std::uint8_t> last_;     // state of each channel
    std::vector<std::uint8_t> watched_;  // 1 or 0
    std::uint64_t changed_at_ = 0;       // position
};

// For people: names instead of numbers.
struct AssociationRow {
    ChannelName antecedent;
    ChannelName consequent;
    std::uint8_t antecedent_state = 0;
    std::uint8_t consequent_state = 0;
    EventPairs::Rule figures;
};

}  // namespace redshank
