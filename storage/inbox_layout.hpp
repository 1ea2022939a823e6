#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace redshank::inbox_layout {

// The bytes of an inbox file, told in docs/inbox-log.md: fixed widths, no padding, the byte order of the machine (the
// file never leaves it).

inline constexpr std::array<char, 8> magic{'R', 'S', 'I', 'N', 'B', 'O', 'X', '\0'};
inline constexpr std::uint32_t format = 1;
inline constexpr std::size_t page_bytes = 4096;
inline constexpr std::size_t header_bytes = page_bytes;  // the configuration follows, then the ring, each on a page
inline constexpr std::size_t ring_bytes_min = page_bytes;

// Written once, at creation. checksum: of the bytes in front of it.
struct Fixed {
    std::array<char, 8> magic{};
    std::uint32_t format = 0;
    std::uint32_t configuration_bytes = 0;
    std::uint64_t ring_offset = 0;  // in the file
    std::uint64_t ring_bytes = 0;
    std::uint64_t first_position = 0;
    std::uint64_t boot = 0;
    std::uint64_t incarnation = 0;
    std::int64_t wall_offset_ns = 0;
    std::array<char, 36> kernel_boot_id{};
    std::uint32_t wall_trusted = 0;
    std::uint32_t configuration_checksum = 0;
    std::uint32_t checksum = 0;
};

// Virtual offsets grow for ever; a byte's place in the ring is its virtual offset modulo ring_bytes. Writer of `end`
// and of the other two touch different cache lines.
struct Header {
    Fixed fixed;
    std::array<std::byte, 256 - sizeof(Fixed)> unused_a{};
    std::uint64_t begin = 0;          // virtual offset of the oldest record kept
    std::uint64_t freed_through = 0;  // positions up to it are covered by a checkpoint
    std::array<std::byte, 48> unused_b{};
    std::uint64_t end = 0;  // virtual offset behind the newest record: storing it publishes
    std::array<std::byte, 56> unused_c{};
};

// In front of every body. checksum: of the 24 bytes in front of it and of the body with its zero bytes up to the next
// multiple of eight; of the 24 bytes alone for a pad.
struct RecordHeader {
    std::uint64_t position = 0;
    std::int64_t stamp_ns = 0;
    std::uint32_t body_bytes = 0;
    std::uint32_t kind = 0;  // RecordKind, or pad
    std::uint32_t checksum = 0;
};

inline constexpr std::uint32_t pad = 0;
inline constexpr std::size_t record_header_bytes = 28;  // sizeof(RecordHeader) has four bytes more behind it
inline constexpr std::size_t checksummed_bytes = 24;
inline constexpr std::size_t record_bytes_min = 32;

constexpr std::size_t record_bytes(std::size_t body_bytes) noexcept {
    return (record_header_bytes + body_bytes + 7) / 8 * 8;
}

static_assert(sizeof(Fixed) == 112 && offsetof(Fixed, checksum) == 108);
static_assert(offsetof(Header, begin) == 256 && offsetof(Header, end) == 320 && sizeof(Header) == 384);
static_assert(offsetof(RecordHeader, checksum) == checksummed_bytes);
static_assert(std::is_trivially_copyable_v<Header> && std::is_trivially_copyable_v<RecordHeader>);

}  // namespace redshank::inbox_layout
