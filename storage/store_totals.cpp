#include "storage/store_totals.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <utility>

namespace redshank {
namespace {

constexpr std::int64_t format = 1;

// "RSHK": SQLite's place for a program's own mark.
constexpr std::int64_t application_id = 0x5253484B;

using Member = std::uint64_t StoreTotals::*;
constexpr std::array<std::pair<std::string_view, Member>, 10> members{{
    {"incarnation", &StoreTotals::incarnation},
    {"boot", &StoreTotals::boot},
    {"position", &StoreTotals::position},
    {"last_number", &StoreTotals::last_number},
    {"last_sealed", &StoreTotals::last_sealed},
    {"last_acknowledged", &StoreTotals::last_acknowledged},
    {"taken_rows", &StoreTotals::taken_rows},
    {"taken_readings", &StoreTotals::taken_readings},
    {"delivered_rows", &StoreTotals::delivered_rows},
    {"delivered_readings", &StoreTotals::delivered_readings},
}};
constexpr std::string_view digest_name = "digest_acknowledged";

const char* const tables = R"(
CREATE TABLE meta(
    name TEXT COLLATE BINARY NOT NULL PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE boots(
    boot INTEGER NOT NULL PRIMARY KEY,
    wall_offset_ns INTEGER NOT NULL,  -- wall time = monotonic clock + this, as believed when the boot began
    wall_trusted INTEGER NOT NULL
) STRICT;
CREATE TABLE state(
    key TEXT COLLATE BINARY NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE batches(                 -- sealed and not yet acknowledged
    sequence INTEGER NOT NULL PRIMARY KEY,
    digest BLOB NOT NULL,
    rows INTEGER NOT NULL
) STRICT;
CREATE TABLE outbox(
    number INTEGER NOT NULL PRIMARY KEY,
    kind INTEGER NOT NULL,            -- 1 alert, 2 aggregate, 3 gap, 4 boot
    readings INTEGER NOT NULL,
    sequence INTEGER,                 -- the batch it is sealed in, null before
    place INTEGER,                    -- within that batch, from 0
    wire BLOB NOT NULL
) STRICT;
CREATE INDEX outbox_unsealed ON outbox(kind, number) WHERE sequence IS NULL;
CREATE UNIQUE INDEX outbox_sealed ON outbox(sequence, place) WHERE sequence IS NOT NULL;
)";

}  // namespace

std::uint64_t random_incarnation() {
    std::uint64_t random = 0;
    while (::getrandom(&random, sizeof random, 0) != sizeof random || (random >> 1U) == 0) {
    }
    return random >> 1U;
}

Outcome<> make_schema(Database& database, const StoreTotals& fresh) {
    const Outcome<std::int64_t> objects = database.integer("SELECT count(*) FROM sqlite_schema");
    const Outcome<std::int64_t> mark = database.integer("PRAGMA application_id");
    if (!objects) return failure(objects.error());
    if (!mark) return failure(mark.error());
    if (*objects != 0) {
        if (*mark != application_id) return failure(database.path() + ": is a database of another program");
        const Outcome<std::int64_t> found = database.integer("SELECT value FROM meta WHERE name='format'");
        if (!found) return failure(found.error());
        if (*found > format) {
            return failure(database.path() + ": has format " + std::to_string(*found) +
                           " of a newer release; this one knows up to " + std::to_string(format));
        }
        if (*found != format) return failure(database.path() + ": has no format known here");
        return {};
    }

    Outcome<Transaction> transaction = Transaction::begin(database);
    if (!transaction) return failure(std::move(transaction.error()));
    Outcome<> done = database.execute(tables + ("PRAGMA application_id=" + std::to_string(application_id)));
    if (!done) return done;
    Outcome<Statement> insert = database.prepare("INSERT INTO meta VALUES(?,?)");
    if (!insert) return failure(std::move(insert.error()));
    done = insert->bind(1, "format").bind(2, format).run();
    for (const auto& [name, member] : members) {
        if (done) done = insert->bind(1, name).bind(2, fresh.*member).run();
    }
    if (done) done = insert->bind(1, digest_name).bind(2, std::span<const std::byte>(fresh.digest_acknowledged)).run();
    if (done) done = transaction->commit();
    return done;
}

Outcome<StoreTotals> load_totals(Database& database) {
    StoreTotals totals;
    Outcome<Statement> select = database.prepare("SELECT value FROM meta WHERE name=?");
    if (!select) return failure(std::move(select.error()));
    for (const auto& [name, member] : members) {
        Outcome<bool> row = select->bind(1, name).step();
        if (!row) return failure(std::move(row.error()));
        if (!*row) return failure(database.path() + ": damaged: meta has no row " + std::string(name));
        totals.*member = select->unsigned_integer(0);
        select->reset();
    }
    Outcome<bool> row = select->bind(1, digest_name).step();
    if (!row) return failure(std::move(row.error()));
    const std::span<const std::byte> digest = *row ? select->blob(0) : std::span<const std::byte>();
    if (digest.size() != totals.digest_acknowledged.size()) {
        return failure(database.path() + ": damaged: meta has no row " + std::string(digest_name));
    }
    std::ranges::copy(digest, totals.digest_acknowledged.begin());
    return totals;
}

Outcome<> save_totals(Statement& update, const StoreTotals& before, const StoreTotals& after) {
    for (const auto& [name, member] : members) {
        if (before.*member == after.*member) continue;
        if (Outcome<> done = update.bind(1, name).bind(2, after.*member).run(); !done) return done;
    }
    if (before.digest_acknowledged == after.digest_acknowledged) return {};
    return update.bind(1, digest_name).bind(2, std::span<const std::byte>(after.digest_acknowledged)).run();
}

Outcome<OutboxCounts> count_rows(Database& database, const StoreTotals& totals) {
    Outcome<Statement> rows = database.prepare(
        "SELECT count(*),ifnull(sum(readings),0),count(sequence),ifnull(sum(kind=1),0),ifnull(max(number),0)"
        " FROM outbox");
    if (!rows) return failure(std::move(rows.error()));
    if (const Outcome<bool> row = rows->step(); !row) return failure(row.error());
    const OutboxCounts counts{rows->unsigned_integer(0), rows->unsigned_integer(1), rows->unsigned_integer(2),
                              rows->unsigned_integer(3)};
    if (totals.taken_rows != totals.delivered_rows + counts.rows ||
        totals.taken_readings != totals.delivered_readings + counts.readings) {
        return failure(database.path() + ": damaged: the outbox has " + std::to_string(counts.rows) + " rows with " +
                       std::to_string(counts.readings) + " readings, but " +
                       std::to_string(totals.taken_rows - totals.delivered_rows) + " with " +
                       std::to_string(totals.taken_readings - totals.delivered_readings) +
                       " were taken and not delivered");
    }
    if (rows->unsigned_integer(4) > totals.last_number)
        return failure(database.path() + ": damaged: a row is newer than the last one taken");

    Outcome<Statement> batches = database.prepare(
        "SELECT count(*),ifnull(max(sequence),?1),ifnull(sum(rows),0),"
        "ifnull(sum(rows<>(SELECT count(*) FROM outbox WHERE sequence=batches.sequence)),0) FROM batches"
        " WHERE sequence>?1");
    if (!batches) return failure(std::move(batches.error()));
    if (const Outcome<bool> row = batches->bind(1, totals.last_acknowledged).step(); !row) return failure(row.error());
    if (batches->unsigned_integer(0) != totals.last_sealed - totals.last_acknowledged ||
        batches->unsigned_integer(1) != totals.last_sealed || batches->unsigned_integer(2) != counts.sealed_rows ||
        batches->integer(3) != 0) {
        return failure(database.path() + ": damaged: the sealed batches and their rows do not add up");
    }
    return counts;
}

}  // namespace redshank
