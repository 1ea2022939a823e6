#include "collector/server.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>

#include <bit>
#include <cstdint>
#include <vector>

#include "collector/ingest.hpp"
#include "collector/wall_clock.hpp"
#include "drivers/uplink/sockets.hpp"
#include "drivers/uplink/wire.hpp"

namespace redshank {
namespace {

constexpr std::size_t group_frames_max = 32;  // committed together: one fsync for all that has come meanwhile
constexpr std::int64_t idle_ms = 60'000;

bool readable(int fd) noexcept {
    pollfd item{fd, POLLIN, 0};
    return poll(&item, 1, 0) > 0;
}

// Frames that arrived together, and who sent them. Buffers are used again.
struct Group {
    std::vector<std::vector<std::byte>> peers{group_frames_max};
    std::vector<std::vector<std::byte>> frames{group_frames_max};
    std::size_t size = 0;

    void fill(wire::RouterSocket& socket) {
        size = 0;
        while (size < group_frames_max && socket.receive(peers[size], frames[size])) ++size;
    }
};

}  // namespace

Outcome<> serve(const ServerSettings& settings) {
    // The address first: one that is refused leaves no file. Nothing is answered before the database is there.
    auto socket = wire::RouterSocket::create(settings.bind);
    if (!socket) return failure(socket.error());
    auto ingest = Ingest::open(settings.database);
    if (!ingest) return failure(ingest.error());
    if (settings.on_ready) settings.on_ready((*socket)->bound_to());

    Group group;
    std::uint64_t taken = 0;
    std::uint64_t not_taken = 0;
    while (!readable(settings.stop_fd)) {
        group.fill(**socket);
        if (group.size == 0) {
            (*socket)->wait(settings.stop_fd, idle_ms);
            continue;
        }
        const auto frames = std::span(group.frames).first(group.size);
        auto answers = (*ingest)->apply(frames, wall_clock_ns());
        bool told = false;
        while (!answers && (*ingest)->locked() && !readable(settings.stop_fd)) {
            if (!told) spdlog::warn("acknowledgements wait: {}", answers.error());
            told = true;
            answers = (*ingest)->apply(frames, wall_clock_ns());
        }
        if (!answers && (*ingest)->locked()) break;  // to be stopped: what has no answer is sent again
        if (!answers) return failure(answers.error());
        if (told) spdlog::info("the database takes batches again");
        for (std::size_t i = 0; i < group.size; ++i) {
            const Outcome<wire::Frame>& answer = (*answers)[i];
            if (answer) {
                ++taken;
                (*socket)->send(group.peers[i], wire::encode_frame(*answer));  // who is gone asks again
            } else if (std::has_single_bit(++not_taken)) {
                spdlog::warn("a frame was not taken ({} so far): {}", not_taken, answer.error());
            }
        }
    }
    spdlog::info("stopped: {} frames answered, {} not taken, {} malformed", taken, not_taken, (*socket)->dropped());
    return {};
}

}  // namespace redshank
