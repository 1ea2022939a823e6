#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
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
    std::uint8_t version = 5;         // of MQTT: 5, or 3 for 3.1.1
    std::uint8_t qos = 1;             // of the subscriptions: 0, 1 or 2
    bool tls = false;                 // the broker's certificate is always verified, its name too
    std::filesystem::path ca;         // PEM; empty: what the system trusts
    std::filesystem::path cert, key;  // PEM, of this client; empty: none
    std::string username;
    std::filesystem::path password_file;  // read anew for every connection: see drivers/password_file.hpp
    std::string client_id;
    std::string will_topic;  // last will "offline" and, when subscribed, "online": both retained
    // Of MQTT 5 only: 3.1.1 leaves these to the broker.
    std::uint32_t session_expiry_s = 7 * 24 * 3600;  // 0: begins anew and ends with the connection
    std::uint16_t receive_maximum = 256;
    std::uint32_t packet_bytes_max = 256 * 1024;
    std::uint32_t keep_alive_s = 30;
    std::int64_t reconnect_first_ns = 500'000'000;  // then doubled, with jitter
    std::int64_t reconnect_last_ns = 30'000'000'000;
    std::vector<MqttSubscription> subscriptions;
    std::vector<std::string>
        unsubscriptions;  // filters that left the configuration: given up when the session is resumed
};

// What the broker has to say. Called on Paho's threads under Paho's own lock, never two at a time (on_disconnected may
// come from inside step or stop); must not throw, must not block, must not call start, step or stop. PUBACK or PUBREC
// of a message goes out after on_message returns.
class MqttEvents {
public:
    virtual ~MqttEvents() = default;
    // CONNACK, before the first on_message of the connection. Messages of a resumed session follow at once, earlier
    // than on_subscribed.
    virtual void on_connected(bool session_present) noexcept = 0;
    virtual void on_subscribed() noexcept = 0;    // SUBACK for every subscription, "online" is on its way
    virtual void on_disconnected() noexcept = 0;  // after on_connected only
    virtual void on_message(const Message& message) noexcept = 0;
    // PUBACK, also one that refuses (publishes_refused counts those: sending again would be answered the same). A
    // publish that is under way when the connection breaks calls nothing, though it may have arrived.
    virtual void on_published(std::uint64_t token) noexcept = 0;
};

// MQTT 5 or 3.1.1 over TCP or TLS through Paho: persistent session, own reconnect timer; under MQTT 5 subscription
// identifiers, Retain Handling 1, No Local. Topics and payloads are handed on as the bytes they are, valid or not.
//   Thread: start, step, stop from one thread; publish and the accessors from any, on_message included. start, step and
//   stop wait for a running event to end: never call them with a lock held that an event takes.
class MqttClient {
public:
    // Checks the settings; nothing is connected before start. The failure says which setting cannot be.
    static Outcome<std::unique_ptr<MqttClient>> create(const MqttClientSettings& settings, MqttEvents& events);
    virtual ~MqttClient() = default;  // stops, giving "offline" a second

    virtual void start(std::int64_t now_ns) = 0;
    // Runs the reconnect timer; now_ns of the monotonic clock. Returns when it wants to be called again.
    virtual std::int64_t step(std::int64_t now_ns) = 0;
    virtual bool connected() const noexcept = 0;  // and subscribed
    // Why it is not connected, or why a publish was refused last; empty when nothing went wrong since on_subscribed.
    virtual std::string last_error() const = 0;
    virtual std::uint64_t publishes_refused() const noexcept = 0;
    // QoS 1. token comes back in on_published. False when not connected, when 256 are under way or 64 KiB wait, or when
    // the topic is none that can be published to: the caller keeps it and tries again after the next on_published or
    // on_subscribed. After on_subscribed the caller repeats what had no on_published. Order is kept. Waits for nothing.
    virtual bool publish(std::string_view topic, std::span<const std::byte> payload, bool retain,
                         std::uint64_t token) noexcept = 0;
    // Publishes "offline", disconnects keeping the session; waits at most timeout_ns for the broker. Until it is
    // disconnected messages arrive as ever. No event comes after it returns. start may follow.
    virtual void stop(std::int64_t timeout_ns) = 0;
};

}  // namespace redshank
