#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace redshank {

// FNV-1a, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv). For tables and checks against accidents, not against malice.
inline constexpr std::uint64_t fnv1a_start = 0xcbf29ce484222325ULL;

constexpr std::uint64_t fnv1a(std::string_view bytes, std::uint64_t hash = fnv1a_start) noexcept {
    for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
    return hash;
}

constexpr std::uint64_t fnv1a(std::span<const std::byte> bytes, std::uint64_t hash = fnv1a_start) noexcept {
    for (const std::byte byte : bytes) hash = (hash ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3ULL;
    return hash;
}

}  // namespace redshank
