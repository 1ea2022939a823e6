#pragma once

#include <mqtt/exception.h>
#include <mqtt/iclient_persistence.h>

#include <cstddef>
#include <functional>
#include <span>
#include <utility>

namespace redshank {

// Where QoS 2 messages are taken. Paho C 1.3.12 hands every PUBLISH at QoS 2 to the persistence as it came, before it
// sends PUBREC; to the application it comes without DUP, and under MQTT 3.1.1 at PUBREL only, so that one whose
// connection broke in between would be lost, for the broker then sends no PUBLISH again. Nothing is kept here: counted
// before PUBREC, a QoS 2 message is redelivered and told like one at QoS 1.
//   Thread: Paho's, under its lock.
class PahoArrivals final : public mqtt::iclient_persistence {
public:
    // The packet's first byte, and what follows its remaining length.
    using Take = std::function<void(std::byte first, std::span<const std::byte> body)>;

    explicit PahoArrivals(Take take) : take_(std::move(take)) {}

    void open(const std::string&, const std::string&) override {}
    void close() override {}
    void clear() override {}
    bool contains_key(const std::string&) override { return false; }
    mqtt::string_collection keys() const override { return {}; }
    std::string get(const std::string&) const override { return {}; }
    void remove(const std::string&) override {}
    void put(const std::string& key, const std::vector<mqtt::string_view>& parts) override {
        // Of a command that was kept ("c-N", "c5-N") Paho would forget the payload, and ask for it when it sends.
        if (key.starts_with('c')) throw mqtt::persistence_exception();
        // Received: "r-ID", "r5-ID".
        if (!key.starts_with('r') || parts.size() < 2 || parts[0].size() == 0) return;
        take_(static_cast<std::byte>(*parts[0].data()), std::as_bytes(std::span(parts[1].data(), parts[1].size())));
    }

private:
    Take take_;
};

}  // namespace redshank
