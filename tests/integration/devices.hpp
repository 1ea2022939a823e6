#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "drivers/mqtt_client.hpp"

namespace redshank::test {

struct Received {
    std::string topic;
    std::string payload;
    bool retain = false;
};

// A client of the broker for tests: publishes like a device (QoS 1, and says what was acknowledged), listens like a
// screen. Connects by itself again.
class MqttPeer final : public MqttEvents {
public:
    // filter: what to listen to; empty: nothing.
    MqttPeer(std::uint16_t port, const std::string& client_id, const std::string& filter = {});
    ~MqttPeer() override;

    // Waits until the broker acknowledges; false at the deadline.
    bool publish(const std::string& topic, const std::string& payload, bool retain = false);
    // Hands it over and goes on; settled() waits for what is outstanding.
    bool send(const std::string& topic, const std::string& payload, bool retain = false);
    bool settled(std::chrono::milliseconds deadline = std::chrono::seconds(20));
    bool connected(std::chrono::milliseconds deadline = std::chrono::seconds(20));

    std::vector<Received> received() const;
    // Payloads so far under a topic.
    std::vector<std::string> received(const std::string& topic) const;
    // Waits for a message that the predicate accepts.
    template <class Predicate>
    bool receives(Predicate predicate, std::chrono::milliseconds deadline = std::chrono::seconds(20));

    void on_connected(bool) noexcept override {}
    void on_subscribed() noexcept override {}
    void on_disconnected() noexcept override {}
    void on_message(const Message& message) noexcept override;
    void on_published(std::uint64_t token) noexcept override;

private:
    std::unique_ptr<MqttClient> client_;
    std::uint64_t next_token_ = 1;
    mutable std::mutex mutex_;
    std::set<std::uint64_t> outstanding_;
    std::vector<Received> received_;
    std::atomic<bool> stopping_{false};
    std::thread stepper_;
};

}  // namespace redshank::test

#include "tests/support/eventually.hpp"

template <class Predicate>
bool redshank::test::MqttPeer::receives(Predicate predicate, std::chrono::milliseconds deadline) {
    return eventually(deadline, [&] {
        const std::lock_guard lock(mutex_);
        for (const Received& message : received_) {
            if (predicate(message)) return true;
        }
        return false;
    });
}
