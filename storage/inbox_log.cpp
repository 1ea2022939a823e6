#include "storage/inbox_log.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "storage/crc32.hpp"
#include "storage/inbox_file.hpp"
#include "storage/inbox_layout.hpp"

namespace redshank {
namespace {

using inbox_layout::RecordHeader;
using Word = std::atomic_ref<std::uint64_t>;
static_assert(Word::is_always_lock_free);

// A record's offset is remembered for every mark_distance-th position, so that any record is found in fewer steps.
constexpr std::uint64_t mark_distance = 32;

class MappedInboxLog final : public InboxLog {
public:
    explicit MappedInboxLog(std::unique_ptr<InboxFile> file);

    // Walks the published records; nullptr when all of them add up.
    const char* read_all() noexcept;

    Appended append(RecordKind kind, std::int64_t stamp_ns, std::span<const std::byte> body) noexcept override;
    Appended append(const Message& message, std::int64_t stamp_ns) noexcept override;
    void free_through(std::uint64_t position) noexcept override;

    std::uint64_t first() const noexcept override { return std::max(begin_position_, freed_through_ + 1); }
    std::uint64_t next() const noexcept override { return next_.load(std::memory_order_acquire); }
    std::optional<Record> find(std::uint64_t position) const noexcept override;
    std::size_t used_bytes() const noexcept override {
        return first() == next() ? 0 : static_cast<std::size_t>(end_ - begin_);
    }
    std::size_t ring_bytes() const noexcept override { return ring_.size(); }
    std::size_t record_bytes_max() const noexcept override { return record_bytes_max_; }
    std::int64_t last_stamp_ns() const noexcept override { return last_stamp_ns_; }
    const InboxIdentity& identity() const noexcept override { return identity_; }
    std::string_view configuration() const noexcept override { return file_->configuration(); }

private:
    struct Place {
        std::uint64_t offset = 0;  // virtual
        Appended appended;
    };
    // Room for a record: its virtual offset, with the pad in front of it written and the oldest given up.
    Place make_room(std::size_t body_bytes) noexcept;
    void publish(const Place& place, RecordKind kind, std::int64_t stamp_ns, std::size_t body_bytes) noexcept;

    std::byte* at(std::uint64_t offset) const noexcept { return ring_.data() + offset % ring_.size(); }
    std::size_t room_behind(std::uint64_t offset) const noexcept {
        return ring_.size() - static_cast<std::size_t>(offset % ring_.size());
    }
    RecordHeader header_at(std::uint64_t offset) const noexcept {
        RecordHeader header;
        std::memcpy(static_cast<void*>(&header), at(offset), inbox_layout::record_header_bytes);
        return header;
    }
    // Of the next record at or behind `offset`: leaves out a pad, or a rest too short for one.
    std::uint64_t record_at_or_behind(std::uint64_t offset) const noexcept;
    std::uint64_t record_behind(std::uint64_t offset) const noexcept {
        return record_at_or_behind(offset + inbox_layout::record_bytes(header_at(offset).body_bytes));
    }
    std::uint64_t offset_of(std::uint64_t position) const noexcept;  // of a kept record
    std::uint64_t& mark_of(std::uint64_t position) noexcept {
        return marks_[static_cast<std::size_t>(position / mark_distance % marks_.size())];
    }
    void move_begin(std::uint64_t offset, std::uint64_t position) noexcept;

    std::unique_ptr<InboxFile> file_;
    std::span<std::byte> ring_;
    Word published_begin_;
    Word published_freed_through_;
    Word published_end_;
    InboxIdentity identity_;
    std::size_t record_bytes_max_;
    std::vector<std::uint64_t> marks_;

    // The newest record stays in the ring when it is freed: it tells position and stamp to the next process.
    std::uint64_t begin_ = 0;  // offset of the record begin_position_, unless nothing was ever appended
    std::uint64_t begin_position_ = 0;
    std::uint64_t end_ = 0;
    std::atomic<std::uint64_t> next_ = 0;  // atomic, as find() may run beside append()
    std::uint64_t freed_through_ = 0;
    std::int64_t last_stamp_ns_ = 0;

