#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

#include "model/bytes.hpp"

namespace redshank {

// The most frequent of many keys in a fixed room.
//   Source: Metwally, Agrawal, El Abbadi (2005), "Efficient computation of frequent and top-k elements in data
//   streams": a key without a place takes that of the least frequent one, and its count as a possible error. Of equals
//   the lowest place is taken.
//   Invariant: a key was seen at most `count` and at least `count - error` times; every key that was seen more often
//   than total / Capacity is held; no key is held twice. Thread: the owner's. No heap.
template <std::size_t Capacity>
class SpaceSaving {
public:
    struct Entry {
        std::uint32_t key = 0;
        std::uint32_t count = 0;
        std::uint32_t error = 0;
    };

    void add(std::uint32_t key) noexcept {
        Entry* least = entries_.data();
        for (Entry& entry : places()) {
            if (entry.key == key) {
                ++entry.count;
                return;
            }
            if (entry.count < least->count) least = &entry;
        }
        if (used_ < Capacity) {
            entries_[used_++] = {key, 1, 0};
        } else {
            *least = {key, least->count + 1, least->count};
        }
    }

    // nullptr: not held.
    const Entry* find(std::uint32_t key) const noexcept {
        for (const Entry& entry : held()) {
            if (entry.key == key) return &entry;
        }
        return nullptr;
    }
    std::span<const Entry> held() const noexcept { return std::span(entries_).first(used_); }

    // All counts, and what they were of, count half from now on; bounds hold within one.
    void halve() noexcept {
        for (Entry& entry : places()) {
            entry.count = (entry.count + 1) / 2;
            entry.error = entry.error / 2;
        }
    }

    static constexpr std::size_t written_bytes = 2 + 12 * Capacity;
    void write(ByteWriter& out) const noexcept {
        out.put(used_);
        for (const Entry& entry : entries_) {
            out.put(entry.key);
            out.put(entry.count);
            out.put(entry.error);
        }
    }
    // false: what no stream of keys up to key_most and counts up to count_most leads to; state undefined then.
    bool read(ByteReader& in, std::uint32_t key_most, std::uint32_t count_most) noexcept {
        used_ = in.get<std::uint16_t>();
        bool fine = used_ <= Capacity;
        for (std::size_t i = 0; i < Capacity; ++i) {
            Entry& entry = entries_[i];
            entry = {in.get<std::uint32_t>(), in.get<std::uint32_t>(), in.get<std::uint32_t>()};
            if (i >= used_) {
                fine = fine && entry.key == 0 && entry.count == 0 && entry.error == 0;
                continue;
            }
            fine = fine && entry.key <= key_most && entry.count >= 1 && entry.count <= count_most;
            fine = fine && entry.error < entry.count;
            for (std::size_t k = 0; k < i && fine; ++k) fine = entries_[k].key != entry.key;
        }
        if (!fine || !in.ok()) used_ = 0;
        return fine && in.ok();
    }

private:
    static_assert(Capacity >= 1 && Capacity <= UINT16_MAX);
    std::span<Entry> places() noexcept { return std::span(entries_).first(used_); }

    std::uint16_t used_ = 0;
    std::array<Entry, Capacity> entries_{};
};

}  // namespace redshank
