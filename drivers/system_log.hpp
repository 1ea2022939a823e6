#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace redshank {

// Entries with fields for the system's log: into systemd's journal by its native protocol
// (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/), and where no journal listens, the message alone to the syslog socket
// as syslog(3) writes it (RFC 3164 without time and host). Both are one datagram: it is taken, or not, at once.
//   Thread: one at a time. No heap after construction. Errors: Sent::failed, and error() says which errno.
class SystemLog {
public:
    struct Sockets {
        std::string journal = "/run/systemd/journal/socket";
        std::string syslog = "/dev/log";
    };
    enum class Sent : std::uint8_t {
        taken,
        later,
        failed
    };  // later: nobody reads just now, the receiver's queue is full
    struct Field {
        std::string_view name;  // capital letters, digits and '_'
        std::string_view value;
    };
    // Of syslog(3): 2 critical, 4 warning, 6 informational.
    using Priority = std::uint8_t;

    // identifier: of the program, as in SYSLOG_IDENTIFIER.
    explicit SystemLog(std::string identifier);
    SystemLog(std::string identifier, Sockets sockets);
    ~SystemLog();
    SystemLog(const SystemLog&) = delete;
    SystemLog& operator=(const SystemLog&) = delete;

    Sent send(Priority priority, std::string_view message, std::span<const Field> fields) noexcept;
    int error() const noexcept { return error_; }

    static constexpr std::size_t entry_bytes_max = 4096;  // a longer entry fails with EMSGSIZE

private:
    int send_to(const std::string& path, std::string_view datagram) noexcept;  // errno, 0: taken

    std::string identifier_;
    Sockets sockets_;
    int socket_ = -1;
    int error_ = 0;
};

}  // namespace redshank
