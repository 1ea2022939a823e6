#include "storage/inbox_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "storage/crc32.hpp"
#include "storage/inbox_log.hpp"

namespace redshank {
namespace {

using inbox_layout::Fixed;

std::string text_of(int error) {
    return std::generic_category().message(error);
}

std::uint32_t checksum_of(const Fixed& fixed) noexcept {
    return crc32(std::as_bytes(std::span(&fixed, 1)).first(offsetof(Fixed, checksum)));
}

std::uint32_t checksum_of(std::string_view text) noexcept {
    return crc32(std::as_bytes(std::span(text.data(), text.size())));
}

std::size_t whole_pages(std::size_t bytes) noexcept {
    return (bytes + inbox_layout::page_bytes - 1) / inbox_layout::page_bytes * inbox_layout::page_bytes;
}

struct Descriptor {
    int file = -1;
    explicit Descriptor(int opened) noexcept : file(opened) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (file >= 0) ::close(file);
    }
};

}  // namespace

Outcome<std::unique_ptr<InboxFile>> InboxFile::map(int file, std::size_t bytes, bool read_only) {
    struct stat info {};
    if (::fstat(file, &info) != 0) return failure(text_of(errno));
    // For the writer populated at once: no page fault later, on the event path.
    void* mapped = ::mmap(nullptr, bytes, read_only ? PROT_READ : PROT_READ | PROT_WRITE,
                          read_only ? MAP_SHARED : MAP_SHARED | MAP_POPULATE, file, 0);
    if (mapped == MAP_FAILED) return failure("cannot be mapped: " + text_of(errno));
    std::unique_ptr<InboxFile> inbox(new InboxFile({static_cast<std::byte*>(mapped), bytes}));
    inbox->device_ = info.st_dev;
    inbox->inode_ = info.st_ino;
    return inbox;
}

bool InboxFile::is_at(const std::filesystem::path& path) const noexcept {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && info.st_dev == device_ && info.st_ino == inode_;
}

InboxFile::~InboxFile() {
    ::munmap(bytes_.data(), bytes_.size());
}

Outcome<std::unique_ptr<InboxFile>> InboxFile::make(const std::filesystem::path& path, Fixed fixed,
                                                    std::string_view configuration) {
    const std::string beside = path.string() + ".new";
    const auto wrong = [&](const std::string& what) {
        ::unlink(beside.c_str());
        return failure(path.string() + ": " + what);
    };
    fixed.magic = inbox_layout::magic;
    fixed.format = inbox_layout::format;
    fixed.configuration_bytes = static_cast<std::uint32_t>(configuration.size());
    fixed.configuration_checksum = checksum_of(configuration);
    fixed.ring_offset = inbox_layout::header_bytes + whole_pages(configuration.size());
    fixed.checksum = checksum_of(fixed);
    const auto bytes = static_cast<std::size_t>(fixed.ring_offset + fixed.ring_bytes);

    ::unlink(beside.c_str());  // of a start that was killed here
    const Descriptor made(::open(beside.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (made.file < 0) return wrong("cannot be made: " + text_of(errno));
    if (::fchmod(made.file, 0600) != 0) return wrong("cannot be made private: " + text_of(errno));
    if (const int error = ::posix_fallocate(made.file, 0, static_cast<off_t>(bytes)); error != 0) {
        return wrong("no room for " + std::to_string(bytes) + " bytes: " + text_of(error));
    }
    Outcome<std::unique_ptr<InboxFile>> mapped = map(made.file, bytes, false);
    if (!mapped) return wrong(mapped.error());
    inbox_layout::Header& header = (*mapped)->header();
    header.fixed = fixed;
    header.freed_through = fixed.first_position - 1;
    if (!configuration.empty()) {
        std::memcpy((*mapped)->bytes_.data() + inbox_layout::header_bytes, configuration.data(), configuration.size());
    }
    if (::rename(beside.c_str(), path.c_str()) != 0) return wrong("cannot be put in place: " + text_of(errno));
    return mapped;
}

Outcome<std::unique_ptr<InboxFile>> InboxFile::open(const std::filesystem::path& path) {
    return open(path, false);
}

Outcome<std::unique_ptr<InboxFile>> InboxFile::open_read_only(const std::filesystem::path& path) {
    return open(path, true);
}

Outcome<std::unique_ptr<InboxFile>> InboxFile::open(const std::filesystem::path& path, bool read_only) {
    const auto wrong = [&](const std::string& what) { return failure(path.string() + ": " + what); };
    const Descriptor found(::open(path.c_str(), (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC));
    if (found.file < 0) {
        if (errno == ENOENT) return nullptr;
        return wrong("cannot be opened: " + text_of(errno));
    }
    struct stat info {};
    if (::fstat(found.file, &info) != 0) return wrong(text_of(errno));
    if (!S_ISREG(info.st_mode)) return wrong("is not a file");
    const auto bytes = static_cast<std::uint64_t>(info.st_size);
    if (bytes < inbox_layout::header_bytes + inbox_layout::ring_bytes_min || bytes > SIZE_MAX / 2) {
        return wrong("is not an inbox: its size is " + std::to_string(bytes) + " bytes");
    }
    Outcome<std::unique_ptr<InboxFile>> mapped = map(found.file, static_cast<std::size_t>(bytes), read_only);
    if (!mapped) return wrong(mapped.error());
    if (const char* what = (*mapped)->wrong_with_header(); what != nullptr) return wrong(what);
    if (read_only) return mapped;
    if (const char* what = (*mapped)->wrong_with_ends(); what != nullptr) return wrong(what);
    return mapped;
}

const char* InboxFile::wrong_with_header() noexcept {
    const Fixed& fixed = header().fixed;
    if (fixed.magic != inbox_layout::magic) return "is not an inbox";
    if (fixed.format != inbox_layout::format) return "is an inbox of another format";
    if (fixed.checksum != checksum_of(fixed)) return "the header's checksum is wrong";
    if (fixed.configuration_bytes > InboxLog::configuration_bytes_max ||
        fixed.ring_offset != inbox_layout::header_bytes + whole_pages(fixed.configuration_bytes) ||
        fixed.ring_bytes < inbox_layout::ring_bytes_min || fixed.ring_bytes % inbox_layout::page_bytes != 0 ||
        fixed.ring_bytes > bytes_.size() || fixed.ring_offset + fixed.ring_bytes != bytes_.size()) {
        return "the sizes in the header do not fit the file";
    }
    if (fixed.configuration_checksum != checksum_of(configuration())) return "the configuration's checksum is wrong";
    return nullptr;
}

const char* InboxFile::wrong_with_ends() noexcept {
    const inbox_layout::Header& whole = header();
    const Fixed& fixed = whole.fixed;
    if (whole.begin > whole.end || whole.end - whole.begin > fixed.ring_bytes || whole.begin % 8 != 0 ||
        whole.end % 8 != 0 || (whole.begin == whole.end && whole.end != 0)) {
        return "begin and end do not fit the ring";
    }
    return nullptr;
}

}  // namespace redshank
