#include "storage/store.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "storage/sqlite/database.hpp"
#include "tests/storage/store_fixture.hpp"
#include "tests/storage/temporary_directory.hpp"

namespace redshank {
namespace {

constexpr std::size_t rows_per = 12;

class StoreTest : public testing::Test {
protected:
    void SetUp() override {
        store_ = opened_store(file_);
        ASSERT_EQ(store_->begin_boot(1000, false), 1U);
    }
    void reopen() {
        store_.reset();
        store_ = opened_store(file_);
    }
    void commit(std::uint64_t position) {
        const auto done = store_->commit(CheckpointOf(store_->boot(), position, rows_per).checkpoint);
        ASSERT_TRUE(done) << done.error();
    }
    // One batch of the given rows, its digest filled with its sequence.
    Outcome<> seal(std::uint64_t sequence, const std::vector<std::uint64_t>& numbers) {
        const Store::Seal batch{sequence, digest_of(sequence), numbers};
        return store_->seal(std::span(&batch, 1));
    }
    static Digest digest_of(std::uint64_t sequence) {
        Digest digest;
        digest.fill(static_cast<std::byte>(sequence));
        return digest;
    }
    std::vector<std::uint64_t> numbers_of(RowKind kind, std::uint64_t from = 0, std::uint64_t to = UINT64_MAX,
                                          std::size_t bytes_max = SIZE_MAX) {
        StoredRows stored;
        EXPECT_TRUE(store_->unsealed(kind, from, to, bytes_max, stored.rows, stored.bytes));
        std::vector<std::uint64_t> numbers;
        for (const OutboxRow& row : stored.rows) numbers.push_back(row.number);
        return numbers;
    }

