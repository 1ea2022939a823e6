#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/outputs.hpp"
#include "drivers/mqtt_client.hpp"
#include "model/text.hpp"

namespace redshank {

// Predictions to the local broker, one message each under <base>/prediction/<group>, not retained. At most once, and
// never in the way of alerts: few are under way at a time, a bounded ring waits behind them, and what finds no room
// there pushes out the oldest, counted.
//   Memory: acquired by the constructor. Thread: add under the pipeline's mutex; drain from any thread that does not
//   hold it, one drains at a time and nobody waits for another.
class PredictionPublisher {
public:
    static constexpr std::size_t waiting_max = 256;
    static constexpr std::size_t under_way_max = 64;
    static constexpr std::uint64_t token_bit = std::uint64_t{1}
                                               << 62;  // tells its tokens from those of alerts and models

    explicit PredictionPublisher(std::string base_topic);

    void attach(MqttClient* client) noexcept { client_.store(client); }
    void add(const PredictionEvent& event) noexcept;
    void connected() noexcept;
    void acknowledged(std::uint64_t token) noexcept;
    void drain() noexcept;

    std::uint64_t published() const noexcept;  // handed to the client
    std::uint64_t waiting() const noexcept;
    std::uint64_t dropped() const noexcept;

    struct Entry {
        ChannelName group;
        ChannelName target;
        bool has_share = false;
        bool has_actual = false;
        double predicted = 0;
        double actual = 0;
        float share = 0;
        std::int64_t time_ns = 0;
    };

private:
    bool publish(MqttClient& client, const Entry& entry, std::uint64_t token) noexcept;
    void drain_ring(MqttClient& client) noexcept;

    std::string base_topic_;
    std::atomic<MqttClient*> client_{nullptr};

    mutable std::mutex mutex_;
    Entry& at(std::uint64_t sequence) noexcept { return ring_[static_cast<std::size_t>(sequence % ring_.size())]; }

    std::vector<Entry> ring_;
    std::uint64_t begin_ = 0;  // oldest that waits, as a sequence number
    std::uint64_t end_ = 0;
    std::uint64_t published_ = 0;
    std::uint64_t dropped_ = 0;
    std::size_t under_way_ = 0;
    std::uint64_t connection_ = 0;  // whose tokens count
    std::atomic<bool> draining_{false};
    std::atomic<bool> wanted_{false};
};

// {"group","target","predicted","actual","share","t"}: actual where the row has one, share (of the class) for classes,
// t in ns. Empty when it does not fit.
std::string_view prediction_json(const PredictionPublisher::Entry& entry, std::span<char> room) noexcept;
inline constexpr std::size_t prediction_json_bytes_max = 256 + 12 * channel_name_bytes_max;

}  // namespace redshank
