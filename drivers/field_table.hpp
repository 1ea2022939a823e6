#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "drivers/payload_decoder.hpp"

namespace redshank {

// The fields of one message, row by row, names included, found by name in constant time. No heap after construction.
//   Invariant: names of one row's fields that are not cut differ.
class FieldTable {
public:
    explicit FieldTable(std::size_t fields_max);

    void clear() noexcept;      // and the first row begins
    void begin_row() noexcept;  // what follows is of another row

    // Of equal names in a row the last value stands. False when there is no room for one more.
    bool put(std::string_view name, Result<Decimal> value) noexcept;

    // A name longer than channel_name_bytes_max, which no channel can have: kept cut, with channel_limit, and never
    // found again.
    bool put_cut(std::string_view name) noexcept;

    std::span<const DecodedField> row() const noexcept { return std::span(fields_).first(count_).subspan(row_begin_); }
    std::size_t bytes() const noexcept;

private:
    struct Slot {
        std::uint32_t row = 0;  // the slot is empty in any other
        std::uint32_t field = 0;
    };

    void append(std::string_view name, Result<Decimal> value) noexcept;

    std::vector<DecodedField> fields_;
    std::vector<char> names_;  // channel_name_bytes_max for each field
    std::vector<Slot> slots_;  // open addressing, at most half full
    std::size_t count_ = 0;
    std::size_t row_begin_ = 0;
    std::uint32_t row_ = 0;
};

}  // namespace redshank
