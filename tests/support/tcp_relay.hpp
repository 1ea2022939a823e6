#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace redshank::test {

// A port of 127.0.0.1 that stands for another one: what comes is handed on both ways, until somebody cuts the line.
// From its own thread. Throws std::runtime_error when it cannot listen.
class TcpRelay {
public:
    explicit TcpRelay(std::uint16_t target);
    ~TcpRelay();
    TcpRelay(const TcpRelay&) = delete;
    TcpRelay& operator=(const TcpRelay&) = delete;

    std::uint16_t port() const { return port_; }
    // From now on nothing of what the connecting side sends reaches the target, until cut().
    void swallow_requests() { swallowing_ = true; }
    std::uint64_t swallowed() const { return swallowed_; }  // bytes, ever
    void cut();                                             // every connection, at once; later ones are as good as new
    std::uint64_t connections() const { return connections_; }

private:
    struct Pair {
        int near = -1;
        int far = -1;
    };
    void run();
    void accept_one();
    bool move(const Pair& pair, bool upwards);
    static void close_pair(const Pair& pair);

    std::uint16_t target_;
    std::uint16_t port_ = 0;
    int listener_ = -1;
    std::mutex mutex_;
    std::vector<Pair> pairs_;
    std::atomic<bool> swallowing_{false};
    std::atomic<bool> ending_{false};
    std::atomic<std::uint64_t> swallowed_{0};
    std::atomic<std::uint64_t> connections_{0};
    std::thread thread_;
};

}  // namespace redshank::test
