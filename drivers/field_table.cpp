#include "drivers/field_table.hpp"

#include <algorithm>
#include <bit>

#include "model/fnv1a.hpp"

namespace redshank {

FieldTable::FieldTable(std::size_t fields_max)
    : fields_(fields_max), names_(fields_max * channel_name_bytes_max), slots_(std::bit_ceil(2 * fields_max + 1)) {}

void FieldTable::clear() noexcept {
    count_ = 0;
    begin_row();
}

void FieldTable::begin_row() noexcept {
    row_begin_ = count_;
    if (++row_ != 0) return;
    std::fill(slots_.begin(), slots_.end(), Slot{});
    row_ = 1;
}

bool FieldTable::put(std::string_view name, Result<Decimal> value) noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = static_cast<std::size_t>(fnv1a(name)) & mask;
    for (; slots_[at].row == row_; at = (at + 1) & mask) {
        DecodedField& field = fields_[slots_[at].field];
        if (field.name != name) continue;
        field.value = value;
        return true;
    }
    if (count_ == fields_.size()) return false;
    slots_[at] = {row_, static_cast<std::uint32_t>(count_)};
    append(name, value);
    return true;
}

bool FieldTable::put_cut(std::string_view name) noexcept {
    if (count_ == fields_.size()) return false;
    std::size_t cut = channel_name_bytes_max;  // and no half of a character
    while (cut > 0 && (static_cast<unsigned char>(name[cut]) & 0xc0U) == 0x80U) --cut;
    append(name.substr(0, cut), tl::unexpected(Error::channel_limit));
    return true;
}

void FieldTable::append(std::string_view name, Result<Decimal> value) noexcept {
    char* const own = names_.data() + count_ * channel_name_bytes_max;
    std::copy(name.begin(), name.end(), own);
    fields_[count_++] = {std::string_view(own, name.size()), value};
}

std::size_t FieldTable::bytes() const noexcept {
    return fields_.capacity() * sizeof(DecodedField) + names_.capacity() + slots_.capacity() * sizeof(Slot);
}

}  // namespace redshank
