#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agent/doctor_check.hpp"
#include "agent/settings.hpp"
#include "drivers/json_value.hpp"
#include "drivers/mqtt_client.hpp"
#include "drivers/tls_probe.hpp"

namespace redshank {

// The checks of `redshank doctor`, one function a thing, one file a subject (agent/doctor_*.cpp). Each waits for
// nobody longer than one of these for each of its steps.
inline constexpr std::int64_t doctor_step_ns = 3'000'000'000;

struct BrokerToCheck {
    std::string name;  // "mqtt" for that of [mqtt]
    MqttClientSettings client;
    std::optional<TlsProbeSettings> tls{};  // nothing: not encrypted
    std::filesystem::path password_file{};
};
std::vector<BrokerToCheck> brokers_to_check(const Settings& settings);

// Name, TCP, TLS where it is used, and CONNECT: each where the one before it went well.
DoctorChecks check_broker(const BrokerToCheck& broker);

// Address, TCP and handshake; nothing without an uplink.
DoctorChecks check_collector(const Settings& settings);

// The files of keys: there, whose they are, and that nobody else reads them.
DoctorChecks check_keys(const Settings& settings);
DoctorCheck check_secret_file(const std::string& name, const std::filesystem::path& file,
                              const std::filesystem::path& state_dir);
DoctorCheck check_readable_file(const std::string& name, const std::filesystem::path& file);

DoctorChecks check_state_directory(const Settings& settings);
DoctorChecks check_runtime_directory(const Settings& settings);

DoctorChecks check_clock();
DoctorChecks check_limits(const Settings& settings, bool agent_runs);
DoctorChecks check_output_ways(const Settings& settings);

// What the agent that runs says of itself: its status; nothing where none does.
struct AgentAnswer {
    DoctorChecks checks;
    std::optional<JsonValue> status;
};
AgentAnswer ask_agent(const Settings& settings);
DoctorChecks judge_status(const JsonValue& status);

}  // namespace redshank
