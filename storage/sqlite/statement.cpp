#include <sqlite3.h>

#include <bit>

#include "storage/sqlite/database.hpp"

namespace redshank {

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)), path_(other.path_), bind_code_(other.bind_code_) {}

Statement& Statement::operator=(Statement&& other) noexcept {
    std::swap(statement_, other.statement_);
    std::swap(path_, other.path_);
    std::swap(bind_code_, other.bind_code_);
    return *this;
}

Statement::~Statement() {
    sqlite3_finalize(statement_);
}

Statement& Statement::bound(int code) noexcept {
    if (bind_code_ == SQLITE_OK) bind_code_ = code;
    return *this;
}

Statement& Statement::bind_integer(int index, std::int64_t value) {
    return bound(sqlite3_bind_int64(statement_, index, value));
}

Statement& Statement::bind(int index, double value) {
    return bound(sqlite3_bind_double(statement_, index, value));
}

Statement& Statement::bind(int index, std::string_view text) {
    const char* bytes = text.empty() ? "" : text.data();  // a null pointer would bind null
    return bound(sqlite3_bind_text64(statement_, index, bytes, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

Statement& Statement::bind(int index, std::span<const std::byte> blob) {
    if (blob.empty()) return bound(sqlite3_bind_zeroblob(statement_, index, 0));
    return bound(sqlite3_bind_blob64(statement_, index, blob.data(), blob.size(), SQLITE_TRANSIENT));
}

Statement& Statement::bind_null(int index) {
    return bound(sqlite3_bind_null(statement_, index));
}

tl::unexpected<std::string> Statement::failed(int code) {
    std::string what = *path_ + ": ";
    const bool known = sqlite3_extended_errcode(sqlite3_db_handle(statement_)) == code;
    what += known ? sqlite3_errmsg(sqlite3_db_handle(statement_)) : sqlite3_errstr(code);
    what += " (SQLite code " + std::to_string(code) + ")";
    reset();
    return failure(std::move(what));
}

Outcome<bool> Statement::step() {
    if (bind_code_ != SQLITE_OK) return failed(bind_code_);
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return failed(code);
}

Outcome<> Statement::run() {
    Outcome<bool> row = step();
    while (row && *row) row = step();
    if (!row) return failure(std::move(row.error()));
    reset();
    return {};
}

void Statement::reset() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
    bind_code_ = SQLITE_OK;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

std::uint64_t Statement::unsigned_integer(int column) const {
    return std::bit_cast<std::uint64_t>(integer(column));
}

double Statement::real(int column) const {
    return sqlite3_column_double(statement_, column);
}

std::string_view Statement::text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    if (bytes == nullptr) return {};
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const std::byte> Statement::blob(int column) const {
    const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
    if (bytes == nullptr) return {};
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

}  // namespace redshank
