#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "model/bytes.hpp"

namespace redshank {

// Models as they were before a command changed them, from the command to the checkpoint that saves them: the database
// keeps the last one of each group, memory only those on their way.
//   Memory: acquired by the constructor. Thread: the pipeline's.
class ModelCopies {
public:
    static constexpr std::size_t bytes_max = std::size_t{64} * 1024;
    static constexpr std::size_t copies_max = 256;

    ModelCopies() : bytes_(bytes_max) { copies_.reserve(copies_max); }

    // Room for one more. write(out) appends it; nothing is kept before keep().
    template <class Write>
    bool fits(const Write& write) noexcept {
        if (copies_.size() == copies_max) return false;
        ByteWriter out(free());
        write(out);
        return out.ok();
    }

    // False when it does not fit. An older one of the same slot stays until drop_before.
    template <class Write>
    bool keep(std::uint32_t slot, std::uint64_t position, const Write& write) noexcept {
        if (copies_.size() == copies_max) return false;
        ByteWriter out(free());
        write(out);
        if (!out.ok()) return false;
        copies_.push_back({slot, position, out.used()});
        used_ += out.used();
        return true;
    }
    void drop_newest() noexcept {
        used_ -= copies_.back().bytes;
        copies_.pop_back();
    }
    void drop_before(std::uint32_t slot, std::uint64_t position) noexcept {
        remove_if([=](const Copy& copy) { return copy.slot == slot && copy.position < position; });
    }
    // A checkpoint has saved those.
    void drop_through(std::uint64_t position) noexcept {
        remove_if([position](const Copy& copy) { return copy.position <= position; });
    }
    // take(slot, bytes) of those made after `since`.
    template <class Take>
    void each(std::uint64_t since, const Take& take) const {
        std::size_t at = 0;
        for (const Copy& copy : copies_) {
            if (copy.position > since) take(copy.slot, std::span(bytes_).subspan(at, copy.bytes));
            at += copy.bytes;
        }
    }
    std::span<const std::byte> newest() const noexcept {
        return std::span(bytes_).subspan(used_ - copies_.back().bytes, copies_.back().bytes);
    }

private:
    struct Copy {
        std::uint32_t slot = 0;
        std::uint64_t position = 0;
        std::size_t bytes = 0;
    };

    std::span<std::byte> free() noexcept { return std::span<std::byte>(bytes_).subspan(used_); }

    template <class Predicate>
    void remove_if(const Predicate& predicate) noexcept {
        std::size_t read_at = 0;
        std::size_t write_at = 0;
        std::size_t kept = 0;
        for (const Copy copy : copies_) {
            if (!predicate(copy)) {
                std::memmove(bytes_.data() + write_at, bytes_.data() + read_at, copy.bytes);
                write_at += copy.bytes;
                copies_[kept++] = copy;
            }
            read_at += copy.bytes;
        }
        copies_.resize(kept);
        used_ = write_at;
    }

    std::vector<std::byte> bytes_;
    std::vector<Copy> copies_;  // in the order of bytes_
    std::size_t used_ = 0;
};

}  // namespace redshank
