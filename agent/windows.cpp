#include "agent/windows.hpp"

#include <algorithm>
#include <array>

namespace redshank {

std::int64_t window_start_ns(std::int64_t event_ns, std::int64_t length_ns) noexcept {
    const std::int64_t rest = event_ns % length_ns;
    return event_ns - (rest < 0 ? rest + length_ns : rest);
}

std::size_t Windows::find(std::int64_t event_ns, ClockKind clock, bool late,
                          const WindowLengths& lengths) const noexcept {
    const std::int64_t start_ns = window_start_ns(event_ns, lengths.length_ns);
    for (std::size_t slot = 0; slot < windows_max; ++slot) {
        const OpenWindow& window = windows_[slot];
        if (window.open && window.start_ns == start_ns && window.length_ns == lengths.length_ns &&
            window.clock == clock && window.late == late) {
            return slot;
        }
    }
    return none;
}

std::size_t Windows::free_slot() const noexcept {
    for (std::size_t slot = 0; slot < windows_max; ++slot) {
        if (!windows_[slot].open) return slot;
    }
    return none;
}

std::size_t Windows::earliest() const noexcept {
    std::size_t earliest = none;
    for (std::size_t slot = 0; slot < windows_max; ++slot) {
        if (!windows_[slot].open) continue;
        if (earliest == none || windows_[slot].deadline_ns < windows_[earliest].deadline_ns) earliest = slot;
    }
    return earliest;
}

void Windows::open(std::size_t slot, std::int64_t event_ns, std::int64_t now_ns, ClockKind clock, bool late,
                   const AggregateParts& empty, const WindowLengths& lengths) noexcept {
    OpenWindow& window = windows_[slot];
    window.open = true;
    window.clock = clock;
    window.late = late;
    window.start_ns = window_start_ns(event_ns, lengths.length_ns);
    window.length_ns = lengths.length_ns;
    window.quality = late ? quality::late : 0;
    window.parts = empty;
    const std::int64_t by_arrival_ns = now_ns + lengths.length_ns + lengths.lateness_ns;
    const std::int64_t by_end_ns = window.start_ns + lengths.length_ns + lengths.lateness_ns;
    window.deadline_ns = by_end_ns > now_ns ? std::min(by_arrival_ns, by_end_ns) : by_arrival_ns;
}

std::uint64_t Windows::open_readings() const noexcept {
    std::uint64_t readings = 0;
    for (const OpenWindow& window : windows_) readings += window.open ? window.parts.count : 0;
    return readings;
}

void Windows::write(ByteWriter& out) const noexcept {
    for (const OpenWindow& window : windows_) {
        out.put(window.open);
        if (!window.open) continue;
        out.put(window.clock);
        out.put(window.late);
        out.put(window.start_ns);
        out.put(window.length_ns);
        out.put(window.deadline_ns);
        out.put(window.quality);
        window.parts.write(out);
    }
}

void Windows::read(ByteReader& in) noexcept {
    for (OpenWindow& window : windows_) {
        window = {};
        window.open = in.get<bool>();
        if (!window.open) continue;
        window.clock = in.get<ClockKind>();
        window.late = in.get<bool>();
        window.start_ns = in.get<std::int64_t>();
        window.length_ns = in.get<std::int64_t>();
        window.deadline_ns = in.get<std::int64_t>();
        window.quality = in.get<std::uint32_t>();
        window.parts = AggregateParts::read(in);
    }
}

void Windows::write_sketches(ByteWriter& out) const noexcept {
    static_assert(QuantileSketch::encoded_bytes_max <= UINT8_MAX);
    for (const OpenWindow& window : windows_) {
        std::array<std::byte, QuantileSketch::encoded_bytes_max> room;
        ByteWriter bins(room);
        if (window.open) window.parts.sketch.write(bins);
        out.put(static_cast<std::uint8_t>(bins.used()));
        out.put_bytes(bins.written());
    }
}

bool Windows::read_sketches(ByteReader& in, std::array<QuantileSketch, windows_max>& sketches) noexcept {
    for (QuantileSketch& sketch : sketches) {
        if (!sketch.read(in.get_bytes(in.get<std::uint8_t>()))) return false;
    }
    return in.ok();
}

}  // namespace redshank
