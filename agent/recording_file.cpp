#include "agent/recording_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace redshank {

namespace {

constexpr std::size_t waiting_bytes_max = std::size_t{256} * 1024;

std::filesystem::path numbered(const std::filesystem::path& file, std::uint32_t number) {
    return number == 0 ? file : std::filesystem::path(file.string() + "." + std::to_string(number));
}

}  // namespace

Outcome<> RecordingFile::check(const Settings& settings) {
    if (settings.file.empty()) return {};
    for (std::uint32_t number = 0; number <= settings.keep; ++number) {
        const std::filesystem::path file = numbered(settings.file, number);
        struct stat info {};
        if (lstat(file.c_str(), &info) != 0) continue;
        if (!S_ISREG(info.st_mode)) return failure(file.string() + ": is there and is no file");
        if (!settings.replace) return failure(file.string() + ": is there already; --force replaces it");
    }
    return {};
}

RecordingFile::~RecordingFile() {
    if (file_ >= 0 && !settings_.file.empty()) close(file_);
}

tl::unexpected<std::string> RecordingFile::wrong(const std::string& what) const {
    const std::string name = settings_.file.empty() ? "standard output" : settings_.file.string();
    return failure(name + ": " + what + ": " + std::generic_category().message(errno));
}

std::filesystem::path RecordingFile::old_file(std::uint32_t number) const {
    return numbered(settings_.file, number);
}

Outcome<> RecordingFile::open_new() {
    file_ = open(settings_.file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file_ < 0) return wrong("cannot be made");
    bytes_ = 0;
    return {};
}

Outcome<> RecordingFile::begin() {
    if (settings_.file.empty()) {
        file_ = STDOUT_FILENO;
        return {};
    }
    if (auto good = check(settings_); !good) return good;
    for (std::uint32_t number = 0; number <= settings_.keep; ++number) unlink(old_file(number).c_str());
    return open_new();
}

Outcome<> RecordingFile::rotate() {
    if (auto flushed = flush(); !flushed) return flushed;
    close(file_);
    file_ = -1;
    for (std::uint32_t number = settings_.keep; number > 0; --number) {
        const std::filesystem::path newer = old_file(number - 1);
        if (rename(newer.c_str(), old_file(number).c_str()) != 0 && errno != ENOENT) return wrong("cannot be renamed");
    }
    if (settings_.keep == 0) unlink(settings_.file.c_str());
    ++rotations_;
    return open_new();
}

Outcome<> RecordingFile::add(std::string_view line) {
    const std::uint64_t bytes = line.size() + 1;
    if (!settings_.file.empty() && bytes_ > 0 && bytes_ + bytes > settings_.bytes_max) {
        if (auto rotated = rotate(); !rotated) return rotated;
    }
    waiting_.append(line).push_back('\n');
    bytes_ += bytes;
    bytes_all_ += bytes;
    return waiting_.size() < waiting_bytes_max ? Outcome<>() : flush();
}

Outcome<> RecordingFile::flush() {
    std::string_view left = waiting_;
    while (!left.empty()) {
        const ssize_t written = write(file_, left.data(), left.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            reader_gone_ = settings_.file.empty() && errno == EPIPE;
            return wrong("cannot be written");
        }
        left.remove_prefix(static_cast<std::size_t>(written));
    }
    waiting_.clear();
    return {};
}

}  // namespace redshank
