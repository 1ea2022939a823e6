#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "drivers/mqtt_backoff.hpp"
#include "drivers/mqtt_client.hpp"
#include "drivers/mqtt_paho_arrivals.hpp"
#include "drivers/mqtt_paho_events.hpp"
#include "drivers/mqtt_paho_message.hpp"
#include "drivers/mqtt_publisher.hpp"

namespace redshank {

// States: idle -start-> connecting -CONNACK-> subscribing -last SUBACK-> subscribed; any of them -trouble-> waiting
// -timer-> connecting. Events only record trouble, for Paho 1.3.12 must not be told to connect from inside them. step
// then builds the Paho client anew: one that is used again would keep unanswered SUBSCRIBEs for ever and send old
// publishes again behind the caller's back. The session is the broker's to keep; a client that counts a message before
// it acknowledges has no part in it, at QoS 2 neither: see PahoArrivals.
//
// Paho runs every callback under one lock of its own, CONNACK's before messages': its receive thread calls the connect
// listener in the same turn in which it has read CONNACK and reads the first PUBLISH in a later one (tested with 1,000
// messages waiting in a resumed session). A publish of another thread would wait for that lock: hence MqttPublisher.
class PahoClient final : public MqttClient, private mqtt::iaction_listener {
public:
    PahoClient(const MqttClientSettings& settings, MqttEvents& events);
    ~PahoClient() override;
    PahoClient(const PahoClient&) = delete;
    PahoClient& operator=(const PahoClient&) = delete;

    void start(std::int64_t now_ns) override;
    std::int64_t step(std::int64_t now_ns) override;
    bool connected() const noexcept override { return state_ == State::subscribed; }
    std::string last_error() const override;
    std::uint64_t publishes_refused() const noexcept override { return publishes_refused_; }
    bool publish(std::string_view topic, std::span<const std::byte> payload, bool retain,
                 std::uint64_t token) noexcept override;
    void stop(std::int64_t timeout_ns) override;

private:
    enum class State : std::uint8_t { idle, waiting, connecting, subscribing, subscribed };

    // On the caller's thread
    void connect(std::int64_t now_ns);
    void set_tls();
    void explain_failure();
    void open_client();
    void drop_client(State next);

    // On Paho's threads, inside an event
    void on_success(const mqtt::token& token) override;
    void on_failure(const mqtt::token& token) override;
    void on_connack(const mqtt::token& token) noexcept;
    void on_connect_failed(const mqtt::token& token) noexcept;
    void cannot_connect(const std::string& paho_says) noexcept;
    void on_suback() noexcept;
    void on_lost() noexcept;
    void on_publish_answered(const mqtt::token& token, bool success) noexcept;
    bool request_subscriptions(bool session_present) noexcept;

    // On either
    bool send(const std::string& topic, std::span<const std::byte> payload, bool retain,
              std::uintptr_t context) noexcept;
    bool send_status(std::string_view status, std::uintptr_t context) noexcept;
    std::string cannot_connect_text() const;
    void fail(const std::string& why) noexcept;
    void set_error(const std::string& why) noexcept;
    void tell_stop(bool PahoClient::*answer) noexcept;

    bool is_5() const noexcept { return settings_.version == 5; }
    void take_arrival(std::byte first, std::span<const std::byte> body) noexcept;

    const MqttClientSettings settings_;
    MqttEvents& events_;
    PahoArrivals arrivals_;
    mqtt::connect_options options_;  // Paho keeps pointers into it while it connects
    std::unique_ptr<mqtt::async_client> owner_;
    mqtt::async_client* paho_ = nullptr;  // stays good inside events while owner_ is being destroyed

    std::atomic<State> state_{State::idle};
    std::atomic<bool> announced_{false};  // on_connected without on_disconnected
    std::atomic<bool> broken_{false};     // step is to drop the Paho client
    std::atomic<bool> went_well_{false};  // subscribed since the timer looked last
    std::atomic<std::uint64_t> publishes_refused_{0};

    // start's and step's thread only
    Backoff backoff_;
    std::int64_t retry_at_ns_ = 0;  // 0: not drawn yet
    std::int64_t handshake_until_ns_ = 0;

    // under Paho's lock only
    std::size_t answers_missing_ = 0;  // SUBACK and UNSUBACK
    std::size_t window_ = 1;           // publishes the broker takes at once, less one for our status

    mutable std::mutex error_mutex_;
    std::string error_;
    std::string unexplained_;  // what Paho said of a failure that may be one of TLS

    std::mutex stop_mutex_;
    std::condition_variable stop_wake_;
    bool offline_answered_ = false;
    bool disconnected_ = false;

    MqttPublisher publisher_;  // last: its thread ends before what it uses
};

bool can_be_published_to(std::string_view topic) noexcept;

}  // namespace redshank
