#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "model/outcome.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace redshank {

// SQLite for this program: the only place that includes its header. No exceptions; a failure is a sentence that begins
// with the file's path.
//   Thread: a database and everything made from it belong to one thread at a time.
//   Lifetime: statements and transactions end before their database.

// A prepared statement. Indices of parameters count from 1, of columns from 0. A failed bind is reported by the next
// step().
class Statement {
public:
    Statement() noexcept = default;  // not to be used until one is moved into it
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&& other) noexcept;
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement();

    // Integers are stored as int64; a uint64 above 2^63 - 1 keeps its bits and comes back by unsigned_integer().
    template <std::integral T>
    Statement& bind(int index, T value) {
        return bind_integer(index, static_cast<std::int64_t>(value));
    }
    Statement& bind(int index, double value);
    // Copied: the bytes need not outlive the call.
    Statement& bind(int index, std::string_view text);
    Statement& bind(int index, std::span<const std::byte> blob);
    Statement& bind_null(int index);

    Outcome<bool> step();  // true: a row is there; false: done. A failure has reset the statement.
    Outcome<> run();       // steps to the end, leaving the rows out, and resets
    void reset();          // ready to bind and step again; parameters are null

    // Of the row that step() found. Views live until the next step() or reset(). A null reads as 0 or empty.
    std::int64_t integer(int column) const;
    std::uint64_t unsigned_integer(int column) const;
    double real(int column) const;
    std::string_view text(int column) const;
    std::span<const std::byte> blob(int column) const;
    bool is_null(int column) const;

private:
    friend class Database;
    Statement(sqlite3_stmt* statement, const std::string* path) noexcept : statement_(statement), path_(path) {}
    Statement& bind_integer(int index, std::int64_t value);
    Statement& bound(int code) noexcept;
    tl::unexpected<std::string> failed(int code);

    sqlite3_stmt* statement_ = nullptr;
    const std::string* path_ = nullptr;
    int bind_code_ = 0;
};

class Database {
public:
    struct Options {
        bool wal = true;
        int busy_ms = 5000;                   // how long a lock of another process is waited for
        bool full_sync = true;                // every commit reaches the card before it returns
        std::uint64_t cache_bytes = 2 << 20;  // of pages in memory
        std::uint64_t max_bytes = 0;          // of the database file, a write beyond it fails; 0 = no limit
        std::uint64_t wal_bytes = 4 << 20;    // the write-ahead log is copied back from this size on, and cut to it
    };

    static constexpr std::uint64_t page_bytes = 4096;  // of databases made here

    // Makes the file when there is none, mode 0600 (SQLite gives its -wal and -shm the mode of the database). A failure
    // for a file that is no database or that SQLite finds damaged when it reads the schema; check() looks at all of it.
    static Outcome<std::unique_ptr<Database>> open(const std::filesystem::path& path, const Options& options);
    static Outcome<std::unique_ptr<Database>> open(const std::filesystem::path& path) { return open(path, Options{}); }
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    Outcome<> execute(const std::string& sql);  // one or more statements; rows are left out
    Outcome<Statement> prepare(std::string_view sql);
    Outcome<std::int64_t> integer(std::string_view sql);  // first column of the first row; a failure when there is none

    std::int64_t changes() const;  // rows changed by the last statement
    const std::string& path() const { return path_; }
    bool busy() const;               // the last call failed because another process holds a lock
    bool in_place() const;           // the file that is open is the one that its path names
    std::string last_error() const;  // what SQLite says of the last call, with the path

    Outcome<> limit_bytes(std::uint64_t max_bytes);  // as Options::max_bytes, from now on
    Outcome<> check();                               // reads every page; a failure names the first damage
    // Copies the write-ahead log back and cuts it to nothing; false when another process is reading from it or
    // the disk is full, and all of it stays as it was.
    Outcome<bool> truncate_wal();
    std::uint64_t bytes_on_disk() const;  // database and write-ahead log, as the file system says now
    std::uint64_t wal_bytes_on_disk() const;

private:
    friend class Transaction;
    Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
    Outcome<> configure(const Options& options);
    tl::unexpected<std::string> failed(int code) const;

    sqlite3* handle_ = nullptr;
    std::string path_;
    std::uint64_t device_ = 0;  // of the file as it was opened
    std::uint64_t inode_ = 0;
};

// BEGIN IMMEDIATE: the write lock is taken at once. Rolled back at the end of its life unless commit() succeeded.
class Transaction {
public:
    static Outcome<Transaction> begin(Database& database);
    Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();

    Outcome<> commit();

private:
    explicit Transaction(Database& database) noexcept : database_(&database) {}
    Database* database_;
};

// Gives SQLite a fixed pool of pages of half of `bytes`, acquired now, and asks it to keep everything else under the
// other half (soft limit). Once per process, before the first database is opened; a failure afterwards.
Outcome<> configure_memory(std::uint64_t bytes);

// What SQLite holds now in this process: pages and everything else.
std::uint64_t memory_used_bytes();

}  // namespace redshank
