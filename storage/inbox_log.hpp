#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/outcome.hpp"
#include "model/record.hpp"

namespace redshank {

// What an inbox file belongs to. A leftover counts only when kernel_boot_id is this kernel's (after a power cut on a
// directory that is not a tmpfs its bytes may be torn).
struct InboxIdentity {
    std::uint64_t boot = 0;           // redshank's own boot number, from the database
    std::uint64_t incarnation = 0;    // of the database
    std::int64_t wall_offset_ns = 0;  // stamp = monotonic clock + this, frozen for the boot
    bool wall_trusted = false;
    std::array<char, 36> kernel_boot_id{};
};

// The inbox: records in one mapped file on a tmpfs, a ring of bytes. A record is published by one release store of the
// end, after its bytes are complete; what is published survives SIGKILL. Layout and a worked example:
// docs/inbox-log.md.
//   Invariant: positions are consecutive; first() <= next(); the bytes of [first(), next()) are never overwritten.
//   Thread: one at a time (the caller holds the pipeline mutex), but one thread may find() without it, beside append(),
//   records below next(), as long as nobody frees or gives up any. Errors: opening says what is wrong; append never
//   fails, it gives up the oldest instead.
class InboxLog {
public:
    static constexpr std::size_t configuration_bytes_max = 262'144;

    // A new file, made beside and renamed over `file`; every block of it reserved (posix_fallocate), mode 0600. The
    // ring is rounded up to whole pages. first_position is at least 1.
    static Outcome<std::unique_ptr<InboxLog>> create(const std::filesystem::path& file, const InboxIdentity& identity,
                                                     std::string_view configuration, std::size_t ring_bytes,
                                                     std::uint64_t first_position);

    // The leftover; nullptr when there is no file. A failure for a file that is not an inbox of this format or whose
    // header or published records do not add up (the caller says so and begins a new one).
    static Outcome<std::unique_ptr<InboxLog>> open(const std::filesystem::path& file);

    virtual ~InboxLog() = default;

    struct Appended {
        std::uint64_t position = 0;
        std::uint64_t given_up = 0;  // records given up to make room
    };
    // body is copied; body.size() must be at most record_bytes_max(). A record that needs more room than is free gives
    // up the oldest ones; the newest is never given up. A stamp before the last one is kept as the last one.
    virtual Appended append(RecordKind kind, std::int64_t stamp_ns, std::span<const std::byte> body) noexcept = 0;
    // The same for a message, encoded in place (no second copy of the payload).
    virtual Appended append(const Message& message, std::int64_t stamp_ns) noexcept = 0;

    // Records up to and including `position` are covered by a committed checkpoint.
    virtual void free_through(std::uint64_t position) noexcept = 0;

    virtual std::uint64_t first() const noexcept = 0;  // oldest kept position; == next() when empty
    virtual std::uint64_t next() const noexcept = 0;   // position the next record will get
    virtual std::optional<Record> find(
        std::uint64_t position) const noexcept = 0;  // constant time for position == last + 1
    virtual std::size_t used_bytes() const noexcept = 0;
    virtual std::size_t ring_bytes() const noexcept = 0;
    virtual std::size_t record_bytes_max() const noexcept = 0;  // of a body; with its header a quarter of the ring
    virtual std::int64_t last_stamp_ns() const noexcept = 0;    // 0 when nothing was ever appended
    virtual const InboxIdentity& identity() const noexcept = 0;
    virtual std::string_view configuration() const noexcept = 0;
};

// One agent per runtime directory: an flock that the kernel gives back when the process dies.
class DirectoryLock {
public:
    static Outcome<std::unique_ptr<DirectoryLock>> take(const std::filesystem::path& file);
    virtual ~DirectoryLock() = default;
};

}  // namespace redshank
