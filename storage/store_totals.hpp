#pragma once

#include <cstdint>

#include "model/outcome.hpp"
#include "storage/sqlite/database.hpp"
#include "storage/store.hpp"

namespace redshank {

// What outlives rows, kept in the table `meta`: one row each, named as here.
//   Invariant: taken = delivered + in the outbox, in rows and in readings.
struct StoreTotals {
    std::uint64_t incarnation = 0;
    std::uint64_t boot = 0;
    std::uint64_t position = 0;
    std::uint64_t last_number = 0;  // highest row number ever taken
    std::uint64_t last_sealed = 0;
    std::uint64_t last_acknowledged = 0;
    std::uint64_t taken_rows = 0;
    std::uint64_t taken_readings = 0;
    std::uint64_t delivered_rows = 0;
    std::uint64_t delivered_readings = 0;
    Digest digest_acknowledged{};
};

// From the kernel; positive as an int64, so that it reads the same everywhere.
std::uint64_t random_incarnation();

// Format 1. Makes the tables, with `fresh` in them, in a database without any; refuses a database of somebody else or
// of a newer format. A later format migrates here, step by step.
Outcome<> make_schema(Database& database, const StoreTotals& fresh);

Outcome<StoreTotals> load_totals(Database& database);
// Writes what differs, inside the caller's transaction.
Outcome<> save_totals(Statement& update, const StoreTotals& before, const StoreTotals& after);
inline constexpr std::string_view save_totals_sql = "UPDATE meta SET value=?2 WHERE name=?1";

// Counts the outbox and compares it with the totals: a failure when rows, readings or batches do not add up.
Outcome<OutboxCounts> count_rows(Database& database, const StoreTotals& totals);

}  // namespace redshank
