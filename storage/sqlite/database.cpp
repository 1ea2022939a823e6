#include "storage/sqlite/database.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace redshank {
namespace {

std::string errno_text() {
    return std::generic_category().message(errno);
}

// Makes an empty file that nobody else can read; an existing one keeps its mode. Its name is on the card afterwards.
Outcome<> make_private_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        if (errno == EEXIST) return {};
        return failure(path + ": cannot be made: " + errno_text());
    }
    const bool private_now = ::fchmod(file, 0600) == 0;
    const std::string why = errno_text();
    ::close(file);
    if (!private_now) return failure(path + ": cannot be made private: " + why);
    const std::string folder = std::filesystem::path(path).parent_path();
    const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return failure(folder + ": " + errno_text());
    const bool synced = ::fsync(directory) == 0;
    const std::string reason = errno_text();
    ::close(directory);
    if (!synced) return failure(folder + ": cannot be synced: " + reason);
    return {};
}

std::uint64_t file_bytes(const std::string& path) {
    std::error_code none;
    const auto bytes = std::filesystem::file_size(path, none);
    return none ? 0 : bytes;
}

}  // namespace

tl::unexpected<std::string> Database::failed(int code) const {
    std::string what = path_ + ": ";
    what += sqlite3_extended_errcode(handle_) == code ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
    return failure(what + " (SQLite code " + std::to_string(code) + ")");
}

Outcome<std::unique_ptr<Database>> Database::open(const std::filesystem::path& path, const Options& options) {
    // Absolute, so that no name is taken for a URI.
    std::error_code wrong;
    const std::string absolute = std::filesystem::absolute(path, wrong);
    if (wrong) return failure(path.string() + ": " + wrong.message());
    if (Outcome<> made = make_private_file(absolute); !made) return failure(std::move(made.error()));

    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(absolute.c_str(), &handle,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    if (handle == nullptr) return failure(absolute + ": out of memory");
    std::unique_ptr<Database> database(new Database(handle, absolute));
    if (code != SQLITE_OK) return database->failed(code);
    struct stat file = {};
    if (::stat(absolute.c_str(), &file) != 0) return failure(absolute + ": " + errno_text());
    database->device_ = file.st_dev;
    database->inode_ = file.st_ino;
    if (Outcome<> configured = database->configure(options); !configured) {
        return failure(std::move(configured.error()));
    }
    return database;
}

Outcome<> Database::configure(const Options& options) {
    sqlite3_busy_timeout(handle_, options.busy_ms);
    const std::uint64_t wal_pages = std::max<std::uint64_t>(options.wal_bytes / page_bytes, 1);
    // auto_vacuum and page_size count for a new file only, and must come before the journal mode, which writes it.
    // A page that is freed is used again; wiping or moving it would only wear the card.
    std::string sql = "PRAGMA page_size=" + std::to_string(page_bytes) + ";PRAGMA auto_vacuum=NONE;" +
                      "PRAGMA secure_delete=OFF;PRAGMA mmap_size=0;PRAGMA temp_store=MEMORY;" + "PRAGMA cache_size=-" +
                      std::to_string(std::max<std::uint64_t>(options.cache_bytes / 1024, 1)) +
                      ";PRAGMA synchronous=" + (options.full_sync ? "FULL" : "NORMAL") +
                      ";PRAGMA journal_size_limit=" + std::to_string(wal_pages * page_bytes) +
                      ";PRAGMA wal_autocheckpoint=" + std::to_string(wal_pages);
    if (Outcome<> set = execute(sql); !set) return set;
    if (options.max_bytes != 0) {
        if (Outcome<> limited = limit_bytes(options.max_bytes); !limited) return limited;
    }

    Outcome<std::int64_t> readable = integer("SELECT count(*) FROM sqlite_schema");
    if (!readable) return failure(std::move(readable.error()));
    Outcome<Statement> mode = prepare(options.wal ? "PRAGMA journal_mode=WAL" : "PRAGMA journal_mode=DELETE");
    if (!mode) return failure(std::move(mode.error()));
    const Outcome<bool> row = mode->step();
    if (!row) return failure(row.error());
    if (options.wal && mode->text(0) != "wal") {
        return failure(path_ + ": this file system does not carry a write-ahead log");
    }
    return {};
}

Database::~Database() {
    sqlite3_close_v2(handle_);
}

Outcome<> Database::execute(const std::string& sql) {
    const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return failed(code);
    return {};
}

Outcome<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                        &statement, nullptr);
    if (code != SQLITE_OK) return failed(code);
    return Statement(statement, &path_);
}

Outcome<std::int64_t> Database::integer(std::string_view sql) {
    Outcome<Statement> statement = prepare(sql);
    if (!statement) return failure(std::move(statement.error()));
    Outcome<bool> row = statement->step();
    if (!row) return failure(std::move(row.error()));
    if (!*row) return failure(path_ + ": no row answers: " + std::string(sql));
    return statement->integer(0);
}

std::int64_t Database::changes() const {
    return sqlite3_changes64(handle_);
}

bool Database::busy() const {
    return (sqlite3_errcode(handle_) & 0xff) == SQLITE_BUSY;
}

bool Database::in_place() const {
    struct stat now = {};
    return ::stat(path_.c_str(), &now) == 0 && now.st_dev == device_ && now.st_ino == inode_;
}

std::string Database::last_error() const {
    return path_ + ": " + sqlite3_errmsg(handle_);
}

Outcome<> Database::limit_bytes(std::uint64_t max_bytes) {
    const std::uint64_t pages = std::clamp<std::uint64_t>(max_bytes / page_bytes, 1, UINT32_MAX - 1);
    return execute("PRAGMA max_page_count=" + std::to_string(max_bytes == 0 ? UINT32_MAX - 1 : pages));
}

Outcome<> Database::check() {
    Outcome<Statement> statement = prepare("PRAGMA quick_check(1)");
    if (!statement) return failure(std::move(statement.error()));
    Outcome<bool> row = statement->step();
    if (!row) return failure(std::move(row.error()));
    if (*row && statement->text(0) == "ok") return {};
    return failure(path_ + ": damaged: " + std::string(statement->text(0)));
}

Outcome<bool> Database::truncate_wal() {
    const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_FULL) return false;
    if (code != SQLITE_OK) return failed(code);
    return true;
}

std::uint64_t Database::wal_bytes_on_disk() const {
    return file_bytes(path_ + "-wal");
}

std::uint64_t Database::bytes_on_disk() const {
    return file_bytes(path_) + wal_bytes_on_disk();
}

Outcome<Transaction> Transaction::begin(Database& database) {
    if (Outcome<> begun = database.execute("BEGIN IMMEDIATE"); !begun) return failure(std::move(begun.error()));
    return Transaction(database);
}

Outcome<> Transaction::commit() {
    if (database_ == nullptr || sqlite3_get_autocommit(database_->handle_) != 0) {
        return failure((database_ == nullptr ? std::string("transaction") : database_->path_) +
                       ": the transaction has ended already");
    }
    if (Outcome<> committed = database_->execute("COMMIT"); !committed) return committed;
    database_ = nullptr;
    return {};
}

Transaction::~Transaction() {
    // A full disk or an I/O error may have rolled back already.
    if (database_ == nullptr || sqlite3_get_autocommit(database_->handle_) != 0) return;
    static_cast<void>(database_->execute("ROLLBACK"));
}

}  // namespace redshank
