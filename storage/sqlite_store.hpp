#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/sqlite/database.hpp"
#include "storage/store.hpp"
#include "storage/store_totals.hpp"

namespace redshank {

inline constexpr std::uint64_t number_max = std::numeric_limits<std::int64_t>::max();

// The store on the wrapper: checkpoints in store.cpp, the outbox in sqlite_store_outbox.cpp.
class SqliteStore final : public Store {
public:
    SqliteStore(std::unique_ptr<Database> database, const Limits& limits)
        : database_(std::move(database)), limits_(limits) {}

    static std::uint64_t wal_part_of(const Limits& limits);
    Outcome<> begin();  // before anything else

    std::uint64_t incarnation() const override { return totals_.incarnation; }
    std::uint64_t boot() const override { return totals_.boot; }
    std::uint64_t position() const override { return totals_.position; }
    Outcome<std::uint64_t> begin_boot(std::int64_t wall_offset_ns, bool wall_trusted) override;
    Outcome<> commit(const Checkpoint& checkpoint) override;
    Outcome<> each_state(
        const std::function<void(std::string_view key, std::span<const std::byte> value)>& take) override;
    Outcome<> unsealed(RowKind kind, std::uint64_t from, std::uint64_t to, std::size_t bytes_max,
                       std::vector<OutboxRow>& into, std::vector<std::byte>& bytes) override;
    Outcome<> seal(std::span<const Seal> batches) override;
    std::uint64_t last_sealed() const override { return totals_.last_sealed; }
    std::uint64_t last_acknowledged() const override { return totals_.last_acknowledged; }
    Digest digest_acknowledged() const override { return totals_.digest_acknowledged; }
    Outcome<std::vector<SealedBatch>> sealed() override;
    Outcome<> rows_of(std::uint64_t sequence, std::vector<OutboxRow>& into, std::vector<std::byte>& bytes) override;
    Outcome<> acknowledge(std::uint64_t sequence) override;
    std::uint64_t delivered_rows() const override { return totals_.delivered_rows; }
    std::uint64_t delivered_readings() const override { return totals_.delivered_readings; }
    Outcome<> new_incarnation() override;
    Outcome<std::uint64_t> oldest_number() override;
    OutboxCounts outbox() const override { return counts_; }
    std::uint64_t bytes() const override { return database_->bytes_on_disk(); }
    std::uint64_t room_for_rows() const override;
    bool room_for_results() const override;

private:
    tl::unexpected<std::string> refused(const std::string& what) const {
        return failure(database_->path() + ": " + what);
    }
    // The write-ahead log's usual size. Of bytes_max, one such part is for the log, one for a log that a large
    // checkpoint has grown, one for state and seals that grow when rows may not, and one for the rows of the checkpoint
    // that finds the room used up.
    std::uint64_t wal_part() const { return wal_part_of(limits_); }
    std::uint64_t bytes_with_rows_max(std::span<const StateEntry> state) const;
    std::uint64_t bytes_without_rows_max() const;
    // Of state that has not been written yet and must find room.
    std::uint64_t state_bytes_missing() const;
    Outcome<> prepare_all();
    void measure();

    // work(totals, counts) changes copies; they become the store's with the commit. The database file must not grow
    // beyond database_bytes_max.
    template <class Work>
    Outcome<> transact(std::uint64_t database_bytes_max, Work work);
    Outcome<> write_state(const StateEntry& entry);
    Outcome<> write_row(const OutboxRow& row, StoreTotals& totals, OutboxCounts& counts);
    Outcome<> write_seal(const Seal& batch, OutboxCounts& counts);
    static Outcome<> take_rows(Statement& select, std::size_t bytes_max, std::vector<OutboxRow>& into,
                               std::vector<std::byte>& bytes);

    std::unique_ptr<Database> database_;
    Limits limits_;
    StoreTotals totals_;
    OutboxCounts counts_;
    std::uint64_t pages_used_ = 0;    // without those that are free to be used again
    std::uint64_t state_bytes_ = 0;   // of state as it stands, at least that much of the file
    std::uint64_t bytes_needed_ = 0;  // by the file at open, with all of the state: a full one must not stop a start
    std::uint64_t database_bytes_max_ = 0;
    bool failed_ = false;

    Statement save_totals_;
    Statement put_state_;
    Statement select_state_size_;
    Statement remove_state_;
    Statement put_row_;
    Statement select_unsealed_;
    Statement seal_row_;
    Statement put_batch_;
    Statement select_batch_;
    Statement sum_through_;
    Statement remove_rows_;
    Statement remove_batches_;
};

template <class Work>
Outcome<> SqliteStore::transact(std::uint64_t database_bytes_max, Work work) {
    if (failed_) return refused("a write has failed; the store must be opened anew");
    StoreTotals totals = totals_;
    OutboxCounts counts = counts_;
    failed_ = true;
    if (database_bytes_max != database_bytes_max_) {
        if (Outcome<> limited = database_->limit_bytes(database_bytes_max); !limited) return limited;
        database_bytes_max_ = database_bytes_max;
    }
    {
        Outcome<Transaction> transaction = Transaction::begin(*database_);
        if (!transaction) return failure(std::move(transaction.error()));
        Outcome<> done = work(totals, counts);
        if (done) done = save_totals(save_totals_, totals_, totals);
        if (done) done = transaction->commit();
        if (!done) return done;
    }
    failed_ = false;
    totals_ = totals;
    counts_ = counts;
    measure();
    if (database_->wal_bytes_on_disk() > 2 * wal_part()) {
        // Committed is committed: a failure here shows in the next write.
        static_cast<void>(database_->truncate_wal());
    }
    return {};
}

}  // namespace redshank
