#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/clock.hpp"
#include "drivers/mqtt_client.hpp"
#include "tests/support/eventually.hpp"

namespace redshank::test {

struct MqttEvent {
    enum Kind { connected, subscribed, disconnected, message, published } kind = connected;
    bool session_present = false;
    std::string topic{}, payload{};
    std::uint8_t qos = 0;
    bool retain = false, duplicate = false;
    std::uint16_t packet_id = 0;
    std::uint32_t subscription_id = 0;
    std::uint64_t token = 0;
};

inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

// Keeps what a client says, in order.
class MqttRecorder : public MqttEvents {
public:
    void on_connected(bool session_present) noexcept override {
        add({.kind = MqttEvent::connected, .session_present = session_present});
    }
    void on_subscribed() noexcept override { add({.kind = MqttEvent::subscribed}); }
    void on_disconnected() noexcept override { add({.kind = MqttEvent::disconnected}); }
    void on_message(const Message& message) noexcept override {
        add({.kind = MqttEvent::message,
             .topic = std::string(message.topic),
             .payload = std::string(reinterpret_cast<const char*>(message.payload.data()), message.payload.size()),
             .qos = message.qos,
             .retain = message.retain,
             .duplicate = message.duplicate,
             .packet_id = message.packet_id,
             .subscription_id = message.subscription_id});
        if (hook) hook(message);
    }
    void on_published(std::uint64_t token) noexcept override {
        add({.kind = MqttEvent::published, .token = token});
        if (published_hook) published_hook(token);
    }

    std::vector<MqttEvent> all() const {
        const std::lock_guard lock(mutex_);
        return events_;
    }
    std::vector<MqttEvent> all(MqttEvent::Kind kind) const {
        std::vector<MqttEvent> some;
        for (MqttEvent& event : all()) {
            if (event.kind == kind) some.push_back(std::move(event));
        }
        return some;
    }
    std::size_t count(MqttEvent::Kind kind) const {
        const std::lock_guard lock(mutex_);
        std::size_t n = 0;
        for (const MqttEvent& event : events_) n += event.kind == kind ? 1 : 0;
        return n;
    }
    void forget() {
        const std::lock_guard lock(mutex_);
        events_.clear();
    }

    std::function<void(const Message&)> hook;  // runs inside on_message
    std::function<void(std::uint64_t)> published_hook;

private:
    void add(MqttEvent event) {
        const std::lock_guard lock(mutex_);
        events_.push_back(std::move(event));
    }
    mutable std::mutex mutex_;
    std::vector<MqttEvent> events_;
};

// A client with its recorder; until() steps it while it waits.
struct MqttProbe {
    MqttRecorder events;
    std::unique_ptr<MqttClient> client;

    explicit MqttProbe(const MqttClientSettings& settings) : client(MqttClient::create(settings, events).value()) {}

    template <class Predicate>
    bool until(Predicate predicate, std::chrono::milliseconds deadline = std::chrono::seconds(30)) {
        return eventually(deadline, [&] {
            client->step(monotonic_ns());
            return predicate();
        });
    }
    void start() { client->start(monotonic_ns()); }
    bool start_and_subscribe() {
        start();
        return until([&] { return client->connected(); });
    }
    bool wait_for(MqttEvent::Kind kind, std::size_t count) {
        return until([&] { return events.count(kind) >= count; });
    }
    // Publishes and waits for the PUBACK.
    bool publish(std::string_view topic, std::string_view payload, bool retain = false) {
        const std::size_t before = events.count(MqttEvent::published);
        return until([&] { return client->publish(topic, bytes_of(payload), retain, 0); }) &&
               wait_for(MqttEvent::published, before + 1);
    }
    void stop() { client->stop(5'000'000'000); }
};

inline MqttClientSettings mqtt_settings(std::uint16_t port, const std::string& client_id,
                                        std::vector<MqttSubscription> subscriptions = {}) {
    MqttClientSettings settings;
    settings.port = port;
    settings.client_id = client_id;
    settings.reconnect_first_ns = 20'000'000;
    settings.reconnect_last_ns = 200'000'000;
    settings.subscriptions = std::move(subscriptions);
    return settings;
}

}  // namespace redshank::test
