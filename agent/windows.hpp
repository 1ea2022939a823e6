#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/aggregate_parts.hpp"
#include "model/bytes.hpp"
#include "model/rows.hpp"

namespace redshank {

struct WindowLengths {
    std::int64_t length_ns = 0;
    std::int64_t lateness_ns = 0;
};

// One open tumbling window: readings of one channel whose event time lies in [start, start + length).
struct OpenWindow {
    bool open = false;
    ClockKind clock = ClockKind::gateway;
    bool late = false;  // collects backfill: apart from the live window of the same stretch
    std::int64_t start_ns = 0;
    std::int64_t length_ns = 0;  // as configured when it opened
    std::int64_t deadline_ns = 0;
    std::uint32_t quality = 0;
    AggregateParts parts;
};

// The open windows of one channel, a fixed few. Nothing is too late to be counted: where no window is free the one with
// the earliest deadline is closed before its time, and its later readings make a new part of the same key.
//   Invariant: an open window has count > 0. Times: ns on the pipeline's time line, event times as given.
class Windows {
public:
    static constexpr std::size_t windows_max = 4;
    static constexpr std::size_t none = windows_max;

    // The open window a reading belongs to, or none.
    std::size_t find(std::int64_t event_ns, ClockKind clock, bool late, const WindowLengths& lengths) const noexcept;
    // A closed slot, or none.
    std::size_t free_slot() const noexcept;
    std::size_t earliest() const noexcept;

    // It closes when the clock passes its end + lateness, or length + lateness after its first reading arrived,
    // whichever is first; where the end has passed already (backfill), the second alone.
    void open(std::size_t slot, std::int64_t event_ns, std::int64_t now_ns, ClockKind clock, bool late,
              const AggregateParts& empty, const WindowLengths& lengths) noexcept;

    OpenWindow& operator[](std::size_t slot) noexcept { return windows_[slot]; }
    const OpenWindow& operator[](std::size_t slot) const noexcept { return windows_[slot]; }
    std::uint64_t open_readings() const noexcept;

    void write(ByteWriter& out) const noexcept;
    void read(ByteReader& in) noexcept;
    // The sketches of those that are open, apart from them: each with its size.
    static constexpr std::size_t sketches_bytes_max = windows_max * (1 + QuantileSketch::encoded_bytes_max);
    void write_sketches(ByteWriter& out) const noexcept;
    // By window; false for what no writer wrote.
    static bool read_sketches(ByteReader& in, std::array<QuantileSketch, windows_max>& sketches) noexcept;

private:
    std::array<OpenWindow, windows_max> windows_;
};

// Start of the window that holds `event_ns`: aligned to the epoch, also before it.
std::int64_t window_start_ns(std::int64_t event_ns, std::int64_t length_ns) noexcept;

}  // namespace redshank
