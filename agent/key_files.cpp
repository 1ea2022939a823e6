#include "agent/key_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <string_view>

#include "drivers/uplink/curve_key.hpp"

namespace redshank {

namespace {

constexpr std::size_t key_file_bytes_max = 4096;

class File {
public:
    File(const std::filesystem::path& path, int flags, mode_t mode) : number_(open(path.c_str(), flags, mode)) {}
    ~File() {
        if (number_ >= 0) close(number_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int get() const { return number_; }

private:
    int number_;
};

tl::unexpected<std::string> failed(const std::filesystem::path& file, const char* what) {
    return failure(file.string() + ": " + what + ": " + std::strerror(errno));
}

// In pieces, so that a secret need not be copied to get its end of line.
Outcome<> write_all(const std::filesystem::path& path, int flags, mode_t mode,
                    std::initializer_list<std::span<const std::byte>> pieces) {
    const File file(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode);
    if (file.get() < 0) return failed(path, "cannot be made");
    for (std::span<const std::byte> bytes : pieces) {
        while (!bytes.empty()) {
            const ssize_t written = write(file.get(), bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) return failed(path, "cannot be written");
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        }
    }
    if (fsync(file.get()) != 0) return failed(path, "cannot be written");
    return {};
}

void sync_directory_of(const std::filesystem::path& path) {
    const std::filesystem::path directory = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    const File file(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (file.get() >= 0) fsync(file.get());
}

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

std::filesystem::path public_file_of(const std::filesystem::path& file) {
    return file.string() + ".pub";
}

Outcome<> expect_free(const std::filesystem::path& file) {
    for (const std::filesystem::path& path : {file, public_file_of(file)}) {
        std::error_code ignored;
        if (std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) {
            return failure(path.string() + ": is there already, and is not replaced");
        }
    }
    return {};
}

// Wipes the secret. Returns the public key.
Outcome<std::string> write_pair(const std::filesystem::path& file, std::string shown, std::string& secret) {
    const auto secret_made = write_all(file, O_EXCL, 0600, {bytes_of(secret), bytes_of("\n")});
    wire::wipe(secret);
    if (!secret_made) return failure(secret_made.error());
    if (const auto made = write_all(public_file_of(file), O_EXCL, 0644, {bytes_of(shown), bytes_of("\n")}); !made) {
        return failure(made.error());
    }
    sync_directory_of(file);
    return shown;
}

}  // namespace

Outcome<std::string> make_key_files(const std::filesystem::path& file) {
    if (auto free = expect_free(file); !free) return failure(free.error());
    const SigningKey key = SigningKey::generate();
    std::string secret = key.text();
    return write_pair(file, text_of(key.public_key()), secret);
}

Outcome<std::string> make_uplink_key_files(const std::filesystem::path& file) {
    if (auto free = expect_free(file); !free) return failure(free.error());
    const wire::CurveSecretKey key = wire::CurveSecretKey::generate();
    std::string secret = key.text();
    return write_pair(file, wire::text_of(key.public_key()), secret);
}

Outcome<SigningKey> read_secret_key(const std::filesystem::path& file) {
    const auto bytes = read_file(file, key_file_bytes_max);
    if (!bytes) return failure(bytes.error());
    std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
    auto key = SigningKey::parse(text);
    if (key) return std::move(*key);
    return failure(file.string() + (parse_public_key(text) ? ": holds a public key; the secret one signs"
                                                           : ": is no key that `redshank keygen --sign` made"));
}

Outcome<> write_file(const std::filesystem::path& file, std::span<const std::byte> bytes) {
    const std::filesystem::path part = file.string() + ".part";
    if (auto written = write_all(part, O_TRUNC, 0644, {bytes}); !written) return written;
    if (rename(part.c_str(), file.c_str()) != 0) return failed(file, "cannot be replaced");
    sync_directory_of(file);
    return {};
}

Outcome<std::vector<std::byte>> read_file(const std::filesystem::path& path, std::size_t bytes_max) {
    const File file(path, O_RDONLY | O_CLOEXEC, 0);
    if (file.get() < 0) return failed(path, "cannot be read");
    std::vector<std::byte> bytes(bytes_max + 1);
    std::size_t size = 0;
    while (size < bytes.size()) {
        const ssize_t taken = read(file.get(), bytes.data() + size, bytes.size() - size);
        if (taken < 0 && errno == EINTR) continue;
        if (taken < 0) return failed(path, "cannot be read");
        if (taken == 0) break;
        size += static_cast<std::size_t>(taken);
    }
    if (size > bytes_max) return failure(path.string() + ": is larger than " + std::to_string(bytes_max) + " bytes");
    bytes.resize(size);
    return bytes;
}

}  // namespace redshank
