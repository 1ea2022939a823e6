#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string_view>
#include <thread>

#include "drivers/mqtt_outgoing.hpp"

namespace redshank {

// Where a publish goes without waiting: it is copied, and handed to Paho in order by whoever may enter Paho without
// waiting for an event that is running: the thread inside such an event, else a thread of this object's own.
//   No more is handed over than the broker takes at once: what exceeds its Receive Maximum would lie with Paho 1.3.12
//   until its send thread looks again, a second later.
//   Thread: any, except that open and close belong to the client.
class MqttPublisher {
public:
    using Send = std::function<bool(const MqttOutgoing::Entry& entry)>;  // to Paho; false: it does not take it

    static constexpr std::size_t bytes_max = std::size_t{64} * 1024;

    explicit MqttPublisher(Send send);
    ~MqttPublisher();
    MqttPublisher(const MqttPublisher&) = delete;
    MqttPublisher& operator=(const MqttPublisher&) = delete;

    // False when closed, or when slots or bytes are used up.
    bool push(std::string_view topic, std::span<const std::byte> payload, bool retain, std::uint64_t token) noexcept;
    void pump() noexcept;                                 // hands over what may go; only from inside an event
    void wake() noexcept { wake_.notify_one(); }          // has the own thread do that
    std::uint64_t answered(std::uint16_t slot) noexcept;  // gives the slot back and returns its token

    void open(std::size_t window) noexcept;  // window: how many publishes the broker takes at once
    void close() noexcept;                   // nothing more is handed over, except one that is just on its way
    void close_and_wait() noexcept;          // not even that; not from inside an event
    void clear() noexcept;                   // when closed and Paho is gone: forgets everything under way
    void wait_until_sent(std::chrono::steady_clock::time_point deadline) noexcept;

private:
    bool can_send() const noexcept { return open_ && !sending_ && !outgoing_.empty() && handed_ < window_; }
    void run();

    const Send send_;
    std::mutex mutex_;
    std::condition_variable wake_;  // for the own thread
    std::condition_variable idle_;  // sending_ fell
    MqttOutgoing outgoing_{bytes_max};
    MqttInFlight in_flight_;
    std::size_t handed_ = 0;  // to Paho, without an answer
    std::size_t window_ = 1;
    bool open_ = false;
    bool sending_ = false;  // somebody is in send_: one at a time keeps the order
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace redshank