    // Where find() was last.
    mutable std::uint64_t found_position_ = 0;
    mutable std::uint64_t found_offset_ = 0;
};

MappedInboxLog::MappedInboxLog(std::unique_ptr<InboxFile> file)
    : file_(std::move(file)),
      ring_(file_->ring()),
      published_begin_(file_->header().begin),
      published_freed_through_(file_->header().freed_through),
      published_end_(file_->header().end),
      record_bytes_max_(ring_.size() / 4 / 8 * 8 - inbox_layout::record_header_bytes),
      marks_(static_cast<std::size_t>(ring_.size() / inbox_layout::record_bytes_min / mark_distance + 2)) {
    const inbox_layout::Fixed& fixed = file_->header().fixed;
    identity_ = {fixed.boot, fixed.incarnation, fixed.wall_offset_ns, fixed.wall_trusted != 0, fixed.kernel_boot_id};
    begin_ = published_begin_.load(std::memory_order_acquire);
    end_ = published_end_.load(std::memory_order_acquire);
    freed_through_ = published_freed_through_.load(std::memory_order_acquire);
    begin_position_ = fixed.first_position;
    next_.store(begin_position_, std::memory_order_relaxed);
}

const char* MappedInboxLog::read_all() noexcept {
    std::uint64_t next = begin_position_;
    bool ends_with_record = true;
    for (std::uint64_t offset = begin_; offset != end_;) {
        if (offset > end_) return "a record reaches over the end";
        const std::size_t room = room_behind(offset);
        const bool is_rest = room < inbox_layout::record_bytes_min;
        const RecordHeader header = is_rest ? RecordHeader{} : header_at(offset);
        ends_with_record = !is_rest && header.kind != inbox_layout::pad;
        if (offset == begin_ && !ends_with_record) return "begin is not at a record";
        if (is_rest) {
            offset += room;
            continue;
        }
        const std::size_t bytes = inbox_layout::record_bytes(header.body_bytes);
        if (header.body_bytes > ring_.size() || bytes > room || bytes > end_ - offset)
            return "a record's size is wrong";
        std::uint32_t checksum = crc32({at(offset), inbox_layout::checksummed_bytes});
        if (ends_with_record) {
            const std::byte* body = at(offset) + inbox_layout::record_header_bytes;
            checksum = crc32({body, bytes - inbox_layout::record_header_bytes}, checksum);
        }
        if (checksum != header.checksum) return "a record's checksum is wrong";
        if (!ends_with_record) {
            if (bytes != room) return "a pad does not end with the ring";
        } else {
            if (header.kind > UINT8_MAX || header.body_bytes > record_bytes_max_) return "a record is out of bounds";
            if (offset == begin_) {
                if (header.position < next) return "the first position is wrong";
                begin_position_ = header.position;
            } else if (header.position != next) {
                return "the positions are not consecutive";
            } else if (header.stamp_ns < last_stamp_ns_) {
                return "the stamps fall";
            }
            next = header.position + 1;
            last_stamp_ns_ = header.stamp_ns;
            if (header.position % mark_distance == 0) mark_of(header.position) = offset;
        }
        offset += bytes;
    }
    if (!ends_with_record) return "the end is not behind a record";
    if (freed_through_ >= next || freed_through_ + 1 < file_->header().fixed.first_position) {
        return "the freed position is wrong";
    }
    next_.store(next, std::memory_order_release);
    return nullptr;
}

std::uint64_t MappedInboxLog::record_at_or_behind(std::uint64_t offset) const noexcept {
    if (offset == published_end_.load(std::memory_order_acquire)) return offset;
    const std::size_t room = room_behind(offset);
    if (room < inbox_layout::record_bytes_min || header_at(offset).kind == inbox_layout::pad) return offset + room;
    return offset;
}

std::uint64_t MappedInboxLog::offset_of(std::uint64_t position) const noexcept {
    const std::uint64_t marked = position / mark_distance * mark_distance;
    std::uint64_t at_position = begin_position_;
    std::uint64_t offset = begin_;
    if (marked > begin_position_) {
        at_position = marked;
        offset = marks_[static_cast<std::size_t>(position / mark_distance % marks_.size())];
    }
    for (; at_position < position; ++at_position) offset = record_behind(offset);
    return offset;
}

void MappedInboxLog::move_begin(std::uint64_t offset, std::uint64_t position) noexcept {
    begin_ = offset;
    begin_position_ = position;
    // Acquire, too: no byte of what was given up changes before begin has moved.
    published_begin_.exchange(begin_, std::memory_order_acq_rel);
}

MappedInboxLog::Place MappedInboxLog::make_room(std::size_t body_bytes) noexcept {
    if (body_bytes > record_bytes_max_) std::abort();  // the caller's bound is broken
    const std::size_t bytes = inbox_layout::record_bytes(body_bytes);
    const std::size_t room = room_behind(end_);
    const std::size_t skipped = bytes > room ? room : 0;

    Place place{end_ + skipped, {next(), 0}};
    // Ends with the newest record at the latest: it, the rest of the ring and the new one are a quarter each.
    while (ring_.size() - (end_ - begin_) < skipped + bytes) {
        if (begin_position_ > freed_through_) ++place.appended.given_up;
        move_begin(record_behind(begin_), begin_position_ + 1);
    }

    if (skipped >= inbox_layout::record_bytes_min) {
        RecordHeader pad{next(), last_stamp_ns_,
                         static_cast<std::uint32_t>(skipped - inbox_layout::record_header_bytes), inbox_layout::pad, 0};
        pad.checksum = crc32(std::as_bytes(std::span(&pad, 1)).first(inbox_layout::checksummed_bytes));
        std::memcpy(at(end_), &pad, inbox_layout::record_header_bytes);
    }
    return place;
}

void MappedInboxLog::publish(const Place& place, RecordKind kind, std::int64_t stamp_ns,
                             std::size_t body_bytes) noexcept {
    std::byte* record = at(place.offset);
    std::byte* body = record + inbox_layout::record_header_bytes;
    const std::size_t bytes = inbox_layout::record_bytes(body_bytes);
    const std::size_t body_room = bytes - inbox_layout::record_header_bytes;
    std::memset(body + body_bytes, 0, body_room - body_bytes);
    // The first stamp may be before 1970; from then on none falls.
    const std::int64_t stamp = end_ == 0 ? stamp_ns : std::max(stamp_ns, last_stamp_ns_);
    const std::uint64_t position = place.appended.position;
    RecordHeader header{position, stamp, static_cast<std::uint32_t>(body_bytes), static_cast<std::uint32_t>(kind), 0};
    header.checksum =
        crc32({body, body_room}, crc32(std::as_bytes(std::span(&header, 1)).first(inbox_layout::checksummed_bytes)));
    std::memcpy(record, &header, inbox_layout::record_header_bytes);
    if (position % mark_distance == 0) mark_of(position) = place.offset;
    end_ = place.offset + bytes;
    last_stamp_ns_ = stamp;
    published_end_.store(end_, std::memory_order_release);
    next_.store(position + 1, std::memory_order_release);
}

InboxLog::Appended MappedInboxLog::append(RecordKind kind, std::int64_t stamp_ns,
                                          std::span<const std::byte> body) noexcept {
    const Place place = make_room(body.size());
    if (!body.empty()) std::memcpy(at(place.offset) + inbox_layout::record_header_bytes, body.data(), body.size());
    publish(place, kind, stamp_ns, body.size());
    return place.appended;
}

InboxLog::Appended MappedInboxLog::append(const Message& message, std::int64_t stamp_ns) noexcept {
    const std::size_t bytes = encoded_bytes(message);
    const Place place = make_room(bytes);
    ByteWriter body({at(place.offset) + inbox_layout::record_header_bytes, bytes});
    encode(message, body);
    if (!body.ok()) std::abort();  // a topic beyond MQTT's own bound
    publish(place, RecordKind::message, stamp_ns, bytes);
    return place.appended;
}

void MappedInboxLog::free_through(std::uint64_t position) noexcept {
    position = std::min(position, next() - 1);
    if (position <= freed_through_) return;
    freed_through_ = position;
    published_freed_through_.store(freed_through_, std::memory_order_release);
    const std::uint64_t kept = std::min(position + 1, next() - 1);
    if (kept > begin_position_) move_begin(offset_of(kept), kept);
}

std::optional<Record> MappedInboxLog::find(std::uint64_t position) const noexcept {
    if (position < first() || position >= next()) return std::nullopt;
    std::uint64_t offset = 0;
    if (found_position_ >= begin_position_ && found_offset_ >= begin_ && position - found_position_ <= 1) {
        offset = position == found_position_ ? found_offset_ : record_behind(found_offset_);
    } else {
        offset = offset_of(position);
    }
    found_position_ = position;
    found_offset_ = offset;
    const RecordHeader header = header_at(offset);
    const std::byte* body = at(offset) + inbox_layout::record_header_bytes;
    return Record{position, header.stamp_ns, static_cast<RecordKind>(header.kind), {body, header.body_bytes}};
}

}  // namespace

Outcome<std::unique_ptr<InboxLog>> InboxLog::create(const std::filesystem::path& file, const InboxIdentity& identity,
                                                    std::string_view configuration, std::size_t ring_bytes,
                                                    std::uint64_t first_position) {
    if (configuration.size() > configuration_bytes_max) {
        return failure(file.string() + ": a configuration of " + std::to_string(configuration.size()) +
                       " bytes does not fit");
    }
    if (first_position == 0) return failure(file.string() + ": positions begin at 1");
    if (ring_bytes > SIZE_MAX / 4) return failure(file.string() + ": the ring is too large");
    inbox_layout::Fixed fixed;
    const std::size_t pages = (ring_bytes + inbox_layout::page_bytes - 1) / inbox_layout::page_bytes;
    fixed.ring_bytes = std::max(pages * inbox_layout::page_bytes, inbox_layout::ring_bytes_min);
    fixed.first_position = first_position;
    fixed.boot = identity.boot;
    fixed.incarnation = identity.incarnation;
    fixed.wall_offset_ns = identity.wall_offset_ns;
    fixed.wall_trusted = identity.wall_trusted ? 1 : 0;
    fixed.kernel_boot_id = identity.kernel_boot_id;
    Outcome<std::unique_ptr<InboxFile>> made = InboxFile::make(file, fixed, configuration);
    if (!made) return failure(std::move(made.error()));
    return std::make_unique<MappedInboxLog>(std::move(*made));
}

Outcome<std::unique_ptr<InboxLog>> InboxLog::open(const std::filesystem::path& file) {
    Outcome<std::unique_ptr<InboxFile>> found = InboxFile::open(file);
    if (!found) return failure(std::move(found.error()));
    if (*found == nullptr) return nullptr;
    auto log = std::make_unique<MappedInboxLog>(std::move(*found));
    if (const char* what = log->read_all(); what != nullptr) return failure(file.string() + ": " + what);
    return log;
}

}  // namespace redshank
