#include "tests/integration/devices.hpp"

#include <stdexcept>

#include "drivers/clock.hpp"

namespace redshank::test {

MqttPeer::MqttPeer(std::uint16_t port, const std::string& client_id, const std::string& filter) {
    MqttClientSettings settings;
    settings.port = port;
    settings.client_id = client_id;
    settings.reconnect_first_ns = 50'000'000;
    settings.reconnect_last_ns = 200'000'000;
    if (!filter.empty()) settings.subscriptions.push_back({filter, 1});
    auto client = MqttClient::create(settings, *this);
    if (!client) throw std::runtime_error(client.error());
    client_ = std::move(*client);
    stepper_ = std::thread([this] {
        client_->start(monotonic_ns());
        while (!stopping_) {
            client_->step(monotonic_ns());
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        client_->stop(500'000'000);
    });
}

MqttPeer::~MqttPeer() {
    stopping_ = true;
    stepper_.join();
}

bool MqttPeer::connected(std::chrono::milliseconds deadline) {
    return eventually(deadline, [this] { return client_->connected(); });
}

bool MqttPeer::send(const std::string& topic, const std::string& payload, bool retain) {
    const std::uint64_t token = next_token_++;
    {
        const std::lock_guard lock(mutex_);
        outstanding_.insert(token);
    }
    return eventually(std::chrono::seconds(20),
                      [&] { return client_->publish(topic, std::as_bytes(std::span(payload)), retain, token); });
}

bool MqttPeer::publish(const std::string& topic, const std::string& payload, bool retain) {
    return send(topic, payload, retain) && settled();
}

bool MqttPeer::settled(std::chrono::milliseconds deadline) {
    return eventually(deadline, [this] {
        const std::lock_guard lock(mutex_);
        return outstanding_.empty();
    });
}

std::vector<Received> MqttPeer::received() const {
    const std::lock_guard lock(mutex_);
    return received_;
}

std::vector<std::string> MqttPeer::received(const std::string& topic) const {
    std::vector<std::string> payloads;
    for (const Received& message : received()) {
        if (message.topic == topic) payloads.push_back(message.payload);
    }
    return payloads;
}

void MqttPeer::on_message(const Message& message) noexcept {
    const std::lock_guard lock(mutex_);
    received_.push_back({std::string(message.topic),
                         std::string(reinterpret_cast<const char*>(message.payload.data()), message.payload.size()),
                         message.retain});
}

void MqttPeer::on_published(std::uint64_t token) noexcept {
    const std::lock_guard lock(mutex_);
    outstanding_.erase(token);
}

}  // namespace redshank::test
