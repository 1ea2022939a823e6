#include <algorithm>
#include <array>

#include "storage/sqlite_store.hpp"

namespace redshank {
namespace {

constexpr std::uint64_t bytes_max_least = 524'288;
constexpr std::uint64_t boots_kept = 1000;

// SQLite's layout of a page of a table without rowid: an entry of up to entry_local_max bytes stands in the tree; of a
// longer one at least entry_local_min do, the rest in pages of its own.
constexpr std::uint64_t entry_local_max = (Database::page_bytes - 12) * 64 / 255 - 23;
constexpr std::uint64_t entry_local_min = (Database::page_bytes - 12) * 32 / 255 - 23;
constexpr std::uint64_t overflow_page_bytes = Database::page_bytes - 4;
constexpr std::uint64_t entry_header_bytes = 16;

std::uint64_t overflow_pages(std::uint64_t bytes) noexcept {
    return bytes <= entry_local_max ? 0 : (bytes - entry_local_min + overflow_page_bytes - 1) / overflow_page_bytes;
}

std::uint64_t state_disk_bytes_min(std::uint64_t bytes) noexcept {
    const std::uint64_t pages = overflow_pages(bytes);
    return pages == 0 ? bytes : pages * Database::page_bytes;
}

}  // namespace

std::uint64_t state_disk_bytes_max(std::uint64_t bytes) noexcept {
    bytes += entry_header_bytes;
    const std::uint64_t pages = overflow_pages(bytes);
    const std::uint64_t in_tree =
        pages == 0 ? bytes : std::min(bytes - (pages - 1) * overflow_page_bytes, entry_local_max);
    return pages * Database::page_bytes + in_tree * 3 / 2;
}

std::uint64_t row_disk_bytes_max(std::uint64_t wire_bytes) noexcept {
    constexpr std::uint64_t columns_bytes = 24;
    constexpr std::uint64_t indices_bytes = 48;
    return (wire_bytes + columns_bytes) * 9 / 8 + indices_bytes;
}

std::uint64_t SqliteStore::wal_part_of(const Limits& limits) {
    return std::clamp<std::uint64_t>(limits.bytes_max / 32, 65'536, 2'097'152) / Database::page_bytes *
           Database::page_bytes;
}

Outcome<> SqliteStore::prepare_all() {
    const std::array<std::pair<Statement*, std::string_view>, 12> all{{
        {&save_totals_, save_totals_sql},
        {&put_state_, "INSERT INTO state VALUES(?1,?2) ON CONFLICT(key) DO UPDATE SET value=?2"},
        {&select_state_size_, "SELECT length(value) FROM state WHERE key=?"},
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
    if (!done) return done;
    done = each_state([this](std::string_view key, std::span<const std::byte> value) {
        state_bytes_ += state_disk_bytes_min(key.size() + value.size());
    });
    measure();
    bytes_needed_ = pages_used_ * Database::page_bytes + state_bytes_missing() + wal_part();
    return done;
}

std::uint64_t SqliteStore::state_bytes_missing() const {
    return limits_.state_bytes_max - std::min(limits_.state_bytes_max, state_bytes_);
}

std::uint64_t SqliteStore::bytes_without_rows_max() const {
    return std::max(limits_.bytes_max - 2 * wal_part(), bytes_needed_);
}

std::uint64_t SqliteStore::bytes_with_rows_max(std::span<const StateEntry> state) const {
    std::uint64_t grows = 0;
    for (const StateEntry& entry : state) grows += state_disk_bytes_max(entry.key.size() + entry.value.size());
    const std::uint64_t missing = state_bytes_missing();
    const std::uint64_t kept = 3 * wal_part() + missing - std::min(missing, grows);
    return limits_.bytes_max - std::min(limits_.bytes_max - Database::page_bytes, kept);
}

void SqliteStore::measure() {
    const Outcome<std::int64_t> pages = database_->integer("PRAGMA page_count");
    const Outcome<std::int64_t> unused = database_->integer("PRAGMA freelist_count");
    if (pages && unused) pages_used_ = static_cast<std::uint64_t>(*pages - *unused);
}

std::uint64_t SqliteStore::room_for_rows() const {
    const std::uint64_t part = wal_part();
    const std::uint64_t wal = std::clamp(database_->wal_bytes_on_disk(), part, 2 * part);
    const std::uint64_t taken = pages_used_ * Database::page_bytes + state_bytes_missing() + wal + 2 * part;
    return limits_.bytes_max - std::min(limits_.bytes_max, taken);
}

bool SqliteStore::room_for_results() const {
    return room_for_rows() >= wal_part();
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
    const std::uint64_t limit =
        checkpoint.rows.empty() ? bytes_without_rows_max() : bytes_with_rows_max(checkpoint.state);
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
    const Outcome<bool> known = select_state_size_.bind(1, entry.key).step();
    if (!known) return failure(known.error());
    // After a failure the store is opened anew, and counts anew.
    if (*known) state_bytes_ -= state_disk_bytes_min(entry.key.size() + select_state_size_.unsigned_integer(0));
    select_state_size_.reset();
    if (!entry.value.empty()) state_bytes_ += state_disk_bytes_min(entry.key.size() + entry.value.size());
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
