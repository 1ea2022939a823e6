#pragma once

#include "agent/settings_keys.hpp"

// The keys of a connection to a broker, for every table that has one.
namespace redshank::broker_keys {

inline BrokerSettings& of(KeyTarget& to) {
    return to.broker != nullptr ? *to.broker : to.settings.mqtt;
}

constexpr SettingsKey url(std::string_view table, std::string_view fallback) {
    return {table,
            "url",
            KeyType::text,
            1,
            512,
            {},
            fallback,
            "The broker: `mqtt://HOST` or `mqtt://HOST:PORT`.",
            [](KeyTarget& to, const KeyValue& value) { of(to).url = value.text; }};
}

constexpr SettingsKey version(std::string_view table) {
    return {table,
            "version",
            KeyType::version,
            3,
            5,
            {},
            "5",
            "Version of MQTT: 5, or 3 for 3.1.1, which knows no subscription identifiers: "
            "[mqtt-topics.md](mqtt-topics.md).",
            [](KeyTarget& to, const KeyValue& value) { of(to).version = static_cast<std::uint8_t>(value.whole); }};
}

constexpr SettingsKey qos(std::string_view table) {
    return {table,
            "qos",
            KeyType::whole,
            0,
            2,
            {},
            "1",
            "Quality of service of the subscriptions. At 0 a broken connection loses what was under way; 1 and 2 count "
            "each message once.",
            [](KeyTarget& to, const KeyValue& value) { of(to).qos = static_cast<std::uint8_t>(value.whole); }};
}

constexpr SettingsKey client_id(std::string_view table) {
    return {table,
            "client_id",
            KeyType::text,
            1,
            128,
            {},
            "(`redshank-<id>`)",
            "Client identifier: names the session that the broker keeps.",
            [](KeyTarget& to, const KeyValue& value) { of(to).client_id = value.text; }};
}

}  // namespace redshank::broker_keys
