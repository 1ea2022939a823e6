#include "drivers/system_log.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "tests/support/temporary_directory.hpp"

namespace redshank::test {
namespace {

// Where a log daemon would listen.
class Listener {
public:
    explicit Listener(const std::filesystem::path& path) : socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        if (bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error(path.string());
    }
    ~Listener() { close(socket_); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    std::string take() const {
        std::array<char, 8192> room{};
        const ssize_t size = recv(socket_, room.data(), room.size(), MSG_DONTWAIT);
        return size < 0 ? "" : std::string(room.data(), static_cast<std::size_t>(size));
    }

private:
    int socket_;
};

class SystemLogTest : public testing::Test {
protected:
    TemporaryDirectory directory_;
    SystemLog::Sockets sockets_{directory_ / "journal", directory_ / "log"};
};

constexpr std::array fields{SystemLog::Field{"REDSHANK_RULE", "hot"}, SystemLog::Field{"REDSHANK_CHANNEL", "a/b:c"}};

TEST_F(SystemLogTest, the_journal_has_every_field_by_its_own_protocol) {
    const Listener journal(sockets_.journal);
    const Listener other(sockets_.syslog);
    SystemLog log("redshank", sockets_);
    EXPECT_EQ(log.send(2, "it is hot", fields), SystemLog::Sent::taken);
    EXPECT_EQ(journal.take(),
              "MESSAGE=it is hot\nPRIORITY=2\nSYSLOG_IDENTIFIER=redshank\nSYSLOG_FACILITY=3\nREDSHANK_RULE=hot\n"
              "REDSHANK_CHANNEL=a/b:c\n");
    EXPECT_EQ(other.take(), "") << "one log is enough";
}

TEST_F(SystemLogTest, a_value_of_two_lines_is_no_second_field) {
    const Listener journal(sockets_.journal);
    SystemLog log("redshank", sockets_);
    const std::array forged{SystemLog::Field{"REDSHANK_CHANNEL", "a\nPRIORITY=0"}};
    EXPECT_EQ(log.send(6, "m", forged), SystemLog::Sent::taken);
    using namespace std::string_literals;
    EXPECT_EQ(journal.take(),
              "MESSAGE=m\nPRIORITY=6\nSYSLOG_IDENTIFIER=redshank\nSYSLOG_FACILITY=3\n"
              "REDSHANK_CHANNEL\n\x0c\0\0\0\0\0\0\0a\nPRIORITY=0\n"s);
}

TEST_F(SystemLogTest, without_a_journal_the_message_goes_to_syslog_in_one_line) {
    const Listener syslog(sockets_.syslog);
    SystemLog log("redshank", sockets_);
    EXPECT_EQ(log.send(4, "two\nlines", fields), SystemLog::Sent::taken);
    EXPECT_EQ(syslog.take(), "<28>redshank[" + std::to_string(getpid()) + "]: two lines");
}

TEST_F(SystemLogTest, without_any_log_it_fails_and_says_why) {
    SystemLog log("redshank", sockets_);
    EXPECT_EQ(log.send(4, "m", fields), SystemLog::Sent::failed);
    EXPECT_EQ(log.error(), ENOENT);
    { const Listener gone(sockets_.syslog); }
    EXPECT_EQ(log.send(4, "m", fields), SystemLog::Sent::failed);
    EXPECT_EQ(log.error(), ECONNREFUSED);
}

TEST_F(SystemLogTest, a_log_that_does_not_read_is_asked_again_later) {
    const Listener journal(sockets_.journal);
    SystemLog log("redshank", sockets_);
    SystemLog::Sent sent = SystemLog::Sent::taken;
    for (int i = 0; i < 100'000 && sent == SystemLog::Sent::taken; ++i) sent = log.send(4, "m", fields);
    ASSERT_EQ(sent, SystemLog::Sent::later) << "and has not waited";
    while (!journal.take().empty()) {
    }
    EXPECT_EQ(log.send(4, "m", fields), SystemLog::Sent::taken);
}

TEST_F(SystemLogTest, an_entry_that_is_too_long_fails) {
    const Listener journal(sockets_.journal);
    SystemLog log("redshank", sockets_);
    EXPECT_EQ(log.send(4, std::string(SystemLog::entry_bytes_max, 'm'), fields), SystemLog::Sent::failed);
    EXPECT_EQ(log.error(), EMSGSIZE);
    EXPECT_EQ(journal.take(), "");
}

}  // namespace
}  // namespace redshank::test
