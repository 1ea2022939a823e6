#pragma once

#include <cstdint>

#include "model/aggregate_parts.hpp"
#include "model/text.hpp"

namespace redshank {

// Results: what leaves the agent. Each has a number, given in order of making, consecutive from 1 within a database
// and the same again when results are made again after a kill.

enum class ClockKind : std::uint8_t { gateway = 0, device = 1 };
enum class AlertState : std::uint8_t { clear = 0, firing = 1 };
enum class Severity : std::uint8_t { info = 0, warning = 1, critical = 2 };

// Quality flags of an aggregate, a bit each.
namespace quality {
inline constexpr std::uint32_t late = 1;             // backfill: readings older than `lateness` when they arrived
inline constexpr std::uint32_t stamp_replaced = 2;   // a device stamp was not believed, the arrival stands instead
inline constexpr std::uint32_t merged = 4;           // made of several windows because a buffer was full
inline constexpr std::uint32_t squares_clamped = 8;  // the variance is a lower bound
inline constexpr std::uint32_t rounded = 16;         // finer digits were rounded away
inline constexpr std::uint32_t despiked = 64;        // spikes were replaced by the median of their neighbours
inline constexpr std::uint32_t split = 32;           // closed before its time (no free window, a new exponent, a flush)
}  // namespace quality

// One window of one channel, or several merged. Key upstream: (agent, incarnation, boot, channel, clock, start,
// length).
struct AggregateRow {
    std::uint64_t number = 0;
    std::uint64_t boot = 0;
    ChannelName channel;
    UnitName unit;
    ClockKind clock = ClockKind::gateway;
    std::int64_t start_ns = 0;
    std::int64_t length_ns = 0;
    std::uint32_t quality = 0;
    AggregateParts parts;
};

// id = (boot, position, ordinal within the record), written "boot-position-ordinal"; the same after a replay.
struct AlertId {
    std::uint64_t boot = 0;
    std::uint64_t position = 0;
    std::uint32_t ordinal = 0;

    friend bool operator==(const AlertId&, const AlertId&) noexcept = default;
};

// One change of one rule's state on one channel or group.
struct AlertRow {
    std::uint64_t number = 0;
    AlertId id;
    RuleName rule;
    ChannelName channel;
    AlertState state = AlertState::clear;
    Severity severity = Severity::warning;
    std::int64_t since_ns = 0;
    double value = 0;  // the reading, the score, or the silence in seconds, as the rule judges
    std::int64_t acknowledged_ns =
        0;  // when somebody said that they know of it; 0: nobody did. Of a state, not upstream
};

}  // namespace redshank
