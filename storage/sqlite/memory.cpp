#include <sqlite3.h>
#include <sys/mman.h>

#include "storage/sqlite/database.hpp"

namespace redshank {
namespace {

// A page, what SQLite keeps beside it, and the pool's own alignment.
std::uint64_t slot_bytes() {
    int header = 0;
    sqlite3_config(SQLITE_CONFIG_PCACHE_HDRSZ, &header);
    return (Database::page_bytes + static_cast<std::uint64_t>(header) + 7) / 8 * 8;
}

std::uint64_t pool_slot_bytes = Database::page_bytes;

}  // namespace

Outcome<> configure_memory(std::uint64_t bytes) {
    const std::uint64_t slot = slot_bytes();
    const std::uint64_t slots = bytes / 2 / slot;
    if (slots == 0 || slots > INT32_MAX) return failure("SQLite cannot live in " + std::to_string(bytes) + " bytes");
    // Kept for the life of the process, as SQLite keeps it.
    const auto pool_bytes = static_cast<std::size_t>(slots * slot);
    void* pool = ::mmap(nullptr, pool_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pool == MAP_FAILED) return failure("no memory for SQLite's pages: " + std::to_string(slots * slot) + " bytes");
    if (sqlite3_config(SQLITE_CONFIG_PAGECACHE, pool, static_cast<int>(slot), static_cast<int>(slots)) != SQLITE_OK) {
        ::munmap(pool, pool_bytes);
        return failure("SQLite's memory is configured before its first use, and once");
    }
    pool_slot_bytes = slot;
    sqlite3_soft_heap_limit64(static_cast<sqlite3_int64>(bytes - slots * slot));  // initialises the library
    return {};
}

std::uint64_t memory_used_bytes() {
    sqlite3_int64 slots = 0;
    sqlite3_int64 highest = 0;
    sqlite3_status64(SQLITE_STATUS_PAGECACHE_USED, &slots, &highest, 0);
    return static_cast<std::uint64_t>(sqlite3_memory_used()) + static_cast<std::uint64_t>(slots) * pool_slot_bytes;
}

}  // namespace redshank
