#include "agent/settings_parse_brokers.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "agent/key_files.hpp"
#include "agent/settings_keys.hpp"
#include "agent/settings_parse_units.hpp"
#include "drivers/password_file.hpp"

namespace redshank {

namespace {

constexpr std::size_t certificates_bytes_max = 4 << 20;

std::string place_of(std::size_t broker) {
    return broker == 0 ? "mqtt" : "broker#" + std::to_string(broker - 1);
}

void check_name(const Settings& settings, std::size_t broker, SettingsReport& report) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const std::string& name = settings.brokers[broker - 1].name;
    const std::string where = place_of(broker) + ".name";
    if (name.find_first_not_of(letters) != std::string::npos) {
        report.error(where,
                     "name must be made of letters, digits, '_' and '-': it is the first level of channel names");
    }
    if (name == settings.mqtt.name) report.error(where, "name is that of [mqtt]");
    for (std::size_t other = 1; other < broker; ++other) {
        if (name.empty() || settings.brokers[other - 1].name != name) continue;
        report.error(where, "name is that of another [[broker]]: " + shown(name));
        break;
    }
}

void check_connection(BrokerSettings& broker, const std::string& where, SettingsReport& report) {
    if (const Outcome<BrokerAddress> address = parse_broker_url(broker.url)) {
        broker.host = address->host;
        broker.port = address->port;
        broker.tls = address->tls;
    } else if (where == "mqtt" || report.has(where + ".url")) {
        broker.host.clear();
        report.error(where + ".url", "url " + address.error());
        return;
    }
    for (const char* key : {"ca", "cert", "key"}) {
        if (broker.tls || !report.has(where + "." + key)) continue;
        report.error(where + "." + key, std::string(key) + " goes with mqtts:// only");
    }
    if (broker.cert.empty() != broker.key.empty()) {
        const bool cert = broker.key.empty();
        report.error(where + (cert ? ".cert" : ".key"), cert ? "cert needs its key" : "key needs its cert");
    }
    if (!broker.password_file.empty() && broker.username.empty()) {
        report.error(where + ".password_file", "password_file needs a username");
    }
}

bool same_session(const BrokerSettings& a, const BrokerSettings& b) {
    return !a.host.empty() && a.host == b.host && a.port == b.port && a.client_id == b.client_id;
}

void check_source(const Settings& settings, SourceSettings& source, const std::string& where, SettingsReport& report) {
    std::vector<std::string_view> names;
    for (std::size_t broker = 0; broker < broker_count(settings); ++broker) {
        names.push_back(broker_at(settings, broker).name);
    }
    const auto named = std::find(names.begin(), names.end(), source.broker);
    if (named == names.end()) {
        const std::string_view nearest = nearest_word(source.broker, names);
        return report.error(where + ".broker", "broker " + shown(source.broker) + " is no [[broker]]" +
                                                   (nearest.empty() ? "" : ": did you mean " + shown(nearest) + "?"));
    }
    source.broker_index = static_cast<std::uint8_t>(named - names.begin());
    if (source.broker_index != 0) return;
    const std::string_view first = std::string_view(source.topic).substr(0, source.topic.find('/'));
    if (std::find(names.begin() + 1, names.end(), first) != names.end()) {
        report.error(where + ".topic", "topic begins with " + shown(first) +
                                           ", the name of a [[broker]], whose channels are called so: name one of both "
                                           "otherwise");
    }
}

std::string trouble_with(const std::filesystem::path& file, bool is_key) {
    struct stat info {};
    if (::stat(file.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) return file.string() + ": is not a file";
    auto bytes = read_file(file, certificates_bytes_max);
    if (!bytes) return bytes.error();
    if (is_key && (info.st_mode & S_IROTH) != 0) return file.string() + ": is open to everyone: chmod o-r";
    const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    const bool pem = text.find("-----BEGIN ") != std::string_view::npos;
    const bool encrypted = is_key && text.find("ENCRYPTED") != std::string_view::npos;
    explicit_bzero(bytes->data(), bytes->size());
    if (!pem) return file.string() + ": is no PEM file";
    if (encrypted) {
        return file.string() + ": is encrypted, and nobody is there to type its password";
    }
    return "";
}

}  // namespace

void check_brokers(Settings& settings, SettingsReport& report) {
    if (settings.brokers.size() > brokers_max - 1) {
        report.error(place_of(brokers_max),
                     "[[broker]] is there too often: at most " + std::to_string(brokers_max - 1) + " beside [mqtt]");
        settings.brokers.resize(brokers_max - 1);
    }
    for (std::size_t broker = 0; broker < broker_count(settings); ++broker) {
        if (broker > 0) check_name(settings, broker, report);
        BrokerSettings& connection = broker == 0 ? settings.mqtt : settings.brokers[broker - 1];
        check_connection(connection, place_of(broker), report);
        for (std::size_t other = 0; other < broker; ++other) {
            if (!report.has(place_of(broker) + ".url") || !same_session(broker_at(settings, other), connection))
                continue;
            report.error(place_of(broker) + ".url", "url and client_id are those of " +
                                                        broker_at(settings, other).name +
                                                        ": each would end the other's connection");
            break;
        }
    }
    for (std::size_t source = 0; source < settings.sources.size(); ++source) {
        check_source(settings, settings.sources[source], "source#" + std::to_string(source), report);
    }
}

void check_broker_files(const Settings& settings, SettingsReport& report) {
    for (std::size_t broker = 0; broker < broker_count(settings); ++broker) {
        const BrokerSettings& of = broker_at(settings, broker);
        const auto check = [&](const char* key, const std::filesystem::path& file) {
            if (file.empty()) return;
            const std::string trouble = trouble_with(file, std::string_view(key) == "key");
            if (!trouble.empty()) report.error(place_of(broker) + "." + key, key + (" " + trouble));
        };
        check("ca", of.ca);
        check("cert", of.cert);
        check("key", of.key);
        if (of.password_file.empty()) continue;
        if (const auto password = read_password(of.password_file); !password) {
            report.error(place_of(broker) + ".password_file", "password_file " + password.error());
        }
    }
}

}  // namespace redshank
