#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "model/outcome.hpp"
#include "storage/inbox_layout.hpp"

namespace redshank {

// The mapped file of an inbox: made whole or found whole. Knows the header, not the records.
class InboxFile {
public:
    // Beside `path`, then renamed over it. `fixed` names sizes and identity; checksums are filled in here.
    static Outcome<std::unique_ptr<InboxFile>> make(const std::filesystem::path& path, inbox_layout::Fixed fixed,
                                                    std::string_view configuration);
    // nullptr when there is no file. The header is verified, begin and end against each other too.
    static Outcome<std::unique_ptr<InboxFile>> open(const std::filesystem::path& path);
    // The same to look at beside the process that writes it: mapped read-only, what never changes is verified. Writing
    // through header() or ring() would be a fault.
    static Outcome<std::unique_ptr<InboxFile>> open_read_only(const std::filesystem::path& path);
    ~InboxFile();
    InboxFile(const InboxFile&) = delete;
    InboxFile& operator=(const InboxFile&) = delete;

    inbox_layout::Header& header() noexcept { return *reinterpret_cast<inbox_layout::Header*>(bytes_.data()); }
    std::span<std::byte> ring() noexcept {
        return bytes_.subspan(static_cast<std::size_t>(header().fixed.ring_offset));
    }
    // The path names this file still, and no other that was put in its place.
    bool is_at(const std::filesystem::path& path) const noexcept;
    std::string_view configuration() noexcept {
        const auto* text = reinterpret_cast<const char*>(bytes_.data()) + inbox_layout::header_bytes;
        return {text, header().fixed.configuration_bytes};
    }

private:
    explicit InboxFile(std::span<std::byte> bytes) noexcept : bytes_(bytes) {}
    static Outcome<std::unique_ptr<InboxFile>> open(const std::filesystem::path& path, bool read_only);
    static Outcome<std::unique_ptr<InboxFile>> map(int file, std::size_t bytes, bool read_only);
    // nullptr: nothing.
    const char* wrong_with_header() noexcept;
    const char* wrong_with_ends() noexcept;

    std::span<std::byte> bytes_;
    std::uint64_t device_ = 0;
    std::uint64_t inode_ = 0;
};

}  // namespace redshank
