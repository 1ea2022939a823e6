#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/fnv1a.hpp"

namespace redshank {

// Names to slots of a fixed table: open addressing with linear probing, at most half full. The names themselves stay in
// the table; the caller gives them back for comparison. Nothing is removed: a table that loses entries builds a new
// one.
class NameIndex {
public:
    static constexpr std::uint32_t none = UINT32_MAX;

    explicit NameIndex(std::size_t capacity) : slots_(room_for(capacity), none) {}

    template <class NameOf>
    std::uint32_t find(std::string_view name, const NameOf& name_of) const noexcept {
        for (std::size_t at = home_of(name);; at = (at + 1) & (slots_.size() - 1)) {
            if (slots_[at] == none || name_of(slots_[at]) == name) return slots_[at];
        }
    }

    void insert(std::string_view name, std::uint32_t slot) noexcept {
        std::size_t at = home_of(name);
        while (slots_[at] != none) at = (at + 1) & (slots_.size() - 1);
        slots_[at] = slot;
    }

private:
    std::size_t home_of(std::string_view name) const noexcept {
        return static_cast<std::size_t>(fnv1a(name)) & (slots_.size() - 1);
    }
    static std::size_t room_for(std::size_t capacity) noexcept {
        std::size_t room = 4;
        while (room < 2 * capacity) room *= 2;
        return room;
    }

    std::vector<std::uint32_t> slots_;
};

}  // namespace redshank
