#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

namespace redshank::test {

// The broker's end of MQTT 5 for what no real broker does: it hands every packet to a script, which answers with raw
// bytes. One connection at a time, on 127.0.0.1, from its own thread.
class ScriptedBroker {
public:
    // first_byte: packet type and flags; body: what follows the remaining length. Returns the bytes to send back; an
    // answer of "close" ends the connection.
    using Script = std::function<std::string(std::uint8_t first_byte, const std::string& body)>;

    explicit ScriptedBroker(Script script);
    ~ScriptedBroker();
    ScriptedBroker(const ScriptedBroker&) = delete;
    ScriptedBroker& operator=(const ScriptedBroker&) = delete;

    std::uint16_t port() const { return port_; }

private:
    void run();
    void serve(int connection);
    bool wait_readable(int file) const;

    Script script_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<bool> ending_{false};
    std::thread thread_;
};

namespace mqtt5 {

std::string packet(std::uint8_t first_byte, const std::string& body);  // puts the remaining length between
std::string connack(std::uint8_t reason, bool session_present = false);
std::string suback(const std::string& subscribe_body, std::uint8_t reason);  // answers one SUBSCRIBE of one filter
// QoS 1; `properties` as they stand on the wire, without their length.
std::string publish(const std::string& topic, const std::string& payload, std::uint16_t packet_id,
                    const std::string& properties = {});

}  // namespace mqtt5

}  // namespace redshank::test
