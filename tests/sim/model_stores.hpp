#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/model_pipeline.hpp"

namespace redshank::sim {

// The inbox file on its tmpfs: survives a kill, not a power cut.
struct Inbox {
    std::uint64_t boot = 0;
    std::uint64_t next = 1;
    std::deque<Entry> entries;  // consecutive positions, the last one is next - 1

    std::uint64_t first() const { return entries.empty() ? next : entries.front().position; }
    void free_through(std::uint64_t position) {
        while (!entries.empty() && entries.front().position <= position) entries.pop_front();
    }
};

struct StoredRow {
    Row row;
    std::uint64_t batch = 0;  // 0: unsealed
};

// What the card holds: only committed transactions.
struct Database {
    std::uint64_t boot = 0;
    std::uint64_t position = 0;
    PipelineState state;
    std::vector<StoredRow> outbox;
    std::uint64_t last_sealed = 0, last_acknowledged = 0;
    std::uint64_t delivered_rows = 0, delivered_readings = 0;
};

struct Batch {
    std::uint64_t sequence = 0;
    std::vector<Row> rows;

    std::uint64_t digest() const {
        std::uint64_t digest = 1469598103934665603ULL;  // FNV-1a over row numbers and sizes
        for (const Row& row : rows) digest = ((digest ^ row.number) * 1099511628211ULL ^ row.messages.size()) * 31;
        return digest;
    }
};

// The upstream end: takes exactly last + 1, in one transaction with last.
class Collector {
public:
    // Returns the last sequence it has: the acknowledgement.
    std::uint64_t take(const Batch& batch, std::vector<std::uint32_t>& counted, std::vector<std::string>& violations) {
        if (batch.sequence == last_ + 1) {
            last_ = batch.sequence;
            digests_.push_back(batch.digest());
            for (const Row& row : batch.rows) {
                switch (row.type) {
                    case Row::Type::aggregate:
                        for (const std::uint32_t message : row.messages) ++counted[message];
                        sum += row.messages.size();
                        break;
                    case Row::Type::alert:
                        if (!alerts.insert(row.alert).second) violations.emplace_back("an alert came upstream twice");
                        break;
                    case Row::Type::gap:
                        gaps.push_back(row);
                        break;
                }
            }
        } else if (batch.sequence <= last_ &&
                   digests_.at(static_cast<std::size_t>(batch.sequence - 1)) != batch.digest()) {
            violations.emplace_back("a batch changed after it was sealed");
        }
        return last_;
    }
    std::uint64_t last() const { return last_; }

    std::uint64_t sum = 0;
    std::set<AlertId> alerts;
    std::vector<Row> gaps;

private:
    std::uint64_t last_ = 0;
    std::vector<std::uint64_t> digests_;
};

}  // namespace redshank::sim
