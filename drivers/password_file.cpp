#include "drivers/password_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace redshank {

namespace {

constexpr std::size_t password_bytes_max = 65535;  // binary data of MQTT

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

void Secret::wipe(std::string& text) noexcept {
    explicit_bzero(text.data(), text.size());
}

void Secret::wipe_and_delete(std::string* text) noexcept {
    wipe(*text);
    delete text;
}

Outcome<Secret> read_password(const std::filesystem::path& path) {
    const auto wrong = [&](const std::string& what) { return failure(path.string() + ": " + what); };
    const Descriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (opened.file < 0) return wrong(std::string("cannot be read: ") + std::strerror(errno));
    struct stat info {};
    if (::fstat(opened.file, &info) != 0) return wrong(std::string("cannot be read: ") + std::strerror(errno));
    if (!S_ISREG(info.st_mode)) return wrong("is not a file");
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) return wrong("is open to others than its owner: chmod 600");
    std::string text(password_bytes_max + 1, '\0');
    std::size_t size = 0;
    ssize_t taken = 1;
    while (size < text.size() && (taken = ::read(opened.file, text.data() + size, text.size() - size)) > 0) {
        size += static_cast<std::size_t>(taken);
    }
    const int error = errno;
    const std::size_t line = std::string_view(text.data(), size).find('\n');
    std::size_t end = std::min(line, size);
    if (end > 0 && line != std::string_view::npos && text[end - 1] == '\r') --end;
    Secret secret(std::string(text.data(), end));
    explicit_bzero(text.data(), text.size());
    if (taken < 0) return wrong(std::string("cannot be read: ") + std::strerror(error));
    if (end == 0) return wrong("has no password in its first line");
    if (end > password_bytes_max) return wrong("has a password of more than 65535 bytes");
    return secret;
}

}  // namespace redshank
