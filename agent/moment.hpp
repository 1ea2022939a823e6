#pragma once

#include <cstdint>

#include "agent/ledger.hpp"
#include "agent/outputs.hpp"
#include "model/rows.hpp"

namespace redshank {

// The record being worked on, and where its results go. Gives results their numbers and alerts their ids.
struct Moment {
    std::uint64_t boot = 0;
    std::uint64_t position = 0;
    std::int64_t now_ns = 0;  // a timer's deadline while timers fire, then the record's stamp
    Ledger& ledger;
    Outputs& out;
    std::uint32_t alerts_made = 0;

    AlertId next_alert_id() noexcept { return {boot, position, alerts_made++}; }
    std::uint64_t next_number() noexcept { return ++ledger.made; }
};

}  // namespace redshank
