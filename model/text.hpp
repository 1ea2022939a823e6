#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace redshank {

// Text in place, without a heap. Trivially copyable, so that state which holds it can be copied as bytes.
//   Invariant: size() <= Capacity; bytes behind size() are zero.
template <std::size_t Capacity>
class Text {
public:
    static constexpr std::size_t capacity = Capacity;

    constexpr Text() noexcept = default;

    // Longer text is refused (false) and leaves *this as it was: a cut name would be another name.
    constexpr bool assign(std::string_view text) noexcept {
        if (text.size() > Capacity) return false;
        bytes_.fill('\0');
        std::copy(text.begin(), text.end(), bytes_.begin());
        size_ = static_cast<std::uint16_t>(text.size());
        return true;
    }

    constexpr bool append(std::string_view text) noexcept {
        if (size_ + text.size() > Capacity) return false;
        std::copy(text.begin(), text.end(), bytes_.begin() + size_);
        size_ = static_cast<std::uint16_t>(size_ + text.size());
        return true;
    }

    constexpr std::string_view view() const noexcept { return {bytes_.data(), size_}; }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }

    friend constexpr bool operator==(const Text& a, const Text& b) noexcept { return a.view() == b.view(); }

private:
    static_assert(Capacity <= UINT16_MAX);
    std::uint16_t size_ = 0;
    std::array<char, Capacity> bytes_{};
};

inline constexpr std::size_t channel_name_bytes_max =
    192;  // "<topic>:<field>"; a longer one is refused as channel_limit
inline constexpr std::size_t rule_name_bytes_max = 48;
inline constexpr std::size_t unit_bytes_max = 16;

using ChannelName = Text<channel_name_bytes_max>;  // of a channel, or of a group of channels
using RuleName = Text<rule_name_bytes_max>;
using UnitName = Text<unit_bytes_max>;

}  // namespace redshank
