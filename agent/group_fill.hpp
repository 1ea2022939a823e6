#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "model/bytes.hpp"
#include "model/model.hpp"
#include "model/preprocess.hpp"

namespace redshank {

// What stands for the members of one group that have no new value when it is scored, member by member as their sources
// say. No heap.
class GroupFill {
public:
    static constexpr std::uint8_t rows_most = 3;  // that a last change is continued for

    void set_mode(std::size_t member, Fill mode) noexcept { members_[member].mode = mode; }
    Fill mode(std::size_t member) const noexcept { return members_[member].mode; }

    // A new value where the row before had one as well: how it went.
    void changed(std::size_t member, float value_step, float standardised_step) noexcept {
        members_[member] = {members_[member].mode, 0, value_step, standardised_step};
    }
    // Or where it had none: from there on it holds.
    void came_back(std::size_t member) noexcept { members_[member] = {members_[member].mode, 0, 0, 0}; }

    // The member is missing in a row that is scored.
    void missing(std::size_t member, float& value, float& standardised) noexcept {
        Member& one = members_[member];
        if (one.rows_missing < rows_most && one.mode == Fill::linear) {
            value += one.value_step;
            standardised += one.standardised_step;
        }
        if (one.rows_missing < UINT8_MAX) ++one.rows_missing;
    }
    bool is_missing(std::size_t member) const noexcept { return members_[member].rows_missing > 0; }

    void write(std::size_t members, ByteWriter& out) const noexcept {
        for (const Member& one : std::span(members_).first(members)) {
            out.put(one.rows_missing);
            out.put(one.value_step);
            out.put(one.standardised_step);
        }
    }
    void read(std::size_t members, ByteReader& in) noexcept {
        for (Member& one : std::span(members_).first(members)) {
            one.rows_missing = in.get<std::uint8_t>();
            one.value_step = in.get<float>();
            one.standardised_step = in.get<float>();
        }
    }
    static constexpr std::size_t member_bytes = 9;

private:
    struct Member {
        Fill mode = Fill::hold;
        std::uint8_t rows_missing = 0;
        float value_step = 0;
        float standardised_step = 0;
    };
    std::array<Member, group_members_most> members_{};
};

}  // namespace redshank
