#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace redshank {

// State and snapshots as bytes: little-endian, fixed widths, no padding, the same on every board. Neither class
// allocates. A value that does not fit, or is not there, makes ok() false for good; the caller checks once at the end.

class ByteWriter {
public:
    explicit ByteWriter(std::span<std::byte> room) noexcept : room_(room) {}

    template <class T>
    requires(std::is_integral_v<T> || std::is_enum_v<T> || std::is_same_v<T, float>) void put(T value) noexcept {
        if constexpr (std::is_same_v<T, float>) {
            put(std::bit_cast<std::uint32_t>(value));
        } else if constexpr (std::is_enum_v<T>) {
            put(static_cast<std::underlying_type_t<T>>(value));
        } else if constexpr (std::is_same_v<T, bool>) {
            put(static_cast<std::uint8_t>(value ? 1 : 0));
        } else {
            const auto raw = static_cast<std::make_unsigned_t<T>>(value);
            std::byte little[sizeof(T)];
            for (std::size_t i = 0; i < sizeof(T); ++i) {
                little[i] = static_cast<std::byte>(static_cast<std::uint64_t>(raw) >> (8 * i) & 0xffU);
            }
            put_bytes(little);
        }
    }

    void put_bytes(std::span<const std::byte> bytes) noexcept {
        if (bytes.size() > room_.size() - used_) ok_ = false;
        if (!ok_) return;
        if (!bytes.empty()) std::memcpy(room_.data() + used_, bytes.data(), bytes.size());
        used_ += bytes.size();
    }

    // u16 length, then the bytes.
    void put_text(std::string_view text) noexcept {
        if (text.size() > UINT16_MAX) ok_ = false;
        put(static_cast<std::uint16_t>(text.size()));
        put_bytes(std::as_bytes(std::span(text.data(), text.size())));
    }

    bool ok() const noexcept { return ok_; }
    std::size_t used() const noexcept { return used_; }
    std::span<const std::byte> written() const noexcept { return room_.first(used_); }

private:
    std::span<std::byte> room_;
    std::size_t used_ = 0;
    bool ok_ = true;
};

class ByteReader {
public:
    explicit ByteReader(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

    template <class T>
    requires(std::is_integral_v<T> || std::is_enum_v<T> || std::is_same_v<T, float>) T get()
    noexcept {
        if constexpr (std::is_same_v<T, float>) {
            return std::bit_cast<float>(get<std::uint32_t>());
        } else if constexpr (std::is_enum_v<T>) {
            return static_cast<T>(get<std::underlying_type_t<T>>());
        } else if constexpr (std::is_same_v<T, bool>) {
            return get<std::uint8_t>() != 0;
        } else {
            std::uint64_t raw = 0;
            const std::span<const std::byte> little = get_bytes(sizeof(T));
            for (std::size_t i = 0; i < little.size(); ++i) raw |= static_cast<std::uint64_t>(little[i]) << (8 * i);
            return static_cast<T>(static_cast<std::make_unsigned_t<T>>(raw));
        }
    }

    // Empty and ok() false when fewer than `size` are left.
    std::span<const std::byte> get_bytes(std::size_t size) noexcept {
        if (size > bytes_.size() - read_) ok_ = false;
        if (!ok_) return {};
        const auto part = bytes_.subspan(read_, size);
        read_ += size;
        return part;
    }

    std::string_view get_text() noexcept {
        const auto bytes = get_bytes(get<std::uint16_t>());
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }

    bool ok() const noexcept { return ok_; }
    std::size_t left() const noexcept { return bytes_.size() - read_; }

private:
    std::span<const std::byte> bytes_;
    std::size_t read_ = 0;
    bool ok_ = true;
};

}  // namespace redshank
