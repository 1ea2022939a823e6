#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/settings.hpp"
#include "drivers/mqtt_client.hpp"

namespace redshank {

// MQTT 5 subscription identifiers: one per topic filter, stored, never given to another filter, because messages that
// wait in the broker still carry the one they were queued under.
// Under MQTT 3.1.1, which has none, copies for overlapping filters cannot be told from messages of their own: a filter
// that another one covers is not subscribed to.
class SubscriptionTable {
public:
    // Where the table of a broker is kept; that of [mqtt] as it ever was.
    static std::string key_of(std::string_view broker);
    static std::optional<std::string> broker_of_key(std::string_view key);  // none: of something else

    void read(std::span<const std::byte> saved);
    std::vector<std::byte> write() const;

    // Where models come from, when any key is trusted.
    static std::string model_filter(const Settings& settings) { return settings.mqtt.base_topic + "/model/#"; }

    // Where commands on alerts come from, when they may come over MQTT.
    static std::string command_filter(const Settings& settings) { return settings.mqtt.base_topic + "/command/#"; }

    // Gives the filter of every source of that broker its identifier, and those of models and commands; filters that no
    // source has any more, or that are covered, are to be given up.
    void assign(const Settings& settings, std::size_t broker = 0);

    std::uint32_t identifier_of(const std::string& filter) const;  // 0: unknown
    // Those of models and commands, then in the order of the sources: of several identifiers on one copy the client
    // takes the first of these, and a message counts under the first source that matches.
    std::vector<MqttSubscription> wanted() const;
    std::vector<std::string> unwanted() const;

private:
    void leave_out_covered();

    static constexpr std::size_t unwanted_max = 64;  // older ones are forgotten: the broker's session ends some day too

    static constexpr std::size_t unwanted_place = SIZE_MAX;

    struct Entry {
        std::string filter;
        std::uint32_t identifier = 0;
        std::size_t place = unwanted_place;  // of its first source
        bool wanted() const { return place != unwanted_place; }
    };
    std::vector<Entry> entries_;
    std::uint32_t next_ = 1;
};

}  // namespace redshank
