#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/settings.hpp"

namespace redshank {

// What SQLite may take: its page cache, and as much again beside it.
inline constexpr std::uint64_t sqlite_bytes = 2 << 20;

struct BudgetLine {
    std::string part;
    std::uint64_t bytes = 0;
};

// What the agent may use, part by part, known before anything is built: capacities times sizes. Memory counts what is
// acquired at start, the inbox on its tmpfs, and the libraries as measured.
std::vector<BudgetLine> memory_budget(const Settings& settings);
// What state takes of the database at most: every channel, group, model, rule and alert as saved at its widest, and
// the results that wait in memory once the buffer is full.
std::uint64_t state_disk_bytes(const Settings& settings);
// The least storage.max_bytes that holds it, with the journal and some results.
std::uint64_t disk_bytes_least(const Settings& settings);
// Parts of storage.max_bytes.
std::vector<BudgetLine> disk_budget(const Settings& settings);
std::uint64_t sum_of(const std::vector<BudgetLine>& lines);

// How long the inbox lasts while no checkpoint frees it, at a rate of messages with small payloads.
struct InboxTime {
    std::uint64_t messages_per_second = 2000;
    std::uint64_t payload_bytes = 128;
    std::uint64_t seconds = 0;
};
InboxTime inbox_time(const Settings& settings);

}  // namespace redshank
