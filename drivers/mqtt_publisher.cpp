#include "drivers/mqtt_publisher.hpp"

#include <utility>

namespace redshank {

MqttPublisher::MqttPublisher(Send send) : send_(std::move(send)), thread_([this] { run(); }) {}

MqttPublisher::~MqttPublisher() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

bool MqttPublisher::push(std::string_view topic, std::span<const std::byte> payload, bool retain,
                         std::uint64_t token) noexcept {
    const std::lock_guard lock(mutex_);
    if (!open_) return false;
    const auto slot = in_flight_.take(token);
    if (!slot) return false;
    if (outgoing_.push({topic, payload, *slot, retain})) return true;
    in_flight_.give_back(*slot);
    return false;
}

std::uint64_t MqttPublisher::answered(std::uint16_t slot) noexcept {
    const std::lock_guard lock(mutex_);
    --handed_;
    return in_flight_.give_back(slot);
}

void MqttPublisher::open(std::size_t window) noexcept {
    const std::lock_guard lock(mutex_);
    window_ = window;
    open_ = true;
}

void MqttPublisher::close() noexcept {
    {
        const std::lock_guard lock(mutex_);
        open_ = false;
    }
    idle_.notify_all();
}

void MqttPublisher::close_and_wait() noexcept {
    std::unique_lock lock(mutex_);
    open_ = false;
    idle_.wait(lock, [this] { return !sending_; });
}

void MqttPublisher::clear() noexcept {
    const std::lock_guard lock(mutex_);
    while (!outgoing_.empty()) outgoing_.pop();
    in_flight_.clear();
    handed_ = 0;
}

void MqttPublisher::wait_until_sent(std::chrono::steady_clock::time_point deadline) noexcept {
    std::unique_lock lock(mutex_);
    idle_.wait_until(lock, deadline, [this] { return !open_ || (!sending_ && outgoing_.empty()); });
}

void MqttPublisher::pump() noexcept {
    std::unique_lock lock(mutex_);
    while (can_send()) {
        sending_ = true;
        ++handed_;
        const MqttOutgoing::Entry entry = *outgoing_.front();
        lock.unlock();
        const bool sent = send_(entry);
        lock.lock();
        if (!sent) {
            --handed_;
            open_ = false;
            in_flight_.give_back(entry.slot);
        }
        outgoing_.pop();
        sending_ = false;
    }
    lock.unlock();
    idle_.notify_all();
}

void MqttPublisher::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return ending_ || can_send(); });
        if (ending_) return;
        lock.unlock();
        pump();
        lock.lock();
    }
}

}  // namespace redshank
