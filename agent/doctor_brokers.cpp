#include <string>

#include "agent/doctor_checks.hpp"
#include "agent/doctor_tls.hpp"
#include "drivers/mqtt_probe.hpp"
#include "drivers/tcp_connection.hpp"

namespace redshank {

std::vector<BrokerToCheck> brokers_to_check(const Settings& settings) {
    std::vector<BrokerToCheck> brokers;
    for (std::size_t i = 0; i < broker_count(settings); ++i) {
        const BrokerSettings& of = broker_at(settings, i);
        BrokerToCheck broker{.name = of.name, .client = {}};
        broker.client.host = of.host;
        broker.client.port = of.port;
        broker.client.version = of.version;
        broker.client.qos = of.qos;
        broker.client.tls = of.tls;
        broker.client.ca = of.ca;
        broker.client.cert = of.cert;
        broker.client.key = of.key;
        broker.client.username = of.username;
        broker.client.password_file = of.password_file;
        if (of.tls) broker.tls = TlsProbeSettings{of.host, of.ca, of.cert, of.key};
        broker.password_file = of.password_file;
        brokers.push_back(std::move(broker));
    }
    return brokers;
}

DoctorChecks check_broker(const BrokerToCheck& broker) {
    const MqttClientSettings& client = broker.client;
    const std::string where = client.host + ":" + std::to_string(client.port);
    const std::string check = "broker " + broker.name + ": ";
    DoctorChecks checks;
    const auto addresses = look_up(client.host, client.port, doctor_step_ns);
    if (!addresses) {
        checks.push_back(failed(check + "name", client.host + ": " + addresses.error(),
                                "correct the host in its url, or the name service of this machine"));
        return checks;
    }
    checks.push_back(passed(check + "name", client.host + " is known"));
    const auto connection = TcpConnection::open(*addresses, doctor_step_ns);
    if (!connection) {
        checks.push_back(failed(check + "TCP", connection.error(),
                                "start the broker, correct host and port in its url, or let a firewall pass it"));
        return checks;
    }
    checks.push_back(passed(check + "TCP", connection->address() + " accepts connections"));
    if (broker.tls) {
        checks.push_back(check_tls(check + "TLS", *connection, *broker.tls));
        if (checks.back().result == CheckResult::error) return checks;
    }
    if (const std::string why = why_not_accepted(client, doctor_step_ns); !why.empty()) {
        checks.push_back(failed(check + "login", where + ": " + why,
                                "see the broker's log: is it an MQTT broker, does it allow this user"));
        return checks;
    }
    checks.push_back(passed(check + "login", where + " accepts CONNECT"));
    return checks;
}

}  // namespace redshank
