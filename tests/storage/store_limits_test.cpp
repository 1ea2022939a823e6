#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <fstream>

#include "storage/sqlite/database.hpp"
#include "storage/store.hpp"
#include "tests/storage/killed_child.hpp"
#include "tests/storage/store_fixture.hpp"
#include "tests/storage/temporary_directory.hpp"

namespace redshank {
namespace {

constexpr std::size_t rows_per = 50;
constexpr std::size_t wire_bound = 500;
constexpr Store::Limits tiny{.bytes_max = 1 << 20};

Outcome<> commit_next(Store& store) {
    return store.commit(CheckpointOf(store.boot(), store.position() + 1, rows_per, wire_bound).checkpoint);
}

// Everything unsealed of the older half of the numbers leaves.
void deliver_older_half(Store& store) {
    const std::uint64_t half = store.position() * rows_per / 2;
    for (const RowKind kind : {RowKind::alert, RowKind::aggregate}) {
        StoredRows stored;
        ASSERT_TRUE(store.unsealed(kind, 0, half, SIZE_MAX, stored.rows, stored.bytes));
        if (stored.rows.empty()) continue;
        std::vector<std::uint64_t> numbers;
        for (const OutboxRow& row : stored.rows) numbers.push_back(row.number);
        const Store::Seal batch{store.last_sealed() + 1, {}, numbers};
        const auto sealed = store.seal(std::span(&batch, 1));
        ASSERT_TRUE(sealed) << sealed.error();
    }
    const auto gone = store.acknowledge(store.last_sealed());
    ASSERT_TRUE(gone) << gone.error();
}

TEST(StoreLimits, too_small_a_limit_is_refused_with_the_least_one) {
    const TemporaryDirectory directory;
    const auto store = Store::open(directory / "a.db", {.bytes_max = 100'000});
    ASSERT_FALSE(store);
    EXPECT_NE(store.error().find("524288"), std::string::npos) << store.error();
}

TEST(StoreLimits, room_ends_before_the_limit_and_state_still_fits) {
    const TemporaryDirectory directory;
    const auto store = opened_store(directory / "a.db", tiny);
    ASSERT_TRUE(store->begin_boot(0, true));
    for (int round = 0; round < 5; ++round) {
        while (store->room_for_results()) {
            ASSERT_TRUE(commit_next(*store));
            ASSERT_LE(store->bytes(), tiny.bytes_max);
        }
        const std::uint64_t held = store->outbox().rows;
        ASSERT_GT(held * wire_bound / 2, tiny.bytes_max / 2) << "the limit is used";
        for (std::uint64_t i = 0; i < 20; ++i) {
            const std::vector<std::byte> model(16'384, static_cast<std::byte>(i));
            const StateEntry entry{"models/big", model};
            ASSERT_TRUE(store->commit({1, store->position(), std::span(&entry, 1), {}}));
            ASSERT_LE(store->bytes(), tiny.bytes_max);
        }
        ASSERT_NO_FATAL_FAILURE(deliver_older_half(*store));
        ASSERT_TRUE(store->room_for_results()) << "pages that acknowledgements freed are room";
        ASSERT_LE(store->bytes(), tiny.bytes_max);
    }
}

// State of that many bytes, in entries of a model's size and in small ones.
Outcome<> write_state_of(Store& store, std::uint64_t bytes) {
    std::vector<std::vector<std::byte>> values;
    std::vector<std::string> keys;
    std::vector<StateEntry> entries;
    std::uint64_t disk = 0;
    for (std::size_t i = 0;; ++i) {
        const std::size_t size = i % 3 == 0 ? 8'000 : i % 3 == 1 ? 1'200 : 300;
        keys.push_back("state/" + std::to_string(10'000 + i));
        disk += state_disk_bytes_max(keys.back().size() + size);
        if (disk > bytes) break;
        values.emplace_back(size, static_cast<std::byte>(i));
    }
    for (std::size_t i = 0; i < values.size(); ++i) entries.push_back({keys[i], values[i]});
    return store.commit({store.boot(), store.position(), entries, {}});
}

constexpr Store::Limits with_state{.bytes_max = 2 << 20, .state_bytes_max = 700'000};

TEST(StoreLimits, no_row_takes_the_room_that_state_needs) {
    const TemporaryDirectory directory;
    const auto store = opened_store(directory / "a.db", with_state);
    ASSERT_TRUE(store->begin_boot(0, true));
    while (store->room_for_results()) ASSERT_TRUE(commit_next(*store));
    ASSERT_GT(store->outbox().rows, 1'000U) << "rows have the rest";
    const auto written = write_state_of(*store, with_state.state_bytes_max - 20'000);
    ASSERT_TRUE(written) << written.error();
    EXPECT_FALSE(store->room_for_results());
    ASSERT_NO_FATAL_FAILURE(deliver_older_half(*store));
    EXPECT_TRUE(store->room_for_results());
}

// Rows of one checkpoint that were found to fit do fit, up to the last byte that is offered.
TEST(StoreLimits, a_checkpoint_that_takes_all_the_room_there_is_succeeds) {
    const TemporaryDirectory directory;
    const auto store = opened_store(directory / "a.db", with_state);
    ASSERT_TRUE(store->begin_boot(0, true));
    const std::vector<std::byte> wire(200, std::byte{7});
    std::vector<OutboxRow> rows;
    std::uint64_t bytes = 0;
    while ((bytes += row_disk_bytes_max(wire.size())) <= store->room_for_rows())
        rows.push_back({rows.size() + 1, rows.size() % 3 == 0 ? RowKind::alert : RowKind::aggregate, 1, wire});
    ASSERT_GT(rows.size(), 2'000U);
    const auto done = store->commit({1, 1, {}, rows});
    ASSERT_TRUE(done) << done.error();
    const auto written = write_state_of(*store, with_state.state_bytes_max - 20'000);
    EXPECT_TRUE(written) << written.error();
}

TEST(StoreLimits, a_database_filled_without_that_room_still_takes_all_state) {
    const TemporaryDirectory directory;
    const Store::Limits before{.bytes_max = with_state.bytes_max};
    {
        const auto store = opened_store(directory / "a.db", before);
        ASSERT_TRUE(store->begin_boot(0, true));
        while (commit_next(*store)) {
        }
    }
    const auto store = opened_store(directory / "a.db", with_state);
    EXPECT_FALSE(store->room_for_results());
    ASSERT_TRUE(store->begin_boot(0, true));
    const auto written = write_state_of(*store, with_state.state_bytes_max - 20'000);
    EXPECT_TRUE(written) << written.error();
}

TEST(StoreLimits, the_write_ahead_log_stays_bounded) {
    const TemporaryDirectory directory;
    const auto store = opened_store(directory / "a.db", tiny);
    ASSERT_TRUE(store->begin_boot(0, true));
    const std::vector<std::byte> model(100'000, std::byte{1});
    const StateEntry entry{"models/big", model};
    for (std::uint64_t position = 1; position <= 100; ++position) {
        ASSERT_TRUE(store->commit({1, position, std::span(&entry, 1), {}}));
        const auto database = std::filesystem::file_size(directory / "a.db");
        ASSERT_LE(store->bytes() - database, 128U * 1024U + 64U * 1024U);
    }
}

TEST(StoreLimits, a_commit_over_the_hard_limit_leaves_the_store_usable_after_reopening) {
    const TemporaryDirectory directory;
    const auto file = directory / "a.db";
    auto store = opened_store(file, tiny);
    ASSERT_TRUE(store->begin_boot(0, true));
    Outcome<> done;
    while (done) done = commit_next(*store);
    EXPECT_NE(done.error().find("full"), std::string::npos) << done.error();
    const std::uint64_t position = store->position();
    EXPECT_FALSE(store->commit({1, position, {}, {}})) << "nothing is believed before reopening";
    store.reset();
    store = opened_store(file, tiny);
    EXPECT_EQ(store->position(), position);
    EXPECT_FALSE(store->room_for_results());
    expect_consistent(*store, rows_per, 1, wire_bound);
    ASSERT_NO_FATAL_FAILURE(deliver_older_half(*store));
    EXPECT_TRUE(store->room_for_results());
    EXPECT_TRUE(commit_next(*store));
}

TEST(StoreLimits, a_full_file_system_leaves_the_store_usable_after_reopening) {
    const TemporaryDirectory directory;
    if (::mount("tmpfs", directory.path().c_str(), "tmpfs", 0, "size=700k") != 0) {
        GTEST_SKIP() << "a tmpfs cannot be mounted here";
    }
    const auto file = directory / "a.db";
    const auto fill_and_go_on = [&] {
        auto store = opened_store(file);
        ASSERT_TRUE(store->begin_boot(0, true));
        // Room that somebody else takes and gives back.
        { std::ofstream(directory / "other") << std::string(200'000, 'x'); }
        Outcome<> done;
        while (done) done = commit_next(*store);
        const std::uint64_t position = store->position();
        EXPECT_GT(position, 3U);
        store.reset();
        store = opened_store(file);
        EXPECT_EQ(store->position(), position) << done.error();
        EXPECT_TRUE(store->commit({1, position, {}, {}})) << "what fits the log as it is goes on";
        store.reset();
        std::filesystem::remove(directory / "other");
        store = opened_store(file);
        EXPECT_EQ(store->position(), position);
        expect_consistent(*store, rows_per, 1, wire_bound);
        ASSERT_NO_FATAL_FAILURE(deliver_older_half(*store));
        EXPECT_TRUE(commit_next(*store));
    };
    fill_and_go_on();
    ::umount2(directory.path().c_str(), MNT_DETACH);
}

TEST(StoreLimits, a_failing_write_leaves_the_store_usable_after_reopening) {
    const TemporaryDirectory directory;
    const auto file = directory / "a.db";
    KilledChild child([&](const auto& report) {
        ::signal(SIGXFSZ, SIG_IGN);
        auto store = Store::open(file, {});
        if (!store || !(*store)->begin_boot(0, true)) return 1;
        const rlimit small{300'000, RLIM_INFINITY};
        if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return 2;
        Outcome<> done;
        while (done) done = commit_next(**store);
        const std::uint64_t position = (*store)->position();
        if (position < 3 || (*store)->commit({1, position, {}, {}})) return 3;
        report(position);
        const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
        if (::setrlimit(RLIMIT_FSIZE, &none) != 0) return 4;
        store->reset();
        store = Store::open(file, {});
        if (!store || (*store)->position() != position) return 5;
        if (!commit_next(**store)) return 6;
        return 0;
    });
    const auto position = child.next();
    const int status = child.wait();
    ASSERT_TRUE(WIFEXITED(status));
    ASSERT_EQ(WEXITSTATUS(status), 0);
    const auto store = opened_store(file);
    EXPECT_EQ(store->position(), position.value_or(0) + 1);
    expect_consistent(*store, rows_per, 1, wire_bound);
}

// Somebody asks with sqlite3 while the agent works: the write-ahead log waits for the reader, commits do not fail.
TEST(StoreLimits, a_reader_of_the_file_does_not_stop_checkpoints) {
    const TemporaryDirectory directory;
    const auto file = directory / "a.db";
    const auto store = opened_store(file);
    ASSERT_TRUE(store->begin_boot(0, true));
    ASSERT_TRUE(commit_next(*store));
    auto reader = Database::open(file);
    ASSERT_TRUE(reader);
    auto select = (*reader)->prepare("SELECT count(*) FROM outbox, meta");
    ASSERT_TRUE(select);
    ASSERT_TRUE((*reader)->execute("BEGIN"));
    ASSERT_EQ(select->step(), true);
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(commit_next(*store));
    EXPECT_EQ((*reader)->integer("SELECT count(*) FROM outbox"), static_cast<std::int64_t>(rows_per));
}

}  // namespace
}  // namespace redshank
