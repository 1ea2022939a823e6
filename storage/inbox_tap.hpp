#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "model/outcome.hpp"
#include "model/record.hpp"
#include "storage/inbox_log.hpp"

namespace redshank {

// Reads along in the inbox file of a running agent, record by record, and never stands in its way: the file is mapped
// read-only and nothing is written or locked. Records that a checkpoint has freed are read as long as their bytes are
// there. A reader that is so slow that the writer has come round the ring and overwritten what it had not read goes on
// at the oldest record kept, and says how many it has missed.
//   Every record is copied, then its checksum, its position and the end are looked at: what the writer touched
//   meanwhile is not believed.
//   Thread: one. Errors: a file that is no inbox; records that do not add up although nobody has overwritten them.
class InboxTap {
public:
    enum class Begin : std::uint8_t { oldest, now };  // at what the inbox keeps, or at what comes
    // nullptr: there is no file.
    static Outcome<std::unique_ptr<InboxTap>> open(const std::filesystem::path& file, Begin begin);
    virtual ~InboxTap() = default;

    struct Read {
        std::optional<Record> record;  // its body is valid until the next call; nothing: there is no newer one yet
        std::uint64_t missed = 0;      // records in front of it that were overwritten
    };
    virtual Outcome<Read> next() = 0;

    virtual std::uint64_t position() const noexcept = 0;  // the record next() is to read; 0: any
    virtual const InboxIdentity& identity() const noexcept = 0;
    // Another file is at the path by now: the agent has begun a new inbox. Records may still have come before.
    virtual bool replaced() const noexcept = 0;
};

}  // namespace redshank
