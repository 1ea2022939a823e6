#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "model/outcome.hpp"

namespace redshank {

// not ok: the body is one sentence that says why.
struct ControlAnswer {
    bool ok = true;
    std::string body;
};

// The control socket: a Unix stream socket, mode 0600. A request is one line; the answer is a line "ok" or
// "error <why>", then the body, then the end of the stream. Bounded: connections_max at a time, a request of at most
// request_bytes_max, a client that is silent for 5 s is dropped.
//   Thread: own ones. `answer` is called for one request at a time on one of them; "flush ..." requests, which may
//   take long, are called on a second one, one at a time and at most flushes_max waiting, so that all others are
//   answered meanwhile: `answer` must bear two calls at once. What it throws becomes an error answer.
class ControlServer {
public:
    static constexpr std::size_t connections_max = 8;
    static constexpr std::size_t flushes_max = 4;
    static constexpr std::size_t request_bytes_max = std::size_t{80} * 1024;  // a model file as base64

    using Answer = std::function<ControlAnswer(std::string_view request)>;

    // Replaces the socket file of a process that is gone; fails when one answers there.
    static Outcome<std::unique_ptr<ControlServer>> listen(const std::filesystem::path& path, Answer answer);

    // Stops; waits for calls of `answer` to return, so whoever makes flush wait must have ended that before.
    virtual ~ControlServer() = default;
};

}  // namespace redshank
