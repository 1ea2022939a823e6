#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "model/text.hpp"

namespace redshank {

// The RFC 6901 pointer of the place a walk is at, in place. What exceeds its room is counted and not kept.
//   Invariant: text() is the first min(size(), room) bytes of the pointer.
class JsonPointer {
public:
    void clear() noexcept { size_ = 0; }

    // Returns what pop() wants.
    std::size_t push(std::string_view key) noexcept {
        const std::size_t before = size_;
        append('/');
        for (const char byte : key) {
            if (byte == '~' || byte == '/') {
                append('~');
                append(byte == '~' ? '0' : '1');
            } else {
                append(byte);
            }
        }
        return before;
    }
    void pop(std::size_t before) noexcept { size_ = before; }

    std::size_t size() const noexcept { return size_; }
    std::string_view text() const noexcept { return {bytes_.data(), size_ < room ? size_ : room}; }

private:
    static constexpr std::size_t room =
        channel_name_bytes_max + 1;  // the longest name of a channel is told from longer

    void append(char byte) noexcept {
        if (size_ < room) bytes_[size_] = byte;
        ++size_;
    }

    std::array<char, room> bytes_{};
    std::size_t size_ = 0;
};

}  // namespace redshank
