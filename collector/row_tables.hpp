#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "drivers/uplink/wire.hpp"
#include "model/outcome.hpp"
#include "storage/sqlite/database.hpp"

namespace redshank {

// Puts rows into the tables. An aggregate whose key is there already is merged with it, part by part; an alert, gap or
// boot that is there already changes nothing. The caller holds the transaction.
class RowTables {
public:
    // What the rows belong to.
    struct Origin {
        std::string_view agent;
        std::uint64_t incarnation = 0;
    };
    enum class Put : std::uint8_t { done, impossible };  // impossible: counts would pass 2^63 - 1

    static Outcome<std::unique_ptr<RowTables>> prepare(Database& database);

    Outcome<Put> put(const Origin& origin, const AggregateRow& row);
    Outcome<Put> put(const Origin& origin, const AlertRow& row);
    Outcome<Put> put(const Origin& origin, const wire::GapRow& row);
    Outcome<Put> put(const Origin& origin, const wire::BootRow& row);

private:
    RowTables(Database& database, Statement add_aggregate, Statement replace_aggregate, Statement find_aggregate,
              Statement add_alert, Statement add_gap, Statement add_boot);
    Outcome<Put> merge(const Origin& origin, AggregateRow row);

    Database& database_;
    Statement add_aggregate_;
    Statement replace_aggregate_;
    Statement find_aggregate_;
    Statement add_alert_;
    Statement add_gap_;
    Statement add_boot_;
};

}  // namespace redshank
