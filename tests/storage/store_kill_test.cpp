#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "storage/store.hpp"
#include "tests/storage/killed_child.hpp"
#include "tests/storage/store_fixture.hpp"
#include "tests/storage/temporary_directory.hpp"

namespace redshank {
namespace {

constexpr std::size_t rows_per = 8;
using Report = std::function<void(std::uint64_t)>;

// A report is a count and what was done, told after the call has returned.
enum class Did : std::uint64_t { committed = 1, sealed = 2, acknowledged = 3 };
std::uint64_t told(Did did, std::uint64_t count) {
    return count * 8 + static_cast<std::uint64_t>(did);
}

// Commits, seals and acknowledges for ever, in turns that a seed decides.
int work_for_ever(const std::filesystem::path& file, std::uint64_t seed, const Report& report) {
    auto opened = Store::open(file, {});
    if (!opened) return 1;
    Store& store = **opened;
    Splitmix random(seed);
    while (true) {
        const auto what = random.below(10);
        if (what < 6) {
            const CheckpointOf next(store.boot(), store.position() + 1, rows_per);
            if (!store.commit(next.checkpoint)) return 2;
            report(told(Did::committed, store.position()));
        } else if (what < 8) {
            StoredRows stored(1 << 16);
            const RowKind kind = random.below(4) == 0 ? RowKind::alert : RowKind::aggregate;
            if (!store.unsealed(kind, 0, UINT64_MAX, static_cast<std::size_t>(1 + random.below(3000)), stored.rows,
                                stored.bytes))
                return 3;
            if (stored.rows.empty()) continue;
            std::vector<std::uint64_t> numbers;
            for (const OutboxRow& row : stored.rows) numbers.push_back(row.number);
            Digest digest;
            digest.fill(static_cast<std::byte>(store.last_sealed() + 1));
            const Store::Seal batch{store.last_sealed() + 1, digest, numbers};
            if (!store.seal(std::span(&batch, 1))) return 4;
            report(told(Did::sealed, store.last_sealed()));
        } else if (store.last_sealed() > store.last_acknowledged()) {
            if (!store.acknowledge(store.last_acknowledged() +
                                   random.below(store.last_sealed() - store.last_acknowledged() + 1))) {
                return 5;
            }
            report(told(Did::acknowledged, store.last_acknowledged()));
        }
    }
}

// What has been told of a store, and what must therefore be in it.
struct Told {
    std::uint64_t committed = 0;
    std::uint64_t sealed = 0;
    std::uint64_t acknowledged = 0;

