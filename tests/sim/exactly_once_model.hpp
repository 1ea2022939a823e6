#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace redshank::sim {

// Ways to build it wrong, one at a time; a test expects each to be caught.
enum class Mistake : std::uint8_t {
    none,
    free_when_copied,           // the inbox is freed when the copy is taken, not when it is committed
    send_before_commit,         // rows leave before their checkpoint is committed
    delete_when_sent,           // rows go when they are sent, not when they are acknowledged
    no_duplicate_table,         // a redelivered message is taken for a new one
    acknowledge_before_append,  // PUBACK leaves before the record is published
    seal_in_memory,             // a batch gets its sequence and is sent before that is committed
};

struct WorldSettings {
    Mistake mistake = Mistake::none;
    bool power_cuts = true;
    bool stalls = true;
    std::uint32_t messages = 2400;
};

struct Figures {
    std::uint64_t messages = 0, redelivered = 0, kills = 0, cuts = 0, stalls = 0, outages = 0;
    std::uint64_t alerts = 0, merged = 0, gaps = 0;
    std::uint64_t lost_by_cut = 0;  // acknowledged after the last checkpoint before a power cut
    std::uint64_t lost_in_gap = 0;  // given up by a full inbox and then killed: inside a reported gap
    std::uint64_t lost_without_excuse = 0;
    std::uint64_t doubled = 0;
    void add(const Figures& other);
};

struct Report {
    Figures figures;
    std::vector<std::string> violations;  // empty when every promise held
};

// Plays one world to its end: devices publish, the agent dies and comes back at step boundaries, the card stalls, links
// break; then all of it heals, everything is flushed, and the books are compared. Source of the rules:
// docs/testing.md, "The model of exactly once".
Report play(std::uint64_t seed, const WorldSettings& settings);

}  // namespace redshank::sim
