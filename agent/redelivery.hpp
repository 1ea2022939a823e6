#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "model/bytes.hpp"

namespace redshank {

// Tells a message that comes again from a new one. After a connection ends without our PUBACK or PUBREC having arrived,
// the broker sends the message again with DUP set and its old packet id (MQTT 5.0, 4.4). It is a duplicate when (packet
// id, hash) is among the last `capacity` messages of an earlier connection; DUP alone is not enough, because a message
// may have been sent and never have reached us. Copies for overlapping subscriptions come one behind the other, without
// DUP.
//   Thread: pipeline only. No heap after construction.
class Redelivery {
public:
    explicit Redelivery(std::size_t capacity) : earlier_(capacity), current_(capacity) {}

    void connected(bool session_present) noexcept {
        newest_ = {};
        if (!session_present) {
            earlier_count_ = 0;
            current_count_ = 0;
            return;
        }
        // The last `capacity` of both connections, oldest first; a full newer one pushes the older out.
        const std::size_t capacity = current_.size();
        const std::size_t kept = kept_of(current_count_);
        const std::size_t older = std::min(kept_of(earlier_count_), capacity - kept);
        for (std::size_t i = 0; i < older; ++i) earlier_[i] = earlier_[kept_of(earlier_count_) - older + i];
        for (std::size_t i = 0; i < kept; ++i) earlier_[older + i] = current_[place_of(current_count_ - kept + i)];
        earlier_count_ = older + kept;
        current_count_ = 0;
    }

    bool seen_in_earlier_connection(std::uint16_t packet_id, std::uint64_t hash) const noexcept {
        for (std::size_t i = 0; i < earlier_count_; ++i) {
            if (earlier_[i].packet_id == packet_id && earlier_[i].hash == hash) return true;
        }
        return false;
    }

    // Is it the message received just before, for another subscription?
    bool is_copy_of_newest(std::uint32_t subscription_id, std::uint64_t hash) const noexcept {
        return newest_.subscription_id != 0 && newest_.subscription_id != subscription_id && newest_.hash == hash;
    }

    // At QoS 0: it never comes again, but its copies come behind it.
    void received(std::uint64_t hash, std::uint32_t subscription_id) noexcept { newest_ = {subscription_id, hash}; }
    void received(std::uint16_t packet_id, std::uint64_t hash, std::uint32_t subscription_id) noexcept {
        received(hash, subscription_id);
        current_[place_of(current_count_)] = {packet_id, hash};
        ++current_count_;
    }

    void write(ByteWriter& out) const noexcept {
        out.put(newest_.subscription_id);
        out.put(newest_.hash);
        out.put(static_cast<std::uint32_t>(earlier_count_));
        for (std::size_t i = 0; i < earlier_count_; ++i) write(earlier_[i], out);
        const std::size_t kept = kept_of(current_count_);
        out.put(static_cast<std::uint32_t>(kept));
        for (std::size_t i = 0; i < kept; ++i) write(current_[place_of(current_count_ - kept + i)], out);
    }

    void read(ByteReader& in) noexcept {
        newest_.subscription_id = in.get<std::uint32_t>();
        newest_.hash = in.get<std::uint64_t>();
        earlier_count_ = read_newest(in, earlier_);
        current_count_ = read_newest(in, current_);
    }

    std::size_t written_bytes_max() const noexcept { return 20 + 20 * current_.size(); }

private:
    struct Entry {
        std::uint16_t packet_id = 0;
        std::uint64_t hash = 0;
    };

    struct Newest {  // of this connection; subscription 0: none, or not known
        std::uint32_t subscription_id = 0;
        std::uint64_t hash = 0;
    };

    std::size_t place_of(std::uint64_t count) const noexcept {
        return static_cast<std::size_t>(count % current_.size());
    }
    std::size_t kept_of(std::uint64_t count) const noexcept {
        return count < current_.size() ? static_cast<std::size_t>(count) : current_.size();
    }
    static void write(const Entry& entry, ByteWriter& out) noexcept {
        out.put(entry.packet_id);
        out.put(entry.hash);
    }
    static Entry read_entry(ByteReader& in) noexcept {
        Entry entry;
        entry.packet_id = in.get<std::uint16_t>();
        entry.hash = in.get<std::uint64_t>();
        return entry;
    }

    // As many of the newest as fit: the capacity may have become smaller since they were written.
    static std::size_t read_newest(ByteReader& in, std::vector<Entry>& into) noexcept {
        const std::size_t count = in.get<std::uint32_t>();
        std::size_t kept = 0;
        for (std::size_t i = 0; i < count && in.ok(); ++i) {
            const Entry entry = read_entry(in);
            if (i + into.size() >= count) into[kept++] = entry;
        }
        return kept;
    }

    Newest newest_;
    std::vector<Entry> earlier_;  // oldest first
    std::vector<Entry> current_;  // ring
    std::size_t earlier_count_ = 0;
    std::uint64_t current_count_ = 0;  // ever, in this connection
};

}  // namespace redshank
