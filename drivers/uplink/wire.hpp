#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/outcome.hpp"
#include "model/rows.hpp"

namespace redshank::wire {

// The protobuf schema of the uplink (docs/uplink.proto), by nanopb. A row in its wire form is also how the outbox keeps
// it, so there is one format to read and version. How the frames follow each other: docs/uplink.md.
//   Encoding trusts its caller, except that a text too long for the schema encodes to nothing (size 0, an empty frame).
//   Decoding trusts nobody: lengths, types, UTF-8, ranges and the invariants of the rows are checked, and a failure
//   says which.

inline constexpr std::uint32_t format_version = 1;                        // a reader refuses a higher one
inline constexpr std::size_t row_bytes_max = 1024;                        // of one encoded row
inline constexpr std::size_t batch_bytes_max = 8192;                      // of one encoded batch frame
inline constexpr std::size_t batch_overhead_bytes = 128;                  // of a batch frame beside its rows
inline constexpr std::size_t row_overhead_bytes = 8;                      // of a row inside a batch
inline constexpr std::size_t agent_name_bytes_max = 64;                   // what batch_overhead_bytes leaves room for
inline constexpr std::uint32_t exponent_max = 40;                         // the finest decimal a reading may have
inline constexpr std::int64_t raw_magnitude_max = std::int64_t{1} << 62;  // of pivot, min, max, first, last

enum class GapReason : std::uint8_t { inbox_given_up = 1, database_lost = 2, collector_behind = 3, alert_overflow = 4 };

// A stretch that is known to be missing: positions of an inbox, or batch sequences.
struct GapRow {
    std::uint64_t boot = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t count = 0;
    GapReason reason = GapReason::inbox_given_up;
};

// Wall time of a boot from from_ns on is start_ns + shift_ns.
struct BootRow {
    std::uint64_t boot = 0;
    std::int64_t from_ns = 0;
    std::int64_t shift_ns = 0;
};

// Each writes one row in wire form into `out` (row_bytes_max suffices) and returns its size. No allocation.
std::size_t encode_row(const AggregateRow& row, std::span<std::byte> out) noexcept;
std::size_t encode_row(const AlertRow& row, std::span<std::byte> out) noexcept;
std::size_t encode_row(const GapRow& row, std::span<std::byte> out) noexcept;
std::size_t encode_row(const BootRow& row, std::span<std::byte> out) noexcept;

using Row = std::variant<AggregateRow, AlertRow, GapRow, BootRow>;
Outcome<Row> decode_row(std::span<const std::byte> wire);

using Digest = std::array<std::byte, 32>;

struct Hello {  // agent -> collector, first on every connection
    std::string agent;
    std::uint64_t incarnation = 0;
    std::uint64_t boot = 0;
};
struct Welcome {                      // collector -> agent
    std::uint64_t incarnation = 0;    // which one this is about
    std::uint64_t last_sequence = 0;  // 0: knows nothing of this incarnation
    Digest digest{};                  // of that batch's frame, as the collector got it; zeros: of a skipped one, or 0
};
struct Batch {  // agent -> collector
    std::string agent;
    std::uint64_t incarnation = 0;
    std::uint64_t sequence = 0;
    std::vector<std::span<const std::byte>> rows;  // each in wire form
};
struct Acknowledge {  // collector -> agent: has everything up to here, committed
    std::uint64_t incarnation = 0;
    std::uint64_t sequence = 0;
};
struct Refuse {  // collector -> agent: not the one after the last, say Hello again
    std::uint64_t incarnation = 0;
    std::uint64_t expected = 0;
};
struct Skip {  // agent -> collector: batches up to `last` are gone for ever; record the gap and go on after it
    std::string agent;
    std::uint64_t incarnation = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
};
using Frame = std::variant<Hello, Welcome, Batch, Acknowledge, Refuse, Skip>;

// A whole frame. decode_frame's spans point into `bytes`.
std::vector<std::byte> encode_frame(const Frame& frame);
Outcome<Frame> decode_frame(std::span<const std::byte> bytes);

}  // namespace redshank::wire