    TemporaryDirectory directory_;
    std::filesystem::path file_ = directory_ / "redshank.db";
    std::unique_ptr<Store> store_;
};

using Numbers = std::vector<std::uint64_t>;

TEST_F(StoreTest, a_new_store_begins_with_nothing_and_an_incarnation) {
    EXPECT_NE(store_->incarnation(), 0U);
    EXPECT_EQ(store_->boot(), 1U);
    EXPECT_EQ(store_->position(), 0U);
    EXPECT_EQ(store_->last_sealed(), 0U);
    EXPECT_EQ(store_->digest_acknowledged(), Digest{});
    EXPECT_TRUE(store_->room_for_results());
    struct stat info {};
    ASSERT_EQ(::stat(file_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, 0600U);
    const std::uint64_t incarnation = store_->incarnation();
    reopen();
    EXPECT_EQ(store_->incarnation(), incarnation);
    EXPECT_NE(opened_store(directory_ / "other.db")->incarnation(), incarnation);
}

TEST_F(StoreTest, a_checkpoint_is_there_whole_after_reopening) {
    for (std::uint64_t position = 1; position <= 20; ++position) commit(position);
    reopen();
    EXPECT_EQ(store_->position(), 20U);
    expect_consistent(*store_, rows_per, 1);
}

TEST_F(StoreTest, state_is_read_in_the_order_of_key_bytes_and_an_empty_value_removes) {
    const std::string value = "x";
    const auto bytes = std::as_bytes(std::span(value));
    const std::vector<StateEntry> state{{"b", bytes}, {"\xc3\xa4", bytes}, {"B", bytes}, {"a/1", bytes}, {"a", bytes}};
    ASSERT_TRUE(store_->commit({1, 1, state, {}}));
    const std::vector<StateEntry> removal{{"b", {}}, {"never there", {}}};
    ASSERT_TRUE(store_->commit({1, 2, removal, {}}));
    std::vector<std::string> keys;
    ASSERT_TRUE(store_->each_state([&](std::string_view key, std::span<const std::byte>) { keys.emplace_back(key); }));
    EXPECT_EQ(keys, (std::vector<std::string>{"B", "a", "a/1", "\xc3\xa4"}));
}

TEST_F(StoreTest, a_position_never_goes_back_within_a_boot) {
    commit(5);
    EXPECT_FALSE(store_->commit({1, 4, {}, {}}));
    EXPECT_TRUE(store_->commit({1, 5, {}, {}})) << "the same position again, with newer models, is no step back";
    EXPECT_EQ(store_->begin_boot(2000, true), 2U);
    EXPECT_EQ(store_->position(), 0U);
    EXPECT_TRUE(store_->commit({2, 1, {}, {}}));
}

TEST_F(StoreTest, a_checkpoint_of_another_boot_is_refused) {
    ASSERT_TRUE(store_->begin_boot(2000, true));
    const auto older = store_->commit({1, 9, {}, {}});
    ASSERT_FALSE(older);
    EXPECT_NE(older.error().find("boot 1 in boot 2"), std::string::npos) << older.error();
    EXPECT_FALSE(store_->commit({3, 9, {}, {}}));
    reopen();
    EXPECT_EQ(store_->boot(), 2U);
    EXPECT_EQ(store_->position(), 0U);
}

TEST_F(StoreTest, a_row_number_is_taken_once_even_after_its_row_has_left) {
    commit(1);
    const CheckpointOf same(1, 1, rows_per);
    EXPECT_FALSE(store_->commit({1, 2, {}, same.rows}));
    ASSERT_TRUE(seal(1, numbers_of(RowKind::aggregate)));
    ASSERT_TRUE(seal(2, numbers_of(RowKind::alert)));
    ASSERT_TRUE(store_->acknowledge(2));
    EXPECT_EQ(store_->outbox().rows, 0U);
    reopen();
    EXPECT_FALSE(store_->commit({1, 2, {}, same.rows}));
    EXPECT_EQ(store_->position(), 1U) << "what is refused changes nothing";
    commit(2);
    expect_consistent(*store_, rows_per, rows_per + 1);
}

TEST_F(StoreTest, rows_are_read_by_kind_range_and_bytes) {
    std::vector<std::byte> wire(100);
    std::vector<OutboxRow> rows;
    for (std::uint64_t number = 1; number <= 10; ++number) {
        rows.push_back({number, number % 5 == 0 ? RowKind::alert : RowKind::aggregate, 1, wire});
    }
    ASSERT_TRUE(store_->commit({1, 1, {}, rows}));
    EXPECT_EQ(numbers_of(RowKind::alert), (Numbers{5, 10}));
    EXPECT_EQ(numbers_of(RowKind::gap), Numbers{});
    EXPECT_EQ(numbers_of(RowKind::aggregate, 3, 7), (Numbers{3, 4, 6, 7}));
    EXPECT_EQ(numbers_of(RowKind::aggregate, 2, 100, 250), (Numbers{2, 3}));
    EXPECT_EQ(numbers_of(RowKind::aggregate, 2, 100, 99), Numbers{});
    StoredRows narrow(350);
    ASSERT_TRUE(store_->unsealed(RowKind::aggregate, 0, 100, SIZE_MAX, narrow.rows, narrow.bytes));
    EXPECT_EQ(narrow.rows.size(), 3U) << "stops where the caller's bytes are full";
    EXPECT_TRUE(std::ranges::equal(narrow.rows[2].wire, wire));
}

TEST_F(StoreTest, a_sealed_row_stays_in_its_batch_in_its_order) {
    commit(1);
    ASSERT_TRUE(seal(1, {10, 3, 7}));
    reopen();
    StoredRows stored;
    ASSERT_TRUE(store_->rows_of(1, stored.rows, stored.bytes));
    ASSERT_EQ(stored.rows.size(), 3U);
    EXPECT_EQ(stored.rows[0].number, 10U);
    EXPECT_EQ(stored.rows[0].kind, RowKind::alert);
    EXPECT_EQ(stored.rows[1].number, 3U);
    EXPECT_EQ(stored.rows[2].number, 7U);
    EXPECT_TRUE(std::ranges::equal(stored.rows[1].wire, bytes_of(3, 200)));
    EXPECT_EQ(numbers_of(RowKind::aggregate, 0, 8), (Numbers{1, 2, 4, 5, 6, 8}));
    ASSERT_EQ(store_->sealed()->size(), 1U);
    EXPECT_EQ(store_->sealed()->front().digest, digest_of(1));
    EXPECT_EQ(store_->outbox().sealed_rows, 3U);
    EXPECT_EQ(store_->outbox().rows, rows_per);
}

TEST_F(StoreTest, sequences_are_given_without_a_gap) {
    commit(1);
    EXPECT_FALSE(seal(2, {1}));
    EXPECT_FALSE(seal(0, {1}));
    EXPECT_FALSE(seal(1, {}));
    ASSERT_TRUE(seal(1, {1}));
    EXPECT_FALSE(seal(1, {2}));
    const Numbers first{2};
    const Numbers second{3};
    const std::vector<Store::Seal> two{{2, digest_of(2), first}, {3, digest_of(3), second}};
    ASSERT_TRUE(store_->seal(two));
    EXPECT_EQ(store_->last_sealed(), 3U);
}

TEST_F(StoreTest, one_row_that_cannot_be_sealed_refuses_all_batches) {
    commit(1);
    ASSERT_TRUE(seal(1, {1}));
    const Numbers good{2};
    const Numbers twice{3, 1};
    const std::vector<Store::Seal> two{{2, digest_of(2), good}, {3, digest_of(3), twice}};
    EXPECT_FALSE(store_->seal(two));
    EXPECT_FALSE(seal(2, {2})) << "a failed write asks for reopening";
    reopen();
    EXPECT_EQ(store_->last_sealed(), 1U);
    EXPECT_EQ(store_->outbox().sealed_rows, 1U);
    EXPECT_FALSE(seal(2, {99}));
    reopen();
    EXPECT_TRUE(seal(2, {2}));
}

TEST_F(StoreTest, an_acknowledgement_removes_all_batches_up_to_it_and_counts_them) {
    commit(1);
    ASSERT_TRUE(seal(1, {10, 1}));
    ASSERT_TRUE(seal(2, {2, 3}));
    ASSERT_TRUE(seal(3, {4}));
    EXPECT_FALSE(store_->acknowledge(4)) << "never sealed";
    ASSERT_TRUE(store_->acknowledge(2));
    for (int again = 0; again < 2; ++again) {
        EXPECT_EQ(store_->delivered_rows(), 4U);
        EXPECT_EQ(store_->delivered_readings(), 1U + 2U + 3U);
        EXPECT_EQ(store_->last_acknowledged(), 2U);
        EXPECT_EQ(store_->digest_acknowledged(), digest_of(2));
        ASSERT_EQ(store_->sealed()->size(), 1U);
        EXPECT_EQ(store_->sealed()->front().sequence, 3U);
        EXPECT_EQ(store_->outbox().rows, rows_per - 4);
        EXPECT_EQ(store_->outbox().sealed_rows, 1U);
        EXPECT_EQ(store_->outbox().alerts, 0U);
        EXPECT_TRUE(store_->acknowledge(1)) << "lower is known already";
        reopen();
    }
}

TEST_F(StoreTest, a_new_incarnation_unseals_everything_and_counts_from_one) {
    commit(1);
    ASSERT_TRUE(seal(1, {1, 2}));
    ASSERT_TRUE(seal(2, {3}));
    ASSERT_TRUE(store_->acknowledge(1));
    const std::uint64_t before = store_->incarnation();
    ASSERT_TRUE(store_->new_incarnation());
    for (int again = 0; again < 2; ++again) {
        EXPECT_NE(store_->incarnation(), before);
        EXPECT_EQ(store_->last_sealed(), 0U);
        EXPECT_EQ(store_->last_acknowledged(), 0U);
        EXPECT_EQ(store_->digest_acknowledged(), Digest{});
        EXPECT_EQ(store_->outbox().sealed_rows, 0U);
        EXPECT_EQ(store_->delivered_rows(), 2U);
        reopen();
    }
    expect_consistent(*store_, rows_per, 3);
    EXPECT_TRUE(seal(1, {3}));
}

TEST_F(StoreTest, a_newer_format_is_refused_and_left_alone) {
    store_.reset();
    {
        auto database = Database::open(file_);
        ASSERT_TRUE(database);
        ASSERT_TRUE((*database)->execute("UPDATE meta SET value=2 WHERE name='format'"));
    }
    const auto newer = Store::open(file_, {});
    ASSERT_FALSE(newer);
    EXPECT_NE(newer.error().find("newer release"), std::string::npos) << newer.error();
}

TEST_F(StoreTest, a_database_of_another_program_is_refused) {
    {
        auto database = Database::open(directory_ / "other.db");
        ASSERT_TRUE(database);
        ASSERT_TRUE((*database)->execute("CREATE TABLE t(x)"));
    }
    const auto other = Store::open(directory_ / "other.db", {});
    ASSERT_FALSE(other);
    EXPECT_NE(other.error().find("another program"), std::string::npos) << other.error();
}

TEST_F(StoreTest, rows_that_do_not_add_up_are_refused_at_open) {
    commit(1);
    commit(2);
    ASSERT_TRUE(seal(1, {1, 2}));
    ASSERT_TRUE(seal(2, {3}));
    store_.reset();
    const std::vector<std::string> damages{
        "DELETE FROM outbox WHERE number=9",
        "UPDATE outbox SET readings=readings+1 WHERE number=9",
        "UPDATE outbox SET number=1000 WHERE number=24",
        "UPDATE outbox SET sequence=NULL WHERE number=1",
        "UPDATE outbox SET sequence=2,place=7 WHERE number=1",
        "DELETE FROM batches WHERE sequence=1",
        "UPDATE batches SET sequence=5 WHERE sequence=2",
        "DELETE FROM meta WHERE name='position'",
    };
    for (const std::string& damage : damages) {
        const auto copy = directory_ / "copy.db";
        std::filesystem::copy_file(file_, copy, std::filesystem::copy_options::overwrite_existing);
        {
            auto database = Database::open(copy);
            ASSERT_TRUE(database);
            ASSERT_TRUE((*database)->execute(damage));
        }
        const auto store = Store::open(copy, {});
        ASSERT_FALSE(store) << damage;
        EXPECT_NE(store.error().find("damaged"), std::string::npos) << store.error();
    }
    EXPECT_TRUE(Store::open(file_, {}));
}

TEST_F(StoreTest, a_damaged_page_is_refused_at_open) {
    for (std::uint64_t position = 1; position <= 50; ++position) commit(position);
    store_.reset();
    const auto pages = std::filesystem::file_size(file_) / 4096;
    ASSERT_GT(pages, 20U);
    {
        std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>((pages - 3) * 4096));
        file << std::string(4096, '\xa5');
    }
    const auto store = Store::open(file_, {});
    ASSERT_FALSE(store);
    EXPECT_NE(store.error().find(file_.string()), std::string::npos) << store.error();
}

TEST_F(StoreTest, counts_equal_rows_after_any_sequence_of_calls) {
    constexpr std::uint64_t seed = 4711;
    SCOPED_TRACE(seed);
    Splitmix random(seed);
    std::uint64_t position = 0;
    for (int step = 0; step < 300; ++step) {
        const auto what = random.below(10);
        if (what < 4) {
            commit(++position);
        } else if (what < 7) {
            auto numbers = numbers_of(random.below(3) == 0 ? RowKind::alert : RowKind::aggregate, 0, UINT64_MAX,
                                      static_cast<std::size_t>(1 + random.below(1500)));
            if (numbers.empty()) continue;
            ASSERT_TRUE(seal(store_->last_sealed() + 1, numbers));
        } else if (what < 9) {
            const std::uint64_t open = store_->last_sealed() - store_->last_acknowledged();
            ASSERT_TRUE(store_->acknowledge(store_->last_acknowledged() + random.below(open + 1)));
        } else if (random.below(10) == 0) {
            ASSERT_TRUE(store_->new_incarnation());
        }
        const OutboxCounts before = store_->outbox();
        const std::uint64_t delivered = store_->delivered_rows();
        ASSERT_EQ(before.rows + delivered, position * rows_per);
        if (step % 10 == 0) {
            reopen();
            ASSERT_EQ(store_->outbox().rows, before.rows);
            ASSERT_EQ(store_->outbox().readings, before.readings);
            ASSERT_EQ(store_->outbox().sealed_rows, before.sealed_rows);
            ASSERT_EQ(store_->outbox().alerts, before.alerts);
            ASSERT_EQ(store_->delivered_rows(), delivered);
        }
    }
    EXPECT_GT(store_->delivered_rows(), 100U);
}

}  // namespace
}  // namespace redshank
