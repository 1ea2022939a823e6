#include <algorithm>
#include <array>

#include "storage/sqlite_store.hpp"

namespace redshank {
namespace {

constexpr std::uint64_t bytes_max_least = 524'288;
constexpr std::uint64_t boots_kept = 1000;

}  // namespace

std::uint64_t SqliteStore::wal_part_of(const Limits& limits) {
    return std::clamp<std::uint64_t>(limits.bytes_max / 32, 65'536, 2'097'152) / Database::page_bytes *
           Database::page_bytes;
}

Outcome<> SqliteStore::prepare_all() {
    const std::array<std::pair<Statement*, std::string_view>, 11> all{{
        {&save_totals_, save_totals_sql},
        {&put_state_, "INSERT INTO state VALUES(?1,?2) ON CONFLICT(key) DO UPDATE SET value=?2"},
        {&remove_state_, "DELETE FROM state WHERE key=?"},
        {&put_row_, "INSERT INTO outbox(number,kind,readings,wire) VALUES(?,?,?,?)"},
        {&select_unsealed_,
         "SELECT number,kind,readings,wire FROM outbox"
         " WHERE kind=? AND sequence IS NULL AND number BETWEEN ? AND ? ORDER BY number"},
        {&seal_row_, "UPDATE outbox SET sequence=?2,place=?3 WHERE number=?1 AND sequence IS NULL"},
        {&put_batch_, "INSERT INTO batches VALUES(?,?,?)"},
        {&select_batch_, "SELECT number,kind,readings,wire FROM outbox WHERE sequence=? ORDER BY place"},
        {&sum_through_, "SELECT count(*),ifnull(sum(readings),0),ifnull(sum(kind=1),0) FROM outbox WHERE sequence<=?"},
        {&remove_rows_, "DELETE FROM outbox WHERE sequence<=?"},
        {&remove_batches_, "DELETE FROM batches WHERE sequence<=?"},
    }};
    for (const auto& [statement, sql] : all) {
        Outcome<Statement> prepared = database_->prepare(sql);
        if (!prepared) return failure(std::move(prepared.error()));
        *statement = std::move(*prepared);
    }
    return {};
}

Outcome<> SqliteStore::begin() {
    Outcome<> done = database_->check();
    if (!done) return done;
    StoreTotals fresh;
    fresh.incarnation = random_incarnation();
    done = make_schema(*database_, fresh);
    if (!done) return done;
    // What a failed sync may have left in the write-ahead log is written and synced anew before it is believed.
    if (const Outcome<bool> written = database_->truncate_wal(); !written) return failure(written.error());
    Outcome<StoreTotals> totals = load_totals(*database_);
    if (!totals) return failure(std::move(totals.error()));
    totals_ = *totals;
    Outcome<OutboxCounts> counts = count_rows(*database_, totals_);
    if (!counts) return failure(std::move(counts.error()));
    counts_ = *counts;
    done = prepare_all();
    measure();
    return done;
}

void SqliteStore::measure() {
    const Outcome<std::int64_t> pages = database_->integer("PRAGMA page_count");
    const Outcome<std::int64_t> unused = database_->integer("PRAGMA freelist_count");
    if (pages && unused) pages_used_ = static_cast<std::uint64_t>(*pages - *unused);
}

bool SqliteStore::room_for_results() const {
    const std::uint64_t part = wal_part();
    const std::uint64_t wal = std::max(database_->wal_bytes_on_disk(), part);
    return pages_used_ * Database::page_bytes + wal + 3 * part <= limits_.bytes_max;
}

Outcome<std::uint64_t> SqliteStore::begin_boot(std::int64_t wall_offset_ns, bool wall_trusted) {
    const Outcome<> done = transact(bytes_without_rows_max(), [&](StoreTotals& totals, OutboxCounts&) -> Outcome<> {
        ++totals.boot;
        totals.position = 0;
        Outcome<Statement> insert = database_->prepare("INSERT INTO boots VALUES(?,?,?)");
        if (!insert) return failure(std::move(insert.error()));
        Outcome<> put = insert->bind(1, totals.boot).bind(2, wall_offset_ns).bind(3, wall_trusted ? 1 : 0).run();
        if (!put || totals.boot <= boots_kept) return put;
        return database_->execute("DELETE FROM boots WHERE boot<=" + std::to_string(totals.boot - boots_kept));
    });
    if (!done) return failure(done.error());
    return totals_.boot;
}

Outcome<> SqliteStore::commit(const Checkpoint& checkpoint) {
    if (checkpoint.boot != totals_.boot) {
        return refused("a checkpoint of boot " + std::to_string(checkpoint.boot) + " in boot " +
                       std::to_string(totals_.boot));
    }
    if (checkpoint.position < totals_.position || checkpoint.position > number_max) {
        return refused("a checkpoint at position " + std::to_string(checkpoint.position) + " behind the one at " +
                       std::to_string(totals_.position));
    }
    std::uint64_t last = totals_.last_number;
    for (const OutboxRow& row : checkpoint.rows) {
        if (row.number <= last || row.number > number_max || row.readings > number_max) {
            return refused("row " + std::to_string(row.number) + " after row " + std::to_string(last));
        }
        last = row.number;
    }
    const std::uint64_t limit = checkpoint.rows.empty() ? bytes_without_rows_max() : bytes_with_rows_max();
    return transact(limit, [&](StoreTotals& totals, OutboxCounts& counts) -> Outcome<> {
        totals.position = checkpoint.position;
        for (const StateEntry& entry : checkpoint.state) {
            if (Outcome<> done = write_state(entry); !done) return done;
        }
        for (const OutboxRow& row : checkpoint.rows) {
            if (Outcome<> done = write_row(row, totals, counts); !done) return done;
        }
        return {};
    });
}

Outcome<> SqliteStore::write_state(const StateEntry& entry) {
    if (entry.value.empty()) return remove_state_.bind(1, entry.key).run();
    return put_state_.bind(1, entry.key).bind(2, entry.value).run();
}

Outcome<> SqliteStore::write_row(const OutboxRow& row, StoreTotals& totals, OutboxCounts& counts) {
    totals.last_number = row.number;
    ++totals.taken_rows;
    totals.taken_readings += row.readings;
    ++counts.rows;
    counts.readings += row.readings;
    if (row.kind == RowKind::alert) ++counts.alerts;
    put_row_.bind(1, row.number).bind(2, static_cast<int>(row.kind)).bind(3, row.readings).bind(4, row.wire);
    return put_row_.run();
}

Outcome<> SqliteStore::each_state(
    const std::function<void(std::string_view key, std::span<const std::byte> value)>& take) {
    Outcome<Statement> select = database_->prepare("SELECT key,value FROM state ORDER BY key");
    if (!select) return failure(std::move(select.error()));
    Outcome<bool> row = select->step();
    for (; row && *row; row = select->step()) take(select->text(0), select->blob(1));
    if (!row) return failure(std::move(row.error()));
    return {};
}

Outcome<std::unique_ptr<Store>> Store::open(const std::filesystem::path& file, const Limits& limits) {
    if (limits.bytes_max < bytes_max_least) {
        return failure(file.string() + ": " + std::to_string(limits.bytes_max) + " bytes are too few, at least " +
                       std::to_string(bytes_max_least));
    }
    const std::uint64_t part = SqliteStore::wal_part_of(limits);
    Database::Options options;
    options.busy_ms = 2000;
    options.cache_bytes = 1 << 20;
    options.wal_bytes = part;
    Outcome<std::unique_ptr<Database>> database = Database::open(file, options);
    if (!database) return failure(std::move(database.error()));
    auto store = std::make_unique<SqliteStore>(std::move(*database), limits);
    if (Outcome<> begun = store->begin(); !begun) return failure(std::move(begun.error()));
    return store;
}

}  // namespace redshank
