#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "model/bytes.hpp"
#include "model/snapshot_frame.hpp"
#include "model/space_saving.hpp"

namespace redshank {

// Which events occur together: "door-open" with "light-on". An event and all within `window_ms` after it make a basket,
// in which an event counts once; baskets are counted, not time.
//   Source: association rules after Agrawal, Imielinski, Swami (1993), "Mining association rules between sets of items
//   in large databases"; pairs and events counted by Space-Saving. When `baskets_most` were counted all counts halve,
//   so that what is long ago fades.
//   Invariant: figures are lower bounds: what two events have in common is counted without what may be an error.
//   Units: times in ms on any clock; one that goes back counts as the latest. Capacity: pairs_most pairs, events_most
//   events, basket_most different events a basket; more of a basket are left out and counted.
//   Cost: an event basket_most steps; a closed basket of n events n^2 / 2 * pairs_most steps. Thread: the owner's.
//   No heap.
class EventPairs {
public:
    using Event = std::uint16_t;  // an id of a channel and its state, as the owner numbers them

    static constexpr std::size_t pairs_most = 128;
    static constexpr std::size_t events_most = 64;
    static constexpr std::size_t basket_most = 16;
    static constexpr std::uint32_t baskets_most = 1U << 20;

    // window_ms: at least 0.
    explicit EventPairs(std::int64_t window_ms) noexcept;

    void see(Event event, std::int64_t now_ms) noexcept;
    // Closes a basket whose window is over. see() does it too; without events nobody else would.
    void pass_time(std::int64_t now_ms) noexcept;
    void begin_again() noexcept;  // times begin anew: an open basket is over

    // "Where `antecedent` occurs, so does `consequent`."
    struct Rule {
        Event antecedent = 0;
        Event consequent = 0;
        std::uint32_t together = 0;  // baskets with both
        float support = 0;           // share of baskets with both
        float confidence = 0;        // share of the antecedent's baskets that have both
        float lift = 0;  // confidence over the consequent's share of baskets: 1 where neither tells of the other
    };
    struct Limits {
        std::uint32_t together_least = 10;
        float confidence_least = 0.5F;
        float lift_least = 1.2F;
    };
    // Writes the rules of closed baskets, by falling confidence, then by falling count, then by ids; the best of them
    // when `out` is too short. Answers how many were written.
    std::size_t rules(const Limits& limits, std::span<Rule> out) const noexcept;

    std::uint32_t baskets() const noexcept { return baskets_; }
    std::uint64_t left_out() const noexcept { return left_out_; }

    // As for a Learner (model/learner.hpp).
    void snapshot(ByteWriter& out) const noexcept;
    bool restore(ByteReader& in) noexcept;
    std::size_t snapshot_bytes() const noexcept { return frame().bytes(); }
    std::size_t bytes() const noexcept { return sizeof(*this); }
    void reset() noexcept { *this = EventPairs(window_ms_); }

private:
    SnapshotFrame frame() const noexcept;
    void close() noexcept;
    std::span<const Event> basket() const noexcept { return std::span(basket_).first(basket_used_); }

    std::int64_t window_ms_;
    std::int64_t latest_ms_ = INT64_MIN;
    std::int64_t opened_ms_ = 0;  // of an open basket
    std::uint64_t left_out_ = 0;
    std::uint32_t baskets_ = 0;
    std::uint8_t basket_used_ = 0;             // 0: no basket is open
    std::array<Event, basket_most> basket_{};  // in rising order
    SpaceSaving<events_most> events_;
    SpaceSaving<pairs_most> pairs_;
};

static_assert(sizeof(EventPairs) <= 4096);

}  // namespace redshank
