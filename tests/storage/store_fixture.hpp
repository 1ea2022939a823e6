#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "storage/store.hpp"
#include "tests/storage/splitmix.hpp"

namespace redshank {

inline std::unique_ptr<Store> opened_store(const std::filesystem::path& file, const Store::Limits& limits = {}) {
    auto store = Store::open(file, limits);
    if (!store) throw std::runtime_error(store.error());
    return std::move(*store);
}

// A checkpoint that follows from its position alone: state and rows tell which one they are of. rows_per rows each,
// numbered on; every tenth is an alert.
struct CheckpointOf {
    CheckpointOf(std::uint64_t boot, std::uint64_t position, std::size_t rows_per, std::size_t wire_bound = 200) {
        text = std::to_string(position);
        const auto value = std::as_bytes(std::span(text.data(), text.size()));
        model = bytes_of(position, 3000);
        if (model.empty()) model.push_back(std::byte{1});
        state = {{"alpha", value}, {"models/" + std::string("pump"), {}}, {"omega", value}};
        state[1] = {"models/pump", model};
        for (std::size_t i = 0; i < rows_per; ++i) {
            const std::uint64_t number = (position - 1) * rows_per + i + 1;
            wires.push_back(bytes_of(number, wire_bound));
        }
        for (std::size_t i = 0; i < rows_per; ++i) {
            const std::uint64_t number = (position - 1) * rows_per + i + 1;
            const bool alert = number % 10 == 0;
            rows.push_back({number, alert ? RowKind::alert : RowKind::aggregate, alert ? 0 : number % 7, wires[i]});
        }
        checkpoint = {boot, position, state, rows};
    }
    CheckpointOf(const CheckpointOf&) = delete;
    CheckpointOf& operator=(const CheckpointOf&) = delete;

    std::string text;
    std::vector<std::byte> model;
    std::vector<StateEntry> state;
    std::vector<std::vector<std::byte>> wires;
    std::vector<OutboxRow> rows;
    Checkpoint checkpoint;
};

struct StoredRows {
    std::vector<OutboxRow> rows;
    std::vector<std::byte> bytes;
    explicit StoredRows(std::size_t capacity = 4 << 20) { bytes.reserve(capacity); }
};

inline std::map<std::string, std::vector<std::byte>> state_of(Store& store) {
    std::map<std::string, std::vector<std::byte>> state;
    const auto read = store.each_state([&](std::string_view key, std::span<const std::byte> value) {
        state.emplace(std::string(key), std::vector<std::byte>(value.begin(), value.end()));
    });
    if (!read) throw std::runtime_error(read.error());
    return state;
}

// State, rows and position are of one checkpoint, every row from `first_number` on is there once, in its own bytes,
// and the counts are those of the rows.
inline void expect_consistent(Store& store, std::size_t rows_per, std::uint64_t first_number,
                              std::size_t wire_bound = 200) {
    const std::uint64_t position = store.position();
    const auto state = state_of(store);
    if (position == 0) {
        EXPECT_TRUE(state.empty());
    } else {
        const CheckpointOf expected(store.boot(), position, rows_per, wire_bound);
        ASSERT_EQ(state.size(), 3U);
        for (const StateEntry& entry : expected.state) {
            EXPECT_TRUE(std::ranges::equal(state.at(std::string(entry.key)), entry.value)) << entry.key;
        }
    }
    StoredRows stored;
    const auto batches = store.sealed();
    ASSERT_TRUE(batches);
    for (const SealedBatch& batch : *batches) {
        ASSERT_TRUE(store.rows_of(batch.sequence, stored.rows, stored.bytes));
    }
    const std::size_t sealed = stored.rows.size();
    for (const RowKind kind : {RowKind::alert, RowKind::aggregate}) {
        ASSERT_TRUE(store.unsealed(kind, 0, UINT64_MAX, SIZE_MAX, stored.rows, stored.bytes));
    }
    OutboxCounts counts{stored.rows.size(), 0, sealed, 0};
    std::ranges::sort(stored.rows, {}, &OutboxRow::number);
    std::uint64_t expected = first_number;
    for (const OutboxRow& row : stored.rows) {
        ASSERT_EQ(row.number, expected++);
        ASSERT_EQ(row.kind, row.number % 10 == 0 ? RowKind::alert : RowKind::aggregate);
        ASSERT_EQ(row.readings, row.number % 10 == 0 ? 0 : row.number % 7);
        ASSERT_TRUE(std::ranges::equal(row.wire, bytes_of(row.number, wire_bound))) << row.number;
        counts.readings += row.readings;
        counts.alerts += row.kind == RowKind::alert ? 1 : 0;
    }
    EXPECT_EQ(expected, position * rows_per + 1);
    EXPECT_EQ(store.outbox().rows, counts.rows);
    EXPECT_EQ(store.outbox().readings, counts.readings);
    EXPECT_EQ(store.outbox().sealed_rows, counts.sealed_rows);
    EXPECT_EQ(store.outbox().alerts, counts.alerts);
}

}  // namespace redshank
