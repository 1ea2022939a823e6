#include "drivers/mqtt_outgoing.hpp"

#include <cstring>
#include <limits>

namespace redshank {

namespace {

constexpr std::size_t alignment = 8;

std::size_t rounded(std::size_t bytes) noexcept {
    return (bytes + alignment - 1) / alignment * alignment;
}

}  // namespace

std::size_t MqttOutgoing::size_of(const Header& header) noexcept {
    return rounded(sizeof(Header) + header.topic_bytes + header.payload_bytes);
}

MqttOutgoing::Header MqttOutgoing::header_at(std::size_t at) const noexcept {
    Header header{};
    std::memcpy(&header, ring_.data() + at, sizeof(header));
    return header;
}

bool MqttOutgoing::push(const Entry& entry) noexcept {
    if (entry.topic.size() > std::numeric_limits<std::uint16_t>::max() || entry.payload.size() > ring_.size()) {
        return false;
    }
    if (empty()) head_ = tail_ = 0;  // so that a long one fits whatever came before
    Header header{static_cast<std::uint32_t>(entry.payload.size()), static_cast<std::uint16_t>(entry.topic.size()),
                  entry.slot, entry.retain, false};
    const std::size_t bytes = size_of(header);
    if (tail_ >= head_) {
        const bool fits_behind = tail_ + bytes < ring_.size() || (tail_ + bytes == ring_.size() && head_ != 0);
        if (!fits_behind) {
            if (bytes >= head_) return false;
            if (ring_.size() - tail_ >= sizeof(Header)) {
                const Header skip{0, 0, 0, false, true};
                std::memcpy(ring_.data() + tail_, &skip, sizeof(skip));
            }
            tail_ = 0;
        }
    } else if (tail_ + bytes >= head_) {
        return false;
    }
    std::byte* const at = ring_.data() + tail_;
    std::memcpy(at, &header, sizeof(header));
    if (!entry.topic.empty()) std::memcpy(at + sizeof(header), entry.topic.data(), entry.topic.size());
    if (!entry.payload.empty()) {
        std::memcpy(at + sizeof(header) + entry.topic.size(), entry.payload.data(), entry.payload.size());
    }
    tail_ += bytes;
    if (tail_ == ring_.size()) tail_ = 0;
    return true;
}

std::optional<MqttOutgoing::Entry> MqttOutgoing::front() const noexcept {
    if (empty()) return std::nullopt;
    std::size_t at = head_;
    if (ring_.size() - at < sizeof(Header) || header_at(at).skip) at = 0;
    const Header header = header_at(at);
    const std::byte* const bytes = ring_.data() + at + sizeof(header);
    return Entry{{reinterpret_cast<const char*>(bytes), header.topic_bytes},
                 {bytes + header.topic_bytes, header.payload_bytes},
                 header.slot,
                 header.retain};
}

void MqttOutgoing::pop() noexcept {
    if (empty()) return;
    if (ring_.size() - head_ < sizeof(Header) || header_at(head_).skip) head_ = 0;
    head_ += size_of(header_at(head_));
    if (head_ == ring_.size()) head_ = 0;
}

std::optional<std::uint16_t> MqttInFlight::take(std::uint64_t token) noexcept {
    if (free_count_ == 0) return std::nullopt;
    const std::uint16_t slot = free_[--free_count_];
    tokens_[slot] = token;
    return slot;
}

std::uint64_t MqttInFlight::give_back(std::uint16_t slot) noexcept {
    free_[free_count_++] = slot;
    return tokens_[slot];
}

void MqttInFlight::clear() noexcept {
    free_count_ = slots_max;
    for (std::size_t i = 0; i < slots_max; ++i) free_[i] = static_cast<std::uint16_t>(slots_max - 1 - i);
}

}  // namespace redshank
