#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "model/bytes.hpp"
#include "model/fnv1a.hpp"

namespace redshank {

// The frame round every snapshot of a model, which says what is inside and whether it is intact:
//   u32 magic, u16 version, u16 inputs, u32 size of the body, body, u64 FNV-1a of all before; little-endian.
// A model raises its version when the meaning of its body changes.
struct SnapshotFrame {
    std::uint32_t magic = 0;  // four letters, the first one lowest
    std::uint16_t version = 1;
    std::uint16_t inputs = 0;
    std::uint32_t body_bytes = 0;

    static constexpr std::size_t head_bytes = 12;
    static constexpr std::size_t checksum_bytes = 8;
    constexpr std::size_t bytes() const noexcept { return head_bytes + body_bytes + checksum_bytes; }

    // write_body(out) appends exactly body_bytes. With less room than bytes() out.ok() is false.
    template <class WriteBody>
    void write(ByteWriter& out, const WriteBody& write_body) const noexcept {
        const std::size_t start = out.used();
        out.put(magic);
        out.put(version);
        out.put(inputs);
        out.put(body_bytes);
        write_body(out);
        if (!out.ok()) return;
        assert(out.used() - start == head_bytes + body_bytes);
        out.put(fnv1a(out.written().subspan(start)));
    }

    // Takes bytes() from `in` and answers with the body; nothing when it is not an intact frame like this one.
    std::optional<ByteReader> read(ByteReader& in) const noexcept {
        const std::span<const std::byte> whole = in.get_bytes(head_bytes + body_bytes);
        const auto checksum = in.get<std::uint64_t>();
        if (!in.ok() || checksum != fnv1a(whole)) return std::nullopt;
        ByteReader parts(whole);
        const bool same = parts.get<std::uint32_t>() == magic && parts.get<std::uint16_t>() == version &&
                          parts.get<std::uint16_t>() == inputs && parts.get<std::uint32_t>() == body_bytes;
        if (!same) return std::nullopt;
        return parts;
    }
};

}  // namespace redshank
