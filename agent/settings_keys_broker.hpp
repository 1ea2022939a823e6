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
            "The broker: `mqtt://HOST[:1883]`, or `mqtts://HOST[:8883]` with TLS.",
            [](KeyTarget& to, const KeyValue& value) { of(to).url = value.text; }};
}

constexpr SettingsKey version(std::string_view table) {
    return {table,
            "version",
            KeyType::version,
            0,
            0,
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

constexpr SettingsKey username(std::string_view table) {
    return {table,
            "username",
            KeyType::text,
            1,
            1024,
            {},
            "(none)",
            "User name at the broker.",
            [](KeyTarget& to, const KeyValue& value) { of(to).username = value.text; }};
}

constexpr SettingsKey password_file(std::string_view table) {
    return {table,
            "password_file",
            KeyType::text,
            1,
            4095,
            {},
            "(none)",
            "File whose first line is the password; nobody but its owner may read it (mode 0600). Read anew for every "
            "connection.",
            [](KeyTarget& to, const KeyValue& value) { of(to).password_file = value.text; }};
}

constexpr SettingsKey ca(std::string_view table) {
    return {table,
            "ca",
            KeyType::text,
            1,
            4095,
            {},
            "(`/etc/ssl/certs`)",
            "File of certificates of the authorities that may vouch for the broker, PEM. With `mqtts://`; the name in "
            "the certificate is verified always.",
            [](KeyTarget& to, const KeyValue& value) { of(to).ca = value.text; }};
}

constexpr SettingsKey cert(std::string_view table) {
    return {table,
            "cert",
            KeyType::text,
            1,
            4095,
            {},
            "(none)",
            "Certificate of this client with its chain, PEM.",
            [](KeyTarget& to, const KeyValue& value) { of(to).cert = value.text; }};
}

constexpr SettingsKey key(std::string_view table) {
    return {table,
            "key",
            KeyType::text,
            1,
            4095,
            {},
            "(none)",
            "Key of `cert`, PEM, not encrypted, not open to everyone.",
            [](KeyTarget& to, const KeyValue& value) { of(to).key = value.text; }};
}

}  // namespace redshank::broker_keys
