#include "storage/inbox_tap.hpp"

#include <atomic>
#include <cstring>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "storage/crc32.hpp"
#include "storage/inbox_file.hpp"
#include "storage/inbox_layout.hpp"

namespace redshank {
namespace {

using inbox_layout::RecordHeader;

constexpr int tries_max = 10'000;  // at bytes that the writer is at just now

std::uint64_t load(std::uint64_t& word) noexcept {
    return std::atomic_ref<std::uint64_t>(word).load(std::memory_order_acquire);
}

class MappedInboxTap final : public InboxTap {
public:
    MappedInboxTap(std::filesystem::path path, std::unique_ptr<InboxFile> file);

    Outcome<> skip_to_end();

    Outcome<Read> next() override;
    std::uint64_t position() const noexcept override { return position_; }
    const InboxIdentity& identity() const noexcept override { return identity_; }
    bool replaced() const noexcept override;

private:
    enum class Seen : std::uint8_t { record, pad, nonsense };
    Seen look(std::uint64_t end);
    bool overwritten() const noexcept { return load(file_->header().end) - at_ > ring_.size(); }

    std::filesystem::path path_;
    std::unique_ptr<InboxFile> file_;
    std::span<const std::byte> ring_;
    InboxIdentity identity_;
    std::vector<std::byte> copy_;  // of the record at at_
    RecordHeader header_;
    std::size_t bytes_ = 0;  // of it, or of the pad

    std::uint64_t at_ = 0;        // virtual offset
    std::uint64_t position_ = 0;  // 0: whatever stands there
};

MappedInboxTap::MappedInboxTap(std::filesystem::path path, std::unique_ptr<InboxFile> file)
    : path_(std::move(path)),
      file_(std::move(file)),
      ring_(file_->ring()),
      copy_(ring_.size() / 4),
      at_(load(file_->header().begin)) {
    const inbox_layout::Fixed& fixed = file_->header().fixed;
    identity_ = {fixed.boot, fixed.incarnation, fixed.wall_offset_ns, fixed.wall_trusted != 0, fixed.kernel_boot_id};
    if (load(file_->header().end) == 0) position_ = fixed.first_position;
}

bool MappedInboxTap::replaced() const noexcept {
    std::error_code ignored;
    return std::filesystem::exists(path_, ignored) && !file_->is_at(path_);
}

// What stands at at_, as of a moment when the writer's end was `end`. A record is believed for the copy's own checksum
// and position, whatever the writer has done since: no order of our loads is asked for.
MappedInboxTap::Seen MappedInboxTap::look(std::uint64_t end) {
    const auto place = static_cast<std::size_t>(at_ % ring_.size());
    const std::size_t room = ring_.size() - place;
    if (room < inbox_layout::record_bytes_min) {
        bytes_ = room;
        return Seen::pad;
    }
    std::memcpy(static_cast<void*>(&header_), ring_.data() + place, inbox_layout::record_header_bytes);
    const bool is_pad = header_.kind == inbox_layout::pad;
    if (header_.body_bytes > room) return Seen::nonsense;
    bytes_ = inbox_layout::record_bytes(header_.body_bytes);
    if (bytes_ > room || bytes_ > end - at_ || (is_pad && bytes_ != room)) return Seen::nonsense;
    if (!is_pad && (bytes_ > copy_.size() || header_.kind > UINT8_MAX)) return Seen::nonsense;
    std::uint32_t checksum = crc32(std::as_bytes(std::span(&header_, 1)).first(inbox_layout::checksummed_bytes));
    if (!is_pad) {
        const std::size_t body_room = bytes_ - inbox_layout::record_header_bytes;
        std::memcpy(copy_.data(), ring_.data() + place + inbox_layout::record_header_bytes, body_room);
        checksum = crc32(std::span(copy_).first(body_room), checksum);
    }
    if (checksum != header_.checksum) return Seen::nonsense;
    return is_pad ? Seen::pad : Seen::record;
}

Outcome<InboxTap::Read> MappedInboxTap::next() {
    bool jumped = false;
    for (int tries = 0; tries < tries_max;) {
        const std::uint64_t end = load(file_->header().end);
        if (end == at_) return Read{};
        const Seen seen = end - at_ > ring_.size() ? Seen::nonsense : look(end);
        // A record of the next round is complete before its end is published.
        const bool of_another_round =
            seen == Seen::record && !jumped && position_ != 0 && header_.position != position_;
        if (seen == Seen::nonsense || of_another_round || overwritten()) {
            ++tries;
            // Whoever overwrites a record has moved `begin` over it before.
            const std::uint64_t begin = load(file_->header().begin);
            if (begin > at_) {
                at_ = begin;
                jumped = true;
            } else {
                std::this_thread::yield();
            }
            continue;
        }
        at_ += bytes_;
        if (seen == Seen::pad || header_.position < position_) continue;
        Read read;
        read.missed = position_ == 0 ? 0 : header_.position - position_;
        read.record = Record{header_.position, header_.stamp_ns, static_cast<RecordKind>(header_.kind),
                             std::span(copy_).first(header_.body_bytes)};
        position_ = header_.position + 1;
        return read;
    }
    return failure(path_.string() + ": what stands where record " + std::to_string(position_) +
                   " should be does not add up");
}

Outcome<> MappedInboxTap::skip_to_end() {
    const std::uint64_t end = load(file_->header().end);
    while (at_ < end) {
        const auto read = next();
        if (!read) return failure(read.error());
        if (!read->record) break;
    }
    return {};
}

}  // namespace

Outcome<std::unique_ptr<InboxTap>> InboxTap::open(const std::filesystem::path& file, Begin begin) {
    Outcome<std::unique_ptr<InboxFile>> found = InboxFile::open_read_only(file);
    if (!found) return failure(std::move(found.error()));
    if (*found == nullptr) return nullptr;
    auto tap = std::make_unique<MappedInboxTap>(file, std::move(*found));
    if (begin == Begin::now) {
        if (auto skipped = tap->skip_to_end(); !skipped) return failure(skipped.error());
    }
    return tap;
}

}  // namespace redshank
