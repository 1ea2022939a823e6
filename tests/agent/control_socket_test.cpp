#include "agent/control_socket.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <condition_variable>
#include <fstream>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "agent/control_address.hpp"
#include "agent/control_client.hpp"
#include "tests/support/temporary_directory.hpp"

namespace redshank {
namespace {

constexpr std::int64_t patience_ns = 20'000'000'000;

ControlAnswer echo(std::string_view request) {
    return {true, "[" + std::string(request) + "]"};
}

std::string asked(const std::filesystem::path& path, std::string_view request) {
    const Outcome<ControlAnswer> answer = ask(path, request, patience_ns);
    if (!answer) return "failure: " + answer.error();
    return (answer->ok ? "ok: " : "error: ") + answer->body;
}

// A client that does as the test says and no more.
class RawClient {
public:
    explicit RawClient(const std::filesystem::path& path)
        : descriptor_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const Outcome<ControlAddress> address = ControlAddress::of(path);
        EXPECT_EQ(connect(descriptor_, address->get(), ControlAddress::size()), 0);
    }
    ~RawClient() { close(descriptor_); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    void say(const std::string& text) const {
        EXPECT_EQ(send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    }
    std::string rest() const {
        std::string all;
        char block[1024];
        for (ssize_t taken = 1; (taken = recv(descriptor_, block, sizeof block, 0)) > 0;) {
            all.append(block, static_cast<std::size_t>(taken));
        }
        return all;
    }

private:
    int descriptor_;
};

class Gate {
public:
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void pass() {
        std::unique_lock lock(mutex_);
        ++arrived_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
    }
    void wait_for_one() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return arrived_ > 0; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
    int arrived_ = 0;
};

TEST(ControlSocket, a_request_gets_its_answer) {
    const test::TemporaryDirectory directory;
    const auto path = directory.path() / "control";
    const auto server = ControlServer::listen(path, echo);
    ASSERT_TRUE(server) << server.error();
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(asked(path, "status " + std::to_string(i)), "ok: [status " + std::to_string(i) + "]");
}

TEST(ControlSocket, only_its_owner_may_use_it) {
    const test::TemporaryDirectory directory;
    const auto path = directory.path() / "control";
    const mode_t before = umask(0);
    const auto server = ControlServer::listen(path, echo);
    umask(before);
    ASSERT_TRUE(server) << server.error();
    struct stat made {};
    ASSERT_EQ(stat(path.c_str(), &made), 0);
    EXPECT_EQ(made.st_mode & 0777U, 0600U);
}

TEST(ControlSocket, an_error_is_one_line_and_no_body) {
    const test::TemporaryDirectory directory;
    const auto path = directory.path() / "control";
    const auto server = ControlServer::listen(path, [](std::string_view request) -> ControlAnswer {
        if (request == "throw") throw std::runtime_error("thrown");
        return {false, "no such\nrequest"};
    });
    ASSERT_TRUE(server) << server.error();
    EXPECT_EQ(asked(path, "what"), "error: no such request");
    EXPECT_EQ(asked(path, "throw"), "error: thrown");
    const RawClient client(path);
    client.say("what\n");
    EXPECT_EQ(client.rest(), "error no such request\n");
}

TEST(ControlSocket, a_long_answer_arrives_whole) {
    const test::TemporaryDirectory directory;
    const auto path = directory.path() / "control";
    const std::string body(3'000'000, 'x');
    const auto server = ControlServer::listen(path, [&](std::string_view) { return ControlAnswer{true, body}; });
    ASSERT_TRUE(server) << server.error();
    EXPECT_EQ(asked(path, "status"), "ok: " + body);
}

TEST(ControlSocket, a_flush_under_way_keeps_no_status_waiting) {
    const test::TemporaryDirectory directory;
    const auto path = directory.path() / "control";
    Gate gate;
    const auto server = ControlServer::listen(path, [&](std::string_view request) {
        if (request.starts_with("flush")) gate.pass();
        return echo(request);
    });
    ASSERT_TRUE(server) << server.error();
    auto first = std::async(std::launch::async, [&] { return asked(path, "flush 1"); });
    gate.wait_for_one();
    auto second = std::async(std::launch::async, [&] { return asked(path, "flush 2"); });
    for (int i = 0; i < 20; ++i) EXPECT_EQ(asked(path, "status"), "ok: [status]");
    gate.open();
    EXPECT_EQ(first.get(), "ok: [flush 1]");
    EXPECT_EQ(second.get(), "ok: [flush 2]");
}

TEST(ControlSocket, more_flushes_than_it_queues_are_refused_and_status_is_still_answered) {
    const test::TemporaryDirectory directory;
    const auto path = directory.path() / "control";
    Gate gate;
    const auto server = ControlServer::listen(path, [&](std::string_view request) {
        if (request.starts_with("flush")) gate.pass();
        return echo(request);
    });
    ASSERT_TRUE(server) << server.error();
    std::vector<std::future<std::string>> flushes;
    for (std::size_t i = 0; i < ControlServer::flushes_max + 3; ++i) {
        flushes.push_back(std::async(std::launch::async, [&] { return asked(path, "flush"); }));
    }
    gate.wait_for_one();
    EXPECT_EQ(asked(path, "status"), "ok: [status]");
    // Those refused are answered while the others wait.
    std::size_t refused = 0;
    while (refused < 3) {
        refused = 0;
        for (auto& flush : flushes) {
            if (flush.wait_for(std::chrono::milliseconds(5)) == std::future_status::ready) ++refused;
        }
    }
    gate.open();
    std::size_t done = 0;
    for (auto& flush : flushes) done += flush.get() == "ok: [flush]" ? 1U : 0U;
    EXPECT_EQ(done, ControlServer::flushes_max);
}

TEST(ControlSocket, a_client_that_leaves_during_its_flush_harms_nobody) {
    const test::TemporaryDirectory directory;
    const auto path = directory.path() / "control";
    Gate gate;
    const auto server = ControlServer::listen(path, [&](std::string_view request) {
        if (request == "flush") gate.pass();
        return echo(request);
    });
    ASSERT_TRUE(server) << server.error();
    {
        const RawClient client(path);
        client.say("flush\n");
        gate.wait_for_one();
    }
    EXPECT_EQ(asked(path, "status"), "ok: [status]");
    gate.open();
    EXPECT_EQ(asked(path, "flush x"), "ok: [flush x]");
}

TEST(ControlSocket, clients_that_say_nothing_are_dropped_so_that_others_get_their_turn) {
    const test::TemporaryDirectory directory;
    const auto path = directory.path() / "control";
    const auto server = ControlServer::listen(path, echo);
    ASSERT_TRUE(server) << server.error();
    std::vector<std::unique_ptr<RawClient>> silent;
    for (std::size_t i = 0; i < ControlServer::connections_max; ++i)
        silent.push_back(std::make_unique<RawClient>(path));
    silent.front()->say("half a req");
    EXPECT_EQ(asked(path, "status"), "ok: [status]");
    EXPECT_EQ(silent.front()->rest(), "");
}

TEST(ControlSocket, a_request_in_pieces_is_put_together_and_one_without_end_is_refused) {
    const test::TemporaryDirectory directory;
    const auto path = directory.path() / "control";
    const auto server = ControlServer::listen(path, echo);
    ASSERT_TRUE(server) << server.error();
    const RawClient pieces(path);
    pieces.say("sta");
    EXPECT_EQ(asked(path, "x"), "ok: [x]");
    pieces.say("tus\n");
    EXPECT_EQ(pieces.rest(), "ok\n[status]");
    const RawClient endless(path);
    endless.say(std::string(ControlServer::request_bytes_max, 'x'));
    EXPECT_EQ(endless.rest(), "error request is longer than 81920 bytes\n");
}

TEST(ControlSocket, the_file_of_a_dead_process_is_replaced_and_that_of_a_living_one_is_not) {
    const test::TemporaryDirectory directory;
    const auto path = directory.path() / "control";
    {
        const Outcome<ControlAddress> address = ControlAddress::of(path);
        const int dead = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ASSERT_EQ(bind(dead, address->get(), ControlAddress::size()), 0);
        ASSERT_EQ(listen(dead, 1), 0);
        close(dead);
    }
    auto server = ControlServer::listen(path, echo);
    ASSERT_TRUE(server) << server.error();
    const auto second = ControlServer::listen(path, echo);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().find("another process answers"), std::string::npos) << second.error();
    EXPECT_EQ(asked(path, "status"), "ok: [status]");
    server->reset();
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ControlSocket, a_file_that_is_no_socket_is_left_alone) {
    const test::TemporaryDirectory directory;
    const auto path = directory.path() / "control";
    std::ofstream(path) << "mine";
    EXPECT_FALSE(ControlServer::listen(path, echo));
    EXPECT_TRUE(std::filesystem::is_regular_file(path));
}

TEST(ControlSocket, a_path_longer_than_an_address_works_too) {
    const test::TemporaryDirectory directory;
    const auto deep = directory.path() / std::string(120, 'd') / std::string(120, 'e');
    std::filesystem::create_directories(deep);
    const auto path = deep / "control";
    const auto server = ControlServer::listen(path, echo);
    ASSERT_TRUE(server) << server.error();
    EXPECT_EQ(asked(path, "status"), "ok: [status]");
    EXPECT_FALSE(ControlServer::listen(path, echo)) << "the living one must be seen through the long path, too";
}

TEST(ControlClient, says_when_no_agent_runs) {
    const test::TemporaryDirectory directory;
    EXPECT_NE(asked(directory.path() / "control", "status").find("failure: no agent runs here"), std::string::npos);
    EXPECT_NE(asked(directory.path() / "none" / std::string(120, 'x') / "control", "status").find("no agent runs here"),
              std::string::npos);
}

TEST(ControlClient, does_not_wait_longer_than_it_was_told) {
    const test::TemporaryDirectory directory;
    const auto path = directory.path() / "control";
    Gate gate;
    const auto server = ControlServer::listen(path, [&](std::string_view request) {
        gate.pass();
        return echo(request);
    });
    ASSERT_TRUE(server) << server.error();
    const Outcome<ControlAnswer> answer = ask(path, "flush", 50'000'000);
    ASSERT_FALSE(answer);
    EXPECT_NE(answer.error().find("does not answer in time"), std::string::npos);
    gate.open();
}

}  // namespace
}  // namespace redshank
