#include "agent/control_socket.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

#include "agent/control_address.hpp"
#include "drivers/clock.hpp"

namespace redshank {

namespace {

constexpr std::size_t usual_request_bytes = 4096;
constexpr std::int64_t idle_max_ns = 5'000'000'000;

struct Connection {
    enum class State : std::uint8_t { free, reading, waiting, working, writing };
    State state = State::free;
    int descriptor = -1;
    std::vector<char> request;  // grows as needed, up to request_bytes_max
    std::size_t received = 0;
    std::size_t line = 0;  // of the request, without its end
    std::string answer;
    std::size_t sent = 0;
    std::int64_t deadline_ns = 0;
    std::uint64_t order = 0;  // of waiting
};

std::string on_the_wire(const ControlAnswer& answer) {
    if (answer.ok) return "ok\n" + answer.body;
    std::string line = "error " + answer.body;
    std::replace(line.begin(), line.end(), '\n', ' ');
    return line + "\n";
}

class Server final : public ControlServer {
public:
    Server(std::filesystem::path path, int listener, int wake, Answer answer)
        : path_(std::move(path)), listener_(listener), wake_(wake), answer_(std::move(answer)) {
        struct stat made {};
        if (stat(path_.c_str(), &made) == 0) inode_ = made.st_ino;
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are the main thread's
        flusher_ = std::thread([this] { flush_loop(); });
        poller_ = std::thread([this] { poll_loop(); });
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }

    ~Server() override {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        work_.notify_all();
        wake();
        poller_.join();
        flusher_.join();
        for (const Connection& connection : connections_) {
            if (connection.descriptor >= 0) close(connection.descriptor);
        }
        close(listener_);
        close(wake_);
        struct stat there {};
        if (lstat(path_.c_str(), &there) == 0 && there.st_ino == inode_) unlink(path_.c_str());
    }

private:
    using State = Connection::State;

    void wake() const {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = write(wake_, &one, sizeof one);
    }

    ControlAnswer ask(std::string_view request) const {
        try {
            return answer_(request);
        } catch (const std::exception& error) {
            return {false, error.what()};
        } catch (...) {
            return {false, "internal error"};
        }
    }

    // A connection in state working belongs to this thread, in any other to the poller.
    void flush_loop() {
        std::unique_lock lock(mutex_);
        while (true) {
            work_.wait(lock, [this] { return stopping_ || oldest_waiting() != nullptr; });
            if (stopping_) return;
            Connection& connection = *oldest_waiting();
            connection.state = State::working;
            lock.unlock();
            std::string answer = on_the_wire(ask({connection.request.data(), connection.line}));
            lock.lock();
            connection.answer = std::move(answer);
            connection.state = State::writing;
            connection.deadline_ns = monotonic_ns() + idle_max_ns;
            wake();
        }
    }

    Connection* oldest_waiting() {
        Connection* oldest = nullptr;
        for (Connection& connection : connections_) {
            if (connection.state != State::waiting) continue;
            if (oldest == nullptr || connection.order < oldest->order) oldest = &connection;
        }
        return oldest;
    }

    void poll_loop() {
        std::array<pollfd, connections_max + 2> waits{};
        std::unique_lock lock(mutex_);
        while (!stopping_) {
            const int timeout_ms = prepare(waits);
            lock.unlock();
            poll(waits.data(), waits.size(), timeout_ms);
            lock.lock();
            std::uint64_t count = 0;
            if ((waits[0].revents & POLLIN) != 0) {
                [[maybe_unused]] const auto taken = read(wake_, &count, sizeof count);
            }
            const std::int64_t now_ns = monotonic_ns();
            for (std::size_t i = 0; i < connections_max; ++i) serve(connections_[i], waits[i + 2].revents, now_ns);
            if ((waits[1].revents & POLLIN) != 0) accept_one(now_ns);
        }
    }

