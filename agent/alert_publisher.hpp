#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "agent/alert_ring.hpp"
#include "agent/alert_text.hpp"
#include "drivers/mqtt_client.hpp"
#include "model/rows.hpp"

namespace redshank {

// Alerts to the local broker: retained under <base>/alert/<rule>/<channel>, and as an event under <base>/alerts. At
// least once: an entry of the ring stays until the PUBACK of its event; at every connect the ring is sent again, then
// the state of every rule, so that a repeat is harmless and nothing retained stays wrong.
//   Thread: add, save and restore under the pipeline's mutex; drain from any thread that does not hold it, one drains
//   at a time and nobody waits for another.
class AlertPublisher {
public:
    // The state of rule slot `slot` as an alert (nullopt: nothing to say about it), taken under the pipeline's mutex.
    using StateOf = std::function<std::optional<AlertRow>(std::uint32_t slot)>;

    AlertPublisher(std::string base_topic, std::size_t capacity, std::uint32_t rule_slots, StateOf state_of);

    void attach(MqttClient* client) noexcept { client_.store(client); }

    void add(const AlertRow& row) noexcept;
    // Its state is published with the next drain: what the broker retains of another life may be wrong.
    void state_added(std::uint32_t slot) noexcept;
    void connected() noexcept;  // after SUBACK: everything again
    void acknowledged(std::uint64_t token) noexcept;
    void drain() noexcept;

    std::uint64_t waiting() const noexcept;
    std::uint64_t dropped() const noexcept;

    // The ring as bytes, so that an alert which no broker took yet outlives the process.
    void save(ByteWriter& out) const noexcept;
    void restore(ByteReader& in) noexcept;
    std::size_t saved_bytes_max() const noexcept;

private:
    void drain_ring(MqttClient& client) noexcept;
    void drain_states(MqttClient& client) noexcept;
    bool publish_state(MqttClient& client, const AlertRow& row) noexcept;

    std::string base_topic_;
    std::uint32_t rule_slots_;
    StateOf state_of_;
    std::atomic<MqttClient*> client_{nullptr};

    mutable std::mutex ring_mutex_;
    AlertRing ring_;
    std::uint64_t next_ = 0;    // of the ring: to be sent
    std::uint32_t next_state_;  // rule slot whose state is to be sent
    std::uint32_t states_end_;  // behind the last slot whose state is to be sent
    std::atomic<bool> draining_{false};
    std::atomic<bool> wanted_{false};
};

// Every byte of both names may need six in JSON.
inline constexpr std::size_t alert_json_bytes_max = 512 + 6 * (channel_name_bytes_max + rule_name_bytes_max);

// {"id","rule","channel","state","since_ns","value","severity"}, last "acknowledged_ns" once somebody did, and first
// "input" where given. Empty when it does not fit.
std::string_view alert_json(const AlertRow& row, std::span<char> room, std::string_view input = {}) noexcept;

}  // namespace redshank
