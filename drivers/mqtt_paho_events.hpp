#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace redshank {

// Which client's event this thread is in. Paho's lock is held then, so that entering Paho waits for nothing.
class InsideEvent {
public:
    explicit InsideEvent(const void* client) noexcept : outer_(std::exchange(client_, client)) {}
    ~InsideEvent() { client_ = outer_; }
    InsideEvent(const InsideEvent&) = delete;
    InsideEvent& operator=(const InsideEvent&) = delete;
    static bool of(const void* client) noexcept { return client_ == client; }

private:
    static inline thread_local const void* client_ = nullptr;
    const void* outer_;
};

// What a publish is known by in Paho's user context: one of ours, or slot_base + a slot of MqttInFlight.
inline constexpr std::uintptr_t online_context = 1;
inline constexpr std::uintptr_t offline_context = 2;
inline constexpr std::uintptr_t slot_base = 16;

inline void* as_context(std::uintptr_t value) noexcept {
    return reinterpret_cast<void*>(value);  // NOLINT(performance-no-int-to-ptr): a number, never followed
}

std::string reason_text(int code);          // an MQTT 5 reason code in words
std::string connect_return_text(int code);  // one of CONNACK of MQTT 3.1.1

}  // namespace redshank