    // What to wait for; returns how long.
    int prepare(std::array<pollfd, connections_max + 2>& waits) const {
        bool room = false;
        std::int64_t first_ns = INT64_MAX;
        waits[0] = {wake_, POLLIN, 0};
        for (std::size_t i = 0; i < connections_max; ++i) {
            const Connection& connection = connections_[i];
            waits[i + 2] = {-1, 0, 0};
            room = room || connection.state == State::free;
            if (connection.state != State::reading && connection.state != State::writing) continue;
            const bool reading = connection.state == State::reading;
            waits[i + 2] = {connection.descriptor, static_cast<short>(reading ? POLLIN : POLLOUT), 0};
            first_ns = std::min(first_ns, connection.deadline_ns);
        }
        waits[1] = {room ? listener_ : -1, POLLIN, 0};
        if (first_ns == INT64_MAX) return -1;
        return static_cast<int>(std::clamp<std::int64_t>((first_ns - monotonic_ns()) / 1'000'000 + 1, 0, 10'000));
    }

    void accept_one(std::int64_t now_ns) {
        const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor < 0) return;
        for (Connection& connection : connections_) {
            if (connection.state != State::free) continue;
            connection.state = State::reading;
            connection.descriptor = descriptor;
            connection.request.resize(usual_request_bytes);
            connection.received = 0;
            connection.sent = 0;
            connection.deadline_ns = now_ns + idle_max_ns;
            return;
        }
        close(descriptor);
    }

    void serve(Connection& connection, short events, std::int64_t now_ns) {
        if (connection.state != State::reading && connection.state != State::writing) return;
        if (events != 0) {
            connection.state == State::reading ? receive(connection, now_ns) : send_on(connection, now_ns);
        } else if (now_ns >= connection.deadline_ns) {
            drop(connection);
        }
    }

    static void drop(Connection& connection) {
        close(connection.descriptor);
        connection.descriptor = -1;
        connection.state = State::free;
        connection.answer = {};
        connection.request = {};
    }

    void reply(Connection& connection, const ControlAnswer& answer, std::int64_t now_ns) {
        connection.answer = on_the_wire(answer);
        connection.state = State::writing;
        send_on(connection, now_ns);
    }

    void receive(Connection& connection, std::int64_t now_ns) {
        if (connection.received == connection.request.size()) connection.request.resize(request_bytes_max);
        char* const at = connection.request.data() + connection.received;
        const ssize_t taken = recv(connection.descriptor, at, connection.request.size() - connection.received, 0);
        if (taken < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (taken <= 0) return drop(connection);
        connection.received += static_cast<std::size_t>(taken);
        connection.deadline_ns = now_ns + idle_max_ns;
        const void* end = std::memchr(at, '\n', static_cast<std::size_t>(taken));
        if (end == nullptr) {
            if (connection.received < request_bytes_max) return;
            return reply(connection, {false, "request is longer than 81920 bytes"}, now_ns);
        }
        connection.line = static_cast<std::size_t>(static_cast<const char*>(end) - connection.request.data());
        const std::string_view request(connection.request.data(), connection.line);
        if (request == "flush" || request.starts_with("flush ")) {
            const auto flushing = std::count_if(connections_.begin(), connections_.end(), [](const Connection& other) {
                return other.state == State::waiting || other.state == State::working;
            });
            if (static_cast<std::size_t>(flushing) >= flushes_max) {
                return reply(connection, {false, "busy: other flushes are under way"}, now_ns);
            }
            connection.state = State::waiting;
            connection.order = ++orders_;
            work_.notify_one();
            return;
        }
        mutex_.unlock();  // the flusher does not touch a connection that is reading
        const ControlAnswer answer = ask(request);
        mutex_.lock();
        reply(connection, answer, monotonic_ns());
    }

    void send_on(Connection& connection, std::int64_t now_ns) {
        const std::size_t left = connection.answer.size() - connection.sent;
        const ssize_t taken =
            send(connection.descriptor, connection.answer.data() + connection.sent, left, MSG_NOSIGNAL);
        if (taken < 0 && errno != EAGAIN && errno != EINTR) return drop(connection);
        connection.deadline_ns = now_ns + idle_max_ns;
        if (taken < 0) return;
        connection.sent += static_cast<std::size_t>(taken);
        if (connection.sent == connection.answer.size()) drop(connection);
    }

    const std::filesystem::path path_;
    const int listener_;
    const int wake_;
    const Answer answer_;
    ino_t inode_ = 0;
    std::mutex mutex_;  // states of connections
    std::condition_variable work_;
    bool stopping_ = false;
    std::uint64_t orders_ = 0;
    std::array<Connection, connections_max> connections_;
    std::thread flusher_;
    std::thread poller_;
};

tl::unexpected<std::string> system_failure(const std::filesystem::path& path, const char* what) {
    return failure(path.string() + ": " + what + ": " + std::strerror(errno));
}

// Makes way for a new socket file: removes one that nobody listens on.
Outcome<> clear_stale(const std::filesystem::path& path, const ControlAddress& address) {
    struct stat there {};
    const bool known = lstat(path.c_str(), &there) == 0;  // fails on 32 bits for an inode number of more
    if (!known && errno == ENOENT) return {};
    if (known && !S_ISSOCK(there.st_mode)) return failure(path.string() + ": is there and is no socket");
    const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (probe < 0) return system_failure(path, "cannot make a socket");
    const bool refused = connect(probe, address.get(), ControlAddress::size()) != 0 && errno == ECONNREFUSED;
    close(probe);
    if (!refused) return failure(path.string() + ": another process answers here");
    if (unlink(path.c_str()) != 0) return system_failure(path, "cannot be replaced");
    return {};
}

}  // namespace

Outcome<std::unique_ptr<ControlServer>> ControlServer::listen(const std::filesystem::path& path, Answer answer) {
    const Outcome<ControlAddress> address = ControlAddress::of(path);
    if (!address) return failure(address.error());
    if (const Outcome<> cleared = clear_stale(path, *address); !cleared) return failure(cleared.error());
    const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0) return system_failure(path, "cannot make a socket");
    // The file gets the socket's own mode, so that it is never open to others.
    const bool bound = fchmod(listener, 0600) == 0 && bind(listener, address->get(), ControlAddress::size()) == 0 &&
                       chmod(path.c_str(), 0600) == 0 && ::listen(listener, int{connections_max}) == 0;
    const int wake = bound ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
    if (wake < 0) {
        const auto failed = system_failure(path, "cannot listen");
        close(listener);
        return failed;
    }
    return std::make_unique<Server>(path, listener, wake, std::move(answer));
}

}  // namespace redshank