    void take(std::uint64_t report) {
        const std::uint64_t count = report / 8;
        switch (static_cast<Did>(report % 8)) {
            case Did::committed:
                committed = count;
                break;
            case Did::sealed:
                sealed = count;
                break;
            case Did::acknowledged:
                acknowledged = count;
                break;
        }
    }
};

// All that is told is there; at most one call more; everything is of one moment.
void expect_kept(Store& store, const Told& least) {
    ASSERT_GE(store.position(), least.committed);
    ASSERT_GE(store.last_sealed(), least.sealed);
    ASSERT_GE(store.last_acknowledged(), least.acknowledged);
    ASSERT_LE(store.position() - least.committed + (store.last_sealed() - least.sealed), 1U);
    // Rows leave by batch, not by number: what is left and what was delivered make the whole.
    StoredRows stored;
    const auto batches = store.sealed();
    ASSERT_TRUE(batches);
    std::uint64_t sequence = store.last_acknowledged();
    for (const SealedBatch& batch : *batches) {
        ASSERT_EQ(batch.sequence, ++sequence);
        ASSERT_EQ(batch.digest[0], static_cast<std::byte>(batch.sequence));
        ASSERT_TRUE(store.rows_of(batch.sequence, stored.rows, stored.bytes));
    }
    ASSERT_EQ(sequence, store.last_sealed());
    const std::size_t sealed = stored.rows.size();
    for (const RowKind kind : {RowKind::alert, RowKind::aggregate}) {
        ASSERT_TRUE(store.unsealed(kind, 0, UINT64_MAX, SIZE_MAX, stored.rows, stored.bytes));
    }
    std::uint64_t readings = 0;
    for (const OutboxRow& row : stored.rows) {
        readings += row.readings;
        ASSERT_TRUE(std::ranges::equal(row.wire, bytes_of(row.number, 200))) << row.number;
    }
    ASSERT_EQ(stored.rows.size() + store.delivered_rows(), store.position() * rows_per);
    std::uint64_t made = 0;
    for (std::uint64_t number = 1; number <= store.position() * rows_per; ++number) {
        made += number % 10 == 0 ? 0 : number % 7;
    }
    ASSERT_EQ(readings + store.delivered_readings(), made);
    ASSERT_EQ(store.outbox().rows, stored.rows.size());
    ASSERT_EQ(store.outbox().readings, readings);
    ASSERT_EQ(store.outbox().sealed_rows, sealed);
    if (store.position() == 0) return;
    const CheckpointOf expected(store.boot(), store.position(), rows_per);
    const auto state = state_of(store);
    for (const StateEntry& entry : expected.state) {
        ASSERT_TRUE(std::ranges::equal(state.at(std::string(entry.key)), entry.value)) << entry.key;
    }
}

TEST(Store, what_was_committed_sealed_or_acknowledged_survives_sigkill) {
    constexpr std::uint64_t seed = 99;
    constexpr int kills = 60;
    SCOPED_TRACE(seed);
    Splitmix random(seed);
    const TemporaryDirectory directory;
    const auto file = directory / "redshank.db";
    ASSERT_TRUE(opened_store(file)->begin_boot(0, true));
    Told least;
    for (int kill = 0; kill < kills; ++kill) {
        SCOPED_TRACE(kill);
        const std::uint64_t child_seed = random.next();
        KilledChild child([&](const auto& report) { return work_for_ever(file, child_seed, report); });
        for (std::uint64_t reports = random.below(40); reports > 0; --reports) {
            const auto report = child.next();
            ASSERT_TRUE(report) << "the child ended by itself with " << child.wait();
            least.take(*report);
        }
        ASSERT_TRUE(child.kill());
        while (const auto report = child.next()) least.take(*report);
        const auto store = opened_store(file);
        ASSERT_NO_FATAL_FAILURE(expect_kept(*store, least));
        least = {store->position(), store->last_sealed(), store->last_acknowledged()};
    }
    EXPECT_GT(least.committed, 100U);
    EXPECT_GT(least.acknowledged, 10U);
}

void copy_files(const std::filesystem::path& from, const std::filesystem::path& to) {
    for (const char* suffix : {"", "-wal"}) {
        std::filesystem::remove(to.string() + suffix);
        if (!std::filesystem::exists(from.string() + suffix)) continue;
        std::filesystem::copy_file(from.string() + suffix, to.string() + suffix);
    }
    std::filesystem::remove(to.string() + "-shm");
}

// The files as they are at any moment, in the middle of a write too: the process is stopped, not asked.
TEST(Store, the_files_of_any_moment_open_as_one_checkpoint) {
    constexpr std::uint64_t seed = 5;
    SCOPED_TRACE(seed);
    Splitmix random(seed);
    const TemporaryDirectory directory;
    const auto file = directory / "redshank.db";
    ASSERT_TRUE(opened_store(file)->begin_boot(0, true));
    Told least;
    KilledChild child([&](const auto& report) { return work_for_ever(file, seed, report); });
    for (int moment = 0; moment < 40; ++moment) {
        SCOPED_TRACE(moment);
        for (std::uint64_t reports = random.below(20); reports > 0; --reports) {
            const auto report = child.next();
            ASSERT_TRUE(report) << "the child ended by itself with " << child.wait();
            least.take(*report);
        }
        child.stop();
        copy_files(file, directory / "copy.db");
        child.signal(SIGCONT);
        const auto store = opened_store(directory / "copy.db");
        ASSERT_GE(store->position(), least.committed);
        ASSERT_NO_FATAL_FAILURE(
            expect_kept(*store, {store->position(), store->last_sealed(), store->last_acknowledged()}));
    }
    EXPECT_TRUE(child.kill());
}

// A power cut in the middle of a commit leaves any part of what it appended to the write-ahead log, with any bytes in
// the sectors that did not arrive.
TEST(Store, a_torn_write_ahead_log_opens_as_the_last_whole_checkpoint) {
    constexpr std::uint64_t seed = 31;
    SCOPED_TRACE(seed);
    Splitmix random(seed);
    const TemporaryDirectory directory;
    const auto file = directory / "redshank.db";
    const auto copy = directory / "copy.db";
    const auto store = opened_store(file);
    ASSERT_TRUE(store->begin_boot(0, true));
    const auto wal = file.string() + "-wal";
    std::uint64_t cuts = 0;
    for (std::uint64_t position = 1; position <= 12; ++position) {
        const auto before = std::filesystem::file_size(wal);
        ASSERT_TRUE(store->commit(CheckpointOf(1, position, rows_per).checkpoint));
        const auto after = std::filesystem::file_size(wal);
        if (after <= before) continue;
        for (int cut = 0; cut < 8; ++cut, ++cuts) {
            copy_files(file, copy);
            const auto left = before + random.below(after - before);
            std::filesystem::resize_file(copy.string() + "-wal", left);
            if (cut % 2 == 0)
                std::ofstream(copy.string() + "-wal", std::ios::app)
                    << std::string(static_cast<std::size_t>(after - left), '\xa5');
            const auto opened = opened_store(copy);
            ASSERT_EQ(opened->position(), position - 1);
            ASSERT_NO_FATAL_FAILURE(expect_consistent(*opened, rows_per, 1));
        }
    }
    EXPECT_GT(cuts, 50U);
}

}  // namespace
}  // namespace redshank
