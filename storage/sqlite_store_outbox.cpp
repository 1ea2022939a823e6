#include <algorithm>

#include "storage/sqlite_store.hpp"

namespace redshank {

// Stops in front of the first row that would exceed bytes_max or the capacity of `bytes`.
Outcome<> SqliteStore::take_rows(Statement& select, std::size_t bytes_max, std::vector<OutboxRow>& into,
                                 std::vector<std::byte>& bytes) {
    std::size_t taken = 0;
    Outcome<bool> row = select.step();
    for (; row && *row; row = select.step()) {
        const std::span<const std::byte> wire = select.blob(3);
        if (wire.size() > bytes_max - taken || wire.size() > bytes.capacity() - bytes.size()) break;
        const std::size_t begin = bytes.size();
        bytes.insert(bytes.end(), wire.begin(), wire.end());
        taken += wire.size();
        into.push_back({select.unsigned_integer(0), static_cast<RowKind>(select.integer(1)), select.unsigned_integer(2),
                        std::span<const std::byte>(bytes).subspan(begin)});
    }
    select.reset();
    if (!row) return failure(std::move(row.error()));
    return {};
}

Outcome<> SqliteStore::unsealed(RowKind kind, std::uint64_t from, std::uint64_t to, std::size_t bytes_max,
                                std::vector<OutboxRow>& into, std::vector<std::byte>& bytes) {
    select_unsealed_.bind(1, static_cast<int>(kind)).bind(2, std::min(from, number_max));
    select_unsealed_.bind(3, std::min(to, number_max));
    return take_rows(select_unsealed_, bytes_max, into, bytes);
}

Outcome<> SqliteStore::rows_of(std::uint64_t sequence, std::vector<OutboxRow>& into, std::vector<std::byte>& bytes) {
    select_batch_.bind(1, std::min(sequence, number_max));
    return take_rows(select_batch_, std::numeric_limits<std::size_t>::max(), into, bytes);
}

Outcome<> SqliteStore::seal(std::span<const Seal> batches) {
    std::uint64_t expected = totals_.last_sealed;
    for (const Seal& batch : batches) {
        if (batch.sequence != ++expected) {
            return refused("batch " + std::to_string(batch.sequence) + " where batch " + std::to_string(expected) +
                           " follows");
        }
        if (batch.numbers.empty()) return refused("batch " + std::to_string(batch.sequence) + " has no rows");
    }
    if (batches.empty()) return {};
    return transact(bytes_without_rows_max(), [&](StoreTotals& totals, OutboxCounts& counts) -> Outcome<> {
        for (const Seal& batch : batches) {
            if (Outcome<> done = write_seal(batch, counts); !done) return done;
        }
        totals.last_sealed = expected;
        return {};
    });
}

Outcome<> SqliteStore::write_seal(const Seal& batch, OutboxCounts& counts) {
    std::size_t place = 0;
    for (const std::uint64_t number : batch.numbers) {
        if (Outcome<> done = seal_row_.bind(1, number).bind(2, batch.sequence).bind(3, place).run(); !done) return done;
        if (database_->changes() != 1) {
            return refused("row " + std::to_string(number) + " is not there or sealed already");
        }
        ++place;
    }
    counts.sealed_rows += batch.numbers.size();
    put_batch_.bind(1, batch.sequence).bind(2, std::span<const std::byte>(batch.digest)).bind(3, place);
    return put_batch_.run();
}

Outcome<std::vector<SealedBatch>> SqliteStore::sealed() {
    Outcome<Statement> select = database_->prepare("SELECT sequence,digest FROM batches ORDER BY sequence");
    if (!select) return failure(std::move(select.error()));
    std::vector<SealedBatch> batches;
    Outcome<bool> row = select->step();
    for (; row && *row; row = select->step()) {
        SealedBatch batch{select->unsigned_integer(0), {}};
        const std::span<const std::byte> digest = select->blob(1);
        if (digest.size() != batch.digest.size()) return refused("damaged: a batch has no digest");
        std::ranges::copy(digest, batch.digest.begin());
        batches.push_back(batch);
    }
    if (!row) return failure(std::move(row.error()));
    return batches;
}

Outcome<> SqliteStore::acknowledge(std::uint64_t sequence) {
    if (sequence <= totals_.last_acknowledged) return {};
    if (sequence > totals_.last_sealed) {
        return refused("batch " + std::to_string(sequence) + " was never sealed; the last is " +
                       std::to_string(totals_.last_sealed));
    }
    return transact(bytes_without_rows_max(), [&](StoreTotals& totals, OutboxCounts& counts) -> Outcome<> {
        const Outcome<std::vector<SealedBatch>> batches = sealed();
        if (!batches) return failure(batches.error());
        const auto batch = std::ranges::find(*batches, sequence, &SealedBatch::sequence);
        if (batch == batches->end()) return refused("damaged: batch " + std::to_string(sequence) + " is not there");
        totals.last_acknowledged = sequence;
        totals.digest_acknowledged = batch->digest;

        if (const Outcome<bool> row = sum_through_.bind(1, sequence).step(); !row) return failure(row.error());
        const std::uint64_t rows = sum_through_.unsigned_integer(0);
        const std::uint64_t readings = sum_through_.unsigned_integer(1);
        const std::uint64_t alerts = sum_through_.unsigned_integer(2);
        sum_through_.reset();
        totals.delivered_rows += rows;
        totals.delivered_readings += readings;
        counts = {counts.rows - rows, counts.readings - readings, counts.sealed_rows - rows, counts.alerts - alerts};
        Outcome<> done = remove_rows_.bind(1, sequence).run();
        if (done) done = remove_batches_.bind(1, sequence).run();
        return done;
    });
}

Outcome<> SqliteStore::new_incarnation() {
    return transact(bytes_without_rows_max(), [&](StoreTotals& totals, OutboxCounts& counts) -> Outcome<> {
        std::uint64_t other = random_incarnation();
        while (other == totals.incarnation) other = random_incarnation();
        totals.incarnation = other;
        totals.last_sealed = 0;
        totals.last_acknowledged = 0;
        totals.digest_acknowledged = {};
        counts.sealed_rows = 0;
        return database_->execute(
            "UPDATE outbox SET sequence=NULL,place=NULL WHERE sequence IS NOT NULL; DELETE FROM batches");
    });
}

Outcome<std::uint64_t> SqliteStore::oldest_number() {
    const Outcome<std::int64_t> oldest = database_->integer("SELECT ifnull(min(number),0) FROM outbox");
    if (!oldest) return failure(oldest.error());
    return static_cast<std::uint64_t>(*oldest);
}

}  // namespace redshank
