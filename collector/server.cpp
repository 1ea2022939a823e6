#include "collector/server.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "collector/allow_list.hpp"
#include "collector/ingest.hpp"
#include "collector/wall_clock.hpp"
#include "drivers/uplink/sockets.hpp"
#include "drivers/uplink/wire.hpp"

namespace redshank {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t group_frames_max = 32;  // committed together: one fsync for all that has come meanwhile
constexpr std::int64_t idle_ms = 60'000;
constexpr std::chrono::minutes between_reports{1};
constexpr std::chrono::seconds listen_again_within{10};
constexpr std::chrono::milliseconds listen_again_after{50};

bool readable(int fd) noexcept {
    pollfd item{fd, POLLIN, 0};
    return fd >= 0 && poll(&item, 1, 0) > 0;
}

// One descriptor that is readable when any of some is.
class AnyOf {
public:
    explicit AnyOf(std::initializer_list<int> fds) : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
        for (const int fd : fds) {
            epoll_event event{};
            event.events = EPOLLIN;
            if (fd >= 0) epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
        }
    }
    ~AnyOf() {
        if (epoll_ >= 0) close(epoll_);
    }
    AnyOf(const AnyOf&) = delete;
    AnyOf& operator=(const AnyOf&) = delete;
    int get() const noexcept { return epoll_; }

private:
    int epoll_;
};

// Frames that arrived together, and who sent them. Buffers are used again.
struct Group {
    std::vector<std::vector<std::byte>> peers{group_frames_max};
    std::vector<std::vector<std::byte>> frames{group_frames_max};
    std::vector<std::string> senders{group_frames_max};
    std::size_t size = 0;

    void fill(wire::RouterSocket& socket) {
        size = 0;
        while (size < group_frames_max && socket.receive(peers[size], frames[size])) senders[size++] = socket.sender();
    }
};

// At most one report a minute, with what has come together since.
class Sparingly {
public:
    bool due(std::uint64_t count) {
        const auto now = steady_clock::now();
        if (count == reported_ || now < next_) return false;
        reported_ = count;
        next_ = now + between_reports;
        return true;
    }

private:
    std::uint64_t reported_ = 0;
    steady_clock::time_point next_{};
};

class Server {
public:
    explicit Server(const ServerSettings& settings)
        : settings_(settings), wake_({settings.stop_fd, settings.reload_fd}) {}

    Outcome<> run() {
        if (auto begun = begin(); !begun) return begun;
        if (settings_.on_ready) settings_.on_ready(bound_to_);
        while (!readable(settings_.stop_fd)) {
            if (readable(settings_.reload_fd) && settings_.reload && settings_.reload()) {
                if (auto reloaded = reload(); !reloaded) return reloaded;
            }
            group_.fill(*socket_);
            report_refusals();
            if (group_.size == 0) {
                socket_->wait(wake_.get(), idle_ms);
                continue;
            }
            auto answers = apply();
            if (!answers && ingest_->locked()) break;  // to be stopped: what has no answer is sent again
            if (!answers) return failure(answers.error());
            give(*answers);
        }
        spdlog::info("stopped: {} frames answered, {} not taken, {} malformed, {} connections refused", taken_,
                     not_taken_, socket_->dropped(), refused_before_ + socket_->refusals().count);
        return {};
    }

private:
    // The address first: one that is refused leaves no file. Nothing is answered before the database is there.
    Outcome<> begin() {
        if (settings_.key) {
            auto allowed = AllowList::read(settings_.allow);
            if (!allowed) return failure(allowed.error());
            allowed_ = std::move(*allowed);
        }
        auto socket = listen(settings_.bind);
        if (!socket) return failure(socket.error());
        socket_ = std::move(*socket);
        bound_to_ = socket_->bound_to();
        if (!settings_.key && !wire::on_loopback(bound_to_)) spdlog::warn("not encrypted, and off this machine");
        auto ingest = Ingest::open(settings_.database);
        if (!ingest) return failure(ingest.error());
        ingest_ = std::move(*ingest);
        if (settings_.key) ingest_->admit_by(&allowed_);
        return {};
    }

    Outcome<std::unique_ptr<wire::RouterSocket>> listen(const std::string& url) const {
        if (settings_.key) return wire::RouterSocket::create(url, *settings_.key, allowed_.keys());
        return wire::RouterSocket::create(url, settings_.plain ? wire::Plain::anywhere : wire::Plain::on_loopback);
    }

    Outcome<> reload() {
        if (!settings_.key) {
            spdlog::info("there is no allow file to read again");
            return {};
        }
        auto read = AllowList::read(settings_.allow);
        if (!read) {
            spdlog::error("the allow file is not good, the one before goes on: {}", read.error());
            return {};
        }
        const bool nobody_goes = read->keeps_all_of(allowed_);
        allowed_ = std::move(*read);
        spdlog::info("{} keys may deliver", allowed_.entries().size());
        if (nobody_goes) {
            socket_->allow(allowed_.keys());
            return {};
        }
        // ZeroMQ cannot end one connection alone. All of them end, and who may comes back at once.
        refused_before_ += socket_->refusals().count;
        socket_.reset();
        return listen_again();
    }

    Outcome<> listen_again() {
        const auto until = steady_clock::now() + listen_again_within;
        for (;;) {
            auto socket = listen(bound_to_);
            if (socket) {
                socket_ = std::move(*socket);
                return {};
            }
            if (steady_clock::now() >= until || readable(settings_.stop_fd)) return failure(socket.error());
            std::this_thread::sleep_for(listen_again_after);  // somebody else may have the port for a moment
        }
    }

    // Not again while another process has the database and this one is to stop.
    Outcome<Ingest::Answers> apply() {
        const auto frames = std::span(group_.frames).first(group_.size);
        const auto senders = std::span(group_.senders).first(group_.size);
        auto answers = ingest_->apply(frames, wall_clock_ns(), senders);
        bool told = false;
        while (!answers && ingest_->locked() && !readable(settings_.stop_fd)) {
            if (!told) spdlog::warn("acknowledgements wait: {}", answers.error());
            told = true;
            answers = ingest_->apply(frames, wall_clock_ns(), senders);
        }
        if (answers && told) spdlog::info("the database takes batches again");
        return answers;
    }

    void give(const Ingest::Answers& answers) {
        for (std::size_t i = 0; i < group_.size; ++i) {
            const Outcome<wire::Frame>& answer = answers[i];
            if (answer) {
                ++taken_;
                socket_->send(group_.peers[i], wire::encode_frame(*answer));  // who is gone asks again
            } else if (std::has_single_bit(++not_taken_)) {
                spdlog::warn("a frame was not taken ({} so far): {}", not_taken_, answer.error());
            }
        }
    }

    void report_refusals() {
        const wire::Refusals refusals = socket_->refusals();
        const std::uint64_t count = refused_before_ + refusals.count;
        if (refusals.count == 0 || !refusals_.due(count)) return;
        spdlog::warn("refused: {} from {} is not in the allow file ({} connections refused so far)",
                     wire::text_of(refusals.key), refusals.address, count);
    }

    const ServerSettings& settings_;
    AnyOf wake_;
    AllowList allowed_;
    std::unique_ptr<wire::RouterSocket> socket_;
    std::string bound_to_;
    std::unique_ptr<Ingest> ingest_;
    Group group_;
    Sparingly refusals_;
    std::uint64_t refused_before_ = 0;  // by sockets that are closed
    std::uint64_t taken_ = 0;
    std::uint64_t not_taken_ = 0;
};

}  // namespace

Outcome<> serve(const ServerSettings& settings) {
    return Server(settings).run();
}

}  // namespace redshank
