#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/outcome.hpp"
#include "model/record.hpp"

namespace redshank {

struct MqttSubscription {
    std::string filter;
    std::uint32_t identifier = 0;  // 1 and up, one per filter, never used again for another
};

struct MqttClientSettings {
    std::string host = "127.0.0.1";
    std::uint16_t port = 1883;
    std::string client_id;
    std::string will_topic;  // last will "offline" and, when subscribed, "online": both retained
    std::uint32_t session_expiry_s = 7 * 24 * 3600;
    std::uint16_t receive_maximum = 256;
    std::uint32_t packet_bytes_max = 256 * 1024;
    std::uint32_t keep_alive_s = 30;
    std::int64_t reconnect_first_ns = 500'000'000;  // then doubled, with jitter
    std::int64_t reconnect_last_ns = 30'000'000'000;
    std::vector<MqttSubscription> subscriptions;
    std::vector<std::string>
        unsubscriptions;  // filters that left the configuration: given up when the session is resumed
};

// What the broker has to say. Called on Paho's threads, never two at a time; must not block and must not throw. The
// PUBACK of a message goes out after on_message returns.
class MqttEvents {
public:
    virtual ~MqttEvents() = default;
    virtual void on_connected(bool session_present) noexcept = 0;
    virtual void on_subscribed() noexcept = 0;  // SUBACK for every subscription, "online" is on its way
    virtual void on_disconnected() noexcept = 0;
    virtual void on_message(const Message& message) noexcept = 0;
    virtual void on_published(std::uint64_t token) noexcept = 0;  // PUBACK; a publish that fails calls nothing
};

// MQTT 5 over plain TCP through Paho: QoS 1, persistent session, own reconnect timer, subscription identifiers, Retain
// Handling 1, No Local.
//   Thread: start, step, stop from one thread; publish from any, on_message included.
class MqttClient {
public:
    static Outcome<std::unique_ptr<MqttClient>> create(const MqttClientSettings& settings, MqttEvents& events);
    virtual ~MqttClient() = default;

    virtual void start(std::int64_t now_ns) = 0;
    // Runs the reconnect timer; now_ns of the monotonic clock. Returns when it wants to be called again.
    virtual std::int64_t step(std::int64_t now_ns) = 0;
    virtual bool connected() const noexcept = 0;  // and subscribed
    // QoS 1. token comes back in on_published. False when not connected or Paho refuses: the caller keeps it and tries
    // again after the next on_subscribed. Waits for nothing.
    virtual bool publish(std::string_view topic, std::span<const std::byte> payload, bool retain,
                         std::uint64_t token) noexcept = 0;
    // Publishes "offline", disconnects keeping the session, at most timeout_ns. No event comes after it returns.
    virtual void stop(std::int64_t timeout_ns) = 0;
};

}  // namespace redshank
