#include "collector/tables.hpp"

#include <cstdint>
#include <string>

namespace redshank {
namespace {

constexpr std::int64_t application_id = 0x52536843;  // "RShC"
constexpr std::int64_t tables_version = 1;

// agents.digest: of the frame of last_seq, empty when that was skipped. gaps: first_seq and last_seq are sequences of
// batches for collector_behind, positions in the inbox of `boot` for the other reasons.
constexpr const char* schema = R"(
CREATE TABLE agents(
    agent TEXT NOT NULL, incarnation INTEGER NOT NULL, boot INTEGER NOT NULL, last_seq INTEGER NOT NULL,
    last_seen_ns INTEGER NOT NULL, digest BLOB NOT NULL,
    PRIMARY KEY(agent, incarnation)) WITHOUT ROWID;

CREATE TABLE aggregates(
    agent TEXT NOT NULL, incarnation INTEGER NOT NULL, boot INTEGER NOT NULL, channel TEXT NOT NULL,
    unit TEXT NOT NULL, clock TEXT NOT NULL CHECK(clock IN ('gateway', 'device')),
    start_ns INTEGER NOT NULL, length_ns INTEGER NOT NULL, count INTEGER NOT NULL,
    min REAL NOT NULL, max REAL NOT NULL, mean REAL NOT NULL, variance REAL NOT NULL,
    first REAL NOT NULL, first_ns INTEGER NOT NULL, last REAL NOT NULL, last_ns INTEGER NOT NULL,
    sketch BLOB, quality INTEGER NOT NULL,
    exponent INTEGER NOT NULL, pivot INTEGER NOT NULL, sum_high INTEGER NOT NULL, sum_low INTEGER NOT NULL,
    squares_high INTEGER NOT NULL, squares_low INTEGER NOT NULL, min_raw INTEGER NOT NULL, max_raw INTEGER NOT NULL,
    first_raw INTEGER NOT NULL, last_raw INTEGER NOT NULL, squares_clamped INTEGER NOT NULL, rounded INTEGER NOT NULL,
    PRIMARY KEY(agent, incarnation, boot, channel, clock, start_ns, length_ns)) WITHOUT ROWID;

CREATE TABLE alerts(
    agent TEXT NOT NULL, incarnation INTEGER NOT NULL, id TEXT NOT NULL, rule TEXT NOT NULL, channel TEXT NOT NULL,
    state TEXT NOT NULL CHECK(state IN ('firing', 'clear')), since_ns INTEGER NOT NULL, value REAL NOT NULL,
    severity TEXT NOT NULL CHECK(severity IN ('info', 'warning', 'critical')),
    PRIMARY KEY(agent, incarnation, id)) WITHOUT ROWID;

CREATE TABLE gaps(
    agent TEXT NOT NULL, incarnation INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
    count INTEGER NOT NULL, reason TEXT NOT NULL, boot INTEGER NOT NULL,
    PRIMARY KEY(agent, incarnation, reason, boot, first_seq, last_seq)) WITHOUT ROWID;

CREATE TABLE boots(
    agent TEXT NOT NULL, incarnation INTEGER NOT NULL, boot INTEGER NOT NULL, from_ns INTEGER NOT NULL,
    shift_ns INTEGER NOT NULL,
    PRIMARY KEY(agent, incarnation, boot, from_ns)) WITHOUT ROWID;

CREATE VIEW aggregates_corrected AS
SELECT agent, incarnation, boot, channel, unit, clock, start_ns + shift_ns AS start_ns, length_ns, count, min, max,
       mean, variance, first, first_ns + shift_ns AS first_ns, last, last_ns + shift_ns AS last_ns, sketch, quality,
       start_ns AS sent_start_ns, shift_ns
FROM (SELECT a.*, CASE a.clock WHEN 'device' THEN 0 ELSE coalesce(
          (SELECT b.shift_ns FROM boots b
           WHERE b.agent = a.agent AND b.incarnation = a.incarnation AND b.boot = a.boot AND b.from_ns <= a.start_ns
           ORDER BY b.from_ns DESC LIMIT 1), 0) END AS shift_ns
      FROM aggregates a);
)";

// Which agent a public key speaks for. Not of the first databases of this version: made when it is not there.
constexpr const char* keys_schema =
    "CREATE TABLE IF NOT EXISTS keys(key TEXT NOT NULL PRIMARY KEY, agent TEXT NOT NULL UNIQUE, "
    "since_ns INTEGER NOT NULL) WITHOUT ROWID";

Outcome<> make_tables(Database& database) {
    auto transaction = Transaction::begin(database);
    if (!transaction) return failure(transaction.error());
    const std::string numbers = "PRAGMA application_id = " + std::to_string(application_id) +
                                "; PRAGMA user_version = " + std::to_string(tables_version);
    if (auto made = database.execute(schema); !made) return made;
    if (auto made = database.execute(keys_schema); !made) return made;
    if (auto numbered = database.execute(numbers); !numbered) return numbered;
    return transaction->commit();
}

}  // namespace

Outcome<std::unique_ptr<Database>> open_tables(const std::filesystem::path& file) {
    Database::Options options;
    options.busy_ms = 1000;  // who must wait longer looks in between whether it is to stop
    auto opened = Database::open(file, options);
    if (!opened) return opened;
    Database& database = **opened;
    const auto objects = database.integer("SELECT count(*) FROM sqlite_schema");
    const auto application = database.integer("PRAGMA application_id");
    const auto version = database.integer("PRAGMA user_version");
    for (const auto* number : {&objects, &application, &version}) {
        if (!*number) return failure(number->error());
    }
    if (*objects == 0 && *application == 0 && *version == 0) {
        if (auto made = make_tables(database); !made) return failure(made.error());
        return opened;
    }
    if (*application != application_id) return failure(database.path() + ": is not a collector's database");
    if (*version != tables_version) {
        return failure(database.path() + ": is of format " + std::to_string(*version) + ", this program knows format " +
                       std::to_string(tables_version));
    }
    if (auto made = database.execute(keys_schema); !made) return failure(made.error());
    return opened;
}

}  // namespace redshank
