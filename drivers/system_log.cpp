#include "drivers/system_log.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace redshank {

namespace {

constexpr std::uint8_t daemon_facility = 3;

class Datagram {
public:
    bool complete() const noexcept { return complete_; }
    std::string_view view() const noexcept { return {room_.data(), used_}; }

    void put(std::string_view text) noexcept {
        complete_ = complete_ && text.size() <= room_.size() - used_;
        if (!complete_ || text.empty()) return;
        std::memcpy(room_.data() + used_, text.data(), text.size());
        used_ += text.size();
    }
    void put(std::uint64_t number) noexcept {
        std::array<char, 24> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
        put({digits.data(), static_cast<std::size_t>(end.ptr - digits.data())});
    }
    // A value with a line break has its size in front, 64 bits with the least byte first.
    void put_field(std::string_view name, std::string_view value) noexcept {
        put(name);
        if (value.find('\n') == std::string_view::npos) {
            put("=");
        } else {
            std::array<char, 9> size{'\n'};
            for (std::size_t i = 0; i < 8; ++i) {
                size[i + 1] = static_cast<char>((static_cast<std::uint64_t>(value.size()) >> (8 * i)) & 0xffU);
            }
            put({size.data(), size.size()});
        }
        put(value);
        put("\n");
    }

private:
    std::array<char, SystemLog::entry_bytes_max> room_;
    std::size_t used_ = 0;
    bool complete_ = true;
};

bool nobody_there(int error) noexcept {
    return error == ENOENT || error == ECONNREFUSED || error == ENOTDIR;
}

}  // namespace

SystemLog::SystemLog(std::string identifier) : SystemLog(std::move(identifier), Sockets{}) {}

SystemLog::SystemLog(std::string identifier, Sockets sockets)
    : identifier_(std::move(identifier)),
      sockets_(std::move(sockets)),
      socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}

SystemLog::~SystemLog() {
    if (socket_ >= 0) close(socket_);
}

int SystemLog::send_to(const std::string& path, std::string_view datagram) noexcept {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return ENAMETOOLONG;
    std::memcpy(address.sun_path, path.data(), path.size());
    const ssize_t sent = sendto(socket_, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                                reinterpret_cast<const sockaddr*>(&address), sizeof address);
    return sent < 0 ? errno : 0;
}

SystemLog::Sent SystemLog::send(Priority priority, std::string_view message, std::span<const Field> fields) noexcept {
    Datagram entry;
    entry.put_field("MESSAGE", message);
    const char digit = static_cast<char>('0' + std::min<int>(priority, 7));
    entry.put_field("PRIORITY", {&digit, 1});
    entry.put_field("SYSLOG_IDENTIFIER", identifier_);
    entry.put_field("SYSLOG_FACILITY", "3");
    for (const Field& field : fields) entry.put_field(field.name, field.value);
    error_ = entry.complete() ? send_to(sockets_.journal, entry.view()) : EMSGSIZE;

    if (nobody_there(error_)) {
        Datagram line;
        line.put("<");
        line.put(static_cast<std::uint64_t>(daemon_facility * 8 + std::min<int>(priority, 7)));
        line.put(">");
        line.put(identifier_);
        line.put("[");
        line.put(static_cast<std::uint64_t>(getpid()));
        line.put("]: ");
        for (const char byte : message) {
            const bool control = static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f;
            line.put(control ? std::string_view(" ") : std::string_view(&byte, 1));
        }
        error_ = line.complete() ? send_to(sockets_.syslog, line.view()) : EMSGSIZE;
    }
    if (error_ == 0) return Sent::taken;
    return error_ == EAGAIN || error_ == ENOBUFS ? Sent::later : Sent::failed;
}

}  // namespace redshank
