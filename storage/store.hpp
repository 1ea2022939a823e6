#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "model/outcome.hpp"

namespace redshank {

// What a result row is. The store keeps rows in their wire form and does not look inside.
enum class RowKind : std::uint8_t { alert = 1, aggregate = 2, gap = 3, boot = 4 };

struct OutboxRow {
    std::uint64_t number = 0;
    RowKind kind = RowKind::aggregate;
    std::uint64_t readings = 0;  // how many readings it counts, 0 for others than aggregates
    std::span<const std::byte> wire;
};

// One entry of saved state; an empty value removes the key.
struct StateEntry {
    std::string_view key;
    std::span<const std::byte> value;
};

// What an entry of state takes of the file at most, for `bytes` of key and value: pages that splits leave half empty
// and pages of its own for what is too long to share one.
std::uint64_t state_disk_bytes_max(std::uint64_t bytes) noexcept;
// What a row of the outbox takes of the file at most, for its bytes in wire form.
std::uint64_t row_disk_bytes_max(std::uint64_t wire_bytes) noexcept;

// One transaction, all or nothing, durable when commit returns. boot must be the store's; position must not fall within
// a boot; numbers must rise, above every number the store has ever taken.
struct Checkpoint {
    std::uint64_t boot = 0;
    std::uint64_t position = 0;  // every record up to and including it is in this checkpoint
    std::span<const StateEntry> state;
    std::span<const OutboxRow> rows;  // results made since the last checkpoint
};

using Digest = std::array<std::byte, 32>;

struct SealedBatch {
    std::uint64_t sequence = 0;
    Digest digest{};
};

struct OutboxCounts {  // counted from rows, never a remainder
    std::uint64_t rows = 0;
    std::uint64_t readings = 0;
    std::uint64_t sealed_rows = 0;
    std::uint64_t alerts = 0;
};

// The agent's database, the only authority: checkpoints and the outbox. SQLite, WAL, synchronous=FULL, file mode 0600.
//   Thread: the keeper's alone after start. Errors: every call that writes may fail (full or broken disk); the
//   transaction is then rolled back, and every later write is refused until the caller has opened the store anew. What
//   breaks a rule told here is refused before a transaction begins and leaves the store as it was.
//   Tables, questions to ask and what is durable when: docs/store.md.
class Store {
public:
    struct Limits {
        std::uint64_t bytes_max = 64ULL << 20;  // database, journal and all; at least 512 KiB
        std::uint64_t state_bytes_max = 0;      // kept free for state, whatever of it is not there yet: no row takes it
    };

    // Makes the file and a random incarnation when there is none. A failure for a file that is no store, is damaged, or
    // is of a newer format.
    static Outcome<std::unique_ptr<Store>> open(const std::filesystem::path& file, const Limits& limits);
    virtual ~Store() = default;

    virtual std::uint64_t incarnation() const = 0;
    virtual std::uint64_t boot() const = 0;      // of the last boot begun; 0 before the first
    virtual std::uint64_t position() const = 0;  // of the last checkpoint, within boot()

    // A new inbox file begins: raises and commits the boot number. Position becomes 0.
    virtual Outcome<std::uint64_t> begin_boot(std::int64_t wall_offset_ns, bool wall_trusted) = 0;

    virtual Outcome<> commit(const Checkpoint& checkpoint) = 0;
    // In key order (bytes). The span lives for the call.
    virtual Outcome<> each_state(
        const std::function<void(std::string_view key, std::span<const std::byte> value)>& take) = 0;

    // Unsealed rows of a kind with number in [from, to], by number, until their bytes would exceed bytes_max (at least
    // one if there is any and it fits alone). Appends to `into`; wire bytes go to `bytes` (the rows point into it, so
    // its capacity must suffice beforehand: stops when it is full).
    virtual Outcome<> unsealed(RowKind kind, std::uint64_t from, std::uint64_t to, std::size_t bytes_max,
                               std::vector<OutboxRow>& into, std::vector<std::byte>& bytes) = 0;

    struct Seal {
        std::uint64_t sequence = 0;  // must be last_sealed() + 1, + 2, ...
        Digest digest{};
        std::span<const std::uint64_t> numbers;  // rows, in the order they stand in the batch
    };
    // Gives rows their batch, for good: one transaction for all of them.
    virtual Outcome<> seal(std::span<const Seal> batches) = 0;
    virtual std::uint64_t last_sealed() const = 0;        // 0 before the first
    virtual std::uint64_t last_acknowledged() const = 0;  // everything up to it has left the store
    virtual Digest digest_acknowledged() const = 0;       // of batch last_acknowledged(); zeros before the first
    // Sealed and unacknowledged batches, by sequence.
    virtual Outcome<std::vector<SealedBatch>> sealed() = 0;
    // The rows of one sealed batch, in their order in the batch; as unsealed().
    virtual Outcome<> rows_of(std::uint64_t sequence, std::vector<OutboxRow>& into, std::vector<std::byte>& bytes) = 0;
    // The collector has every batch up to `sequence`: their rows go, and count as delivered, in one transaction.
    virtual Outcome<> acknowledge(std::uint64_t sequence) = 0;
    virtual std::uint64_t delivered_rows() const = 0;  // ever, in this database
    virtual std::uint64_t delivered_readings() const = 0;

    // The collector knows batches this database never sealed (an old card image, a clone): all sealed rows become
    // unsealed again under a new random incarnation, sequences begin at 1.
    virtual Outcome<> new_incarnation() = 0;

    // Of the rows still here; 0 when there is none.
    virtual Outcome<std::uint64_t> oldest_number() = 0;
    virtual OutboxCounts outbox() const = 0;  // kept up to date in memory, verified against the rows at open
    virtual std::uint64_t bytes() const = 0;  // on disk now: database and journal
    // What rows may still take (row_disk_bytes_max each): a checkpoint with more of them may fail, one without never
    // does for want of room. Beside it state keeps its own room, and may exceed bytes_max where a database that was
    // made with less room for state is full.
    virtual std::uint64_t room_for_rows() const = 0;
    virtual bool room_for_results() const = 0;  // false: bytes_max is near, commit state but no rows
};

}  // namespace redshank
