#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace redshank::test {

struct MosquittoOptions {
    std::uint16_t port = 0;                       // 0: a free one
    std::uint32_t max_inflight_messages = 0;      // 0: mosquitto's default, 20; a client's Receive Maximum lowers it
    std::uint64_t max_queued_bytes = 256U << 20;  // per client; the number of queued messages is not limited
    std::vector<std::string> more;                // further lines of its configuration
};

// A real mosquitto on 127.0.0.1, open to everyone, with its persistence in a directory of its own that lives as long as
// this object. It accepts connections when the constructor or start() returns; both throw std::runtime_error otherwise.
class Mosquitto {
public:
    Mosquitto() : Mosquitto(MosquittoOptions{}) {}
    explicit Mosquitto(const MosquittoOptions& options);

    std::uint16_t port() const { return port_; }
    std::string url() const;  // mqtt://127.0.0.1:port
    bool running() { return process_ && process_->running(); }
    pid_t pid() const { return process_->pid(); }

    void stop();   // SIGTERM: sessions and retained messages are saved
    void kill();   // SIGKILL: what was not saved is lost
    void save();   // makes it save now (SIGUSR1) and waits for that
    void start();  // again, on the same port, from what was saved
    void pause();  // SIGSTOP: connections stay, nothing is answered
    void resume();
    std::string log() const;  // what this run of it has said

private:
    TemporaryDirectory directory_;
    std::uint16_t port_ = 0;
    std::unique_ptr<ChildProcess> process_;
};

}  // namespace redshank::test
