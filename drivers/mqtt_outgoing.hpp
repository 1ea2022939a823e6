#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace redshank {

// Publishes that wait for their turn with Paho, oldest first, copied into one ring of bytes that is acquired at
// construction. Not thread-safe, with one exception: what front() shows stays untouched until pop(), push() or not.
class MqttOutgoing {
public:
    struct Entry {
        std::string_view topic;
        std::span<const std::byte> payload;
        std::uint16_t slot = 0;  // of MqttInFlight
        bool retain = false;
    };

    explicit MqttOutgoing(std::size_t bytes) : ring_(bytes) {}

    bool push(const Entry& entry) noexcept;  // false: no room
    std::optional<Entry> front() const noexcept;
    void pop() noexcept;
    bool empty() const noexcept { return head_ == tail_; }

private:
    struct Header {
        std::uint32_t payload_bytes;
        std::uint16_t topic_bytes;
        std::uint16_t slot;
        bool retain;
        bool skip;  // nothing but the end of the ring follows
    };
    static std::size_t size_of(const Header& header) noexcept;
    Header header_at(std::size_t at) const noexcept;

    // Entries are contiguous, a multiple of alignment bytes each. Empty when head_ == tail_; never quite full.
    std::vector<std::byte> ring_;
    std::size_t head_ = 0;  // oldest entry
    std::size_t tail_ = 0;  // first free byte
};

// The publishes that Paho has not answered, a fixed number of slots.
class MqttInFlight {
public:
    static constexpr std::size_t slots_max = 256;

    MqttInFlight() noexcept { clear(); }
    std::optional<std::uint16_t> take(std::uint64_t token) noexcept;
    std::uint64_t give_back(std::uint16_t slot) noexcept;  // its token
    void clear() noexcept;

private:
    std::array<std::uint64_t, slots_max> tokens_{};
    std::array<std::uint16_t, slots_max> free_{};
    std::size_t free_count_ = 0;
};

}  // namespace redshank
