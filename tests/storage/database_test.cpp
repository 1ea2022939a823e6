#include "storage/sqlite/database.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "tests/storage/temporary_directory.hpp"

namespace redshank {
namespace {

mode_t mode_of(const std::filesystem::path& file) {
    struct stat info {};
    return ::stat(file.c_str(), &info) == 0 ? info.st_mode & 07777U : 0;
}

std::unique_ptr<Database> opened(const std::filesystem::path& file, const Database::Options& options = {}) {
    auto database = Database::open(file, options);
    if (!database) throw std::runtime_error(database.error());
    return std::move(*database);
}

TEST(Database, values_come_back_as_they_were_bound) {
    const TemporaryDirectory directory;
    const auto database = opened(directory / "a.db");
    ASSERT_TRUE(database->execute("CREATE TABLE t(i, u, r, t, b, n, e, z)"));
    const std::vector<std::byte> blob{std::byte{0}, std::byte{255}, std::byte{7}};
    auto insert = database->prepare("INSERT INTO t VALUES(?,?,?,?,?,?,?,?)");
    ASSERT_TRUE(insert) << insert.error();
    insert->bind(1, INT64_MIN).bind(2, UINT64_MAX).bind(3, 0.1).bind(4, std::string_view("a\0b", 3)).bind(5, blob);
    insert->bind_null(6).bind(7, "").bind(8, std::span<const std::byte>());
    ASSERT_TRUE(insert->run());
    EXPECT_EQ(database->changes(), 1);
    auto select = database->prepare("SELECT * FROM t");
    ASSERT_TRUE(select);
    ASSERT_EQ(select->step(), true);
    EXPECT_EQ(select->integer(0), INT64_MIN);
    EXPECT_EQ(select->unsigned_integer(1), UINT64_MAX);
    EXPECT_EQ(select->real(2), 0.1);
    EXPECT_EQ(select->text(3), std::string_view("a\0b", 3));
    EXPECT_TRUE(std::ranges::equal(select->blob(4), blob));
    EXPECT_TRUE(select->is_null(5));
    EXPECT_FALSE(select->is_null(6));
    EXPECT_EQ(select->text(6), "");
    EXPECT_FALSE(select->is_null(7));
    EXPECT_TRUE(select->blob(7).empty());
    EXPECT_EQ(select->step(), false);
}

TEST(Database, files_are_private_whatever_the_umask) {
    const TemporaryDirectory directory;
    const mode_t before = ::umask(0);
    const auto open_to_all = opened(directory / "a.db");
    EXPECT_TRUE(open_to_all->execute("CREATE TABLE t(x)"));
    ::umask(0777);
    const auto closed_to_all = opened(directory / "b.db");
    EXPECT_TRUE(closed_to_all->execute("CREATE TABLE t(x)"));
    ::umask(before);
    for (const char* name : {"a.db", "a.db-wal", "a.db-shm", "b.db", "b.db-wal", "b.db-shm"}) {
        EXPECT_EQ(mode_of(directory / name), 0600U) << name;
    }
}

TEST(Database, a_transaction_that_was_not_committed_leaves_nothing) {
    const TemporaryDirectory directory;
    const auto database = opened(directory / "a.db");
    ASSERT_TRUE(database->execute("CREATE TABLE t(x)"));
    {
        auto transaction = Transaction::begin(*database);
        ASSERT_TRUE(transaction);
        ASSERT_TRUE(database->execute("INSERT INTO t VALUES(1)"));
    }
    EXPECT_EQ(database->integer("SELECT count(*) FROM t"), 0);
    {
        auto transaction = Transaction::begin(*database);
        ASSERT_TRUE(transaction);
        ASSERT_TRUE(database->execute("INSERT INTO t VALUES(1)"));
        ASSERT_TRUE(transaction->commit());
        EXPECT_FALSE(transaction->commit());
    }
    EXPECT_EQ(database->integer("SELECT count(*) FROM t"), 1);
}

TEST(Database, a_file_that_is_no_database_is_refused_by_name) {
    const TemporaryDirectory directory;
    std::ofstream(directory / "a.db") << std::string(8192, 'x');
    const auto database = Database::open(directory / "a.db");
    ASSERT_FALSE(database);
    EXPECT_NE(database.error().find((directory / "a.db").string()), std::string::npos);
    EXPECT_NE(database.error().find("not a database"), std::string::npos) << database.error();
    const auto missing = Database::open(directory / "no/such.db");
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().find("No such file"), std::string::npos) << missing.error();
}

TEST(Database, damage_inside_is_found_by_check) {
    const TemporaryDirectory directory;
    {
        const auto database = opened(directory / "a.db");
        ASSERT_TRUE(
            database->execute("CREATE TABLE t(x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n"
                              " WHERE i<500) INSERT INTO t SELECT randomblob(200) FROM n"));
        EXPECT_TRUE(database->check());
    }
    {
        std::fstream file(directory / "a.db", std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(12'288);
        file << std::string(4096, '\xa5');
    }
    const auto database = opened(directory / "a.db");
    const auto checked = database->check();
    ASSERT_FALSE(checked);
    EXPECT_NE(checked.error().find((directory / "a.db").string()), std::string::npos);
}

TEST(Database, a_failed_statement_says_why_and_can_be_used_again) {
    const TemporaryDirectory directory;
    const auto database = opened(directory / "a.db");
    ASSERT_TRUE(database->execute("CREATE TABLE t(x INTEGER PRIMARY KEY)"));
    auto insert = database->prepare("INSERT INTO t VALUES(?)");
    ASSERT_TRUE(insert);
    ASSERT_TRUE(insert->bind(1, 1).run());
    const auto again = insert->bind(1, 1).run();
    ASSERT_FALSE(again);
    EXPECT_NE(again.error().find("UNIQUE"), std::string::npos) << again.error();
    EXPECT_TRUE(insert->bind(1, 2).run());
    EXPECT_FALSE(insert->bind(2, 3).run()) << "there is no second parameter";
    EXPECT_TRUE(insert->bind(1, 3).run());
    const auto nonsense = database->prepare("SELEKT");
    ASSERT_FALSE(nonsense);
    EXPECT_NE(nonsense.error().find("SELEKT"), std::string::npos) << nonsense.error();
}

TEST(Database, a_file_at_its_limit_refuses_more_and_stays_whole) {
    const TemporaryDirectory directory;
    const auto database = opened(directory / "a.db", {.max_bytes = 65'536});
    ASSERT_TRUE(database->execute("CREATE TABLE t(x)"));
    Outcome<> inserted;
    int rows = 0;
    for (; rows < 1000; ++rows) {
        inserted = database->execute("INSERT INTO t VALUES(randomblob(1000))");
        if (!inserted) break;
    }
    ASSERT_FALSE(inserted);
    EXPECT_NE(inserted.error().find("full"), std::string::npos) << inserted.error();
    EXPECT_EQ(database->integer("SELECT count(*) FROM t"), rows);
    EXPECT_TRUE(database->check());
    EXPECT_TRUE(database->truncate_wal());
    EXPECT_EQ(database->wal_bytes_on_disk(), 0U);
    EXPECT_LE(database->bytes_on_disk(), 64U * 1024U);
}

int live_in_a_pool() {
    constexpr std::uint64_t budget = 2 << 20;
    const TemporaryDirectory directory;
    if (!configure_memory(budget)) return 1;
    const auto database = opened(directory / "a.db", {.cache_bytes = 524'288});
    for (int i = 0; i < 20; ++i) {
        if (!database->execute("CREATE TABLE IF NOT EXISTS t(x); INSERT INTO t SELECT randomblob(50000)")) return 2;
    }
    if (database->integer("SELECT sum(length(x)) FROM t") != 1'000'000) return 3;
    if (memory_used_bytes() < 65'536 || memory_used_bytes() > budget) return 4;
    if (configure_memory(budget)) return 5;
    return 0;
}

// In a fresh process: the pool is configured before SQLite's first use.
TEST(DatabaseDeathTest, memory_is_a_pool_configured_once_and_reported) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(std::exit(live_in_a_pool()), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace redshank
