#include "drivers/uplink/curve_key_file.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace redshank::wire {
namespace {

constexpr mode_t anybody_else = S_IRWXG | S_IRWXO;

// What an open file holds, wiped when it goes.
struct Text {
    std::array<char, 256> bytes{};
    std::size_t size = 0;

    Text() = default;
    ~Text() { sodium_memzero(bytes.data(), bytes.size()); }
    Text(const Text&) = delete;
    Text& operator=(const Text&) = delete;

    bool read_from(int file) {
        while (size < bytes.size()) {
            const ssize_t taken = read(file, bytes.data() + size, bytes.size() - size);
            if (taken < 0 && errno == EINTR) continue;
            if (taken < 0) return false;
            if (taken == 0) break;
            size += static_cast<std::size_t>(taken);
        }
        return true;
    }

    std::string_view line() const {
        std::string_view text(bytes.data(), size);
        while (!text.empty() && std::string_view(" \t\r\n").find(text.back()) != std::string_view::npos) {
            text.remove_suffix(1);
        }
        return text;
    }
};

tl::unexpected<std::string> unreadable(int error) {
    return failure(std::string("cannot be read: ") + std::strerror(error));
}

Outcome<CurveSecretKey> read_open(int file) {
    struct stat about {};
    if (fstat(file, &about) != 0) return unreadable(errno);
    if (!S_ISREG(about.st_mode)) return failure("is no file");
    if ((about.st_mode & anybody_else) != 0) {
        std::array<char, 8> mode{};
        std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(about.st_mode & 07777U));
        return failure(std::string("has mode ") + mode.data() +
                       ": others than its owner may use the key; give it mode 0600 (chmod 600)");
    }
    Text text;
    if (!text.read_from(file)) return unreadable(errno);
    if (text.line().starts_with("curve-public:")) return failure("holds a public key; the secret one is needed");
    auto key = CurveSecretKey::parse(text.line());
    if (!key) return failure("holds no secret key that `redshank keygen FILE` made");
    return std::move(*key);
}

}  // namespace

Outcome<CurveSecretKey> read_curve_secret_key(const std::filesystem::path& file) {
    const int opened = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // of a pipe nobody waits
    if (opened < 0) return unreadable(errno);
    auto key = read_open(opened);
    close(opened);
    return key;
}

}  // namespace redshank::wire
