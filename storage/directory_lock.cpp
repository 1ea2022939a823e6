#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "storage/inbox_log.hpp"

namespace redshank {
namespace {

class FlockedFile final : public DirectoryLock {
public:
    explicit FlockedFile(int file) noexcept : file_(file) {}
    FlockedFile(const FlockedFile&) = delete;
    FlockedFile& operator=(const FlockedFile&) = delete;
    // The file stays: removing it would let two processes lock two files of one name.
    ~FlockedFile() override { ::close(file_); }

    bool lock() const noexcept { return ::flock(file_, LOCK_EX | LOCK_NB) == 0; }

    std::string holder() const {
        std::array<char, 24> text{};
        const auto read = ::pread(file_, text.data(), text.size(), 0);
        std::string digits;
        for (std::size_t i = 0; read > 0 && i < static_cast<std::size_t>(read); ++i) {
            if (text[i] < '0' || text[i] > '9') break;
            digits += text[i];
        }
        return digits.empty() ? std::string() : " (process " + digits + ")";
    }

    // Only for people: the lock is the kernel's.
    void name_holder() const {
        const std::string text = std::to_string(::getpid()) + "\n";
        if (::ftruncate(file_, 0) == 0) static_cast<void>(::pwrite(file_, text.data(), text.size(), 0) < 0);
    }

private:
    int file_;
};

}  // namespace

Outcome<std::unique_ptr<DirectoryLock>> DirectoryLock::take(const std::filesystem::path& file) {
    const int opened = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (opened < 0) {
        return failure(file.string() + ": cannot be opened: " + std::generic_category().message(errno));
    }
    auto lock = std::make_unique<FlockedFile>(opened);
    if (!lock->lock()) {
        if (errno != EWOULDBLOCK) return failure(file.string() + ": " + std::generic_category().message(errno));
        return failure(file.string() + ": another agent" + lock->holder() + " works in this directory");
    }
    lock->name_holder();
    return lock;
}

}  // namespace redshank
