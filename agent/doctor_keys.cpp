#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "agent/doctor_checks.hpp"
#include "drivers/uplink/curve_key.hpp"
#include "drivers/uplink/curve_key_file.hpp"

namespace redshank {

namespace {

constexpr mode_t anybody_else = S_IRWXG | S_IRWXO;

std::string mode_text(mode_t mode) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777U));
    return text.data();
}

// Whoever runs the agent: he who has the state directory, or else who runs this.
uid_t user_of_agent(const std::filesystem::path& state_dir) {
    struct stat about {};
    return stat(state_dir.c_str(), &about) == 0 ? about.st_uid : geteuid();
}

}  // namespace

DoctorCheck check_secret_file(const std::string& name, const std::filesystem::path& file,
                              const std::filesystem::path& state_dir) {
    struct stat about {};
    if (stat(file.c_str(), &about) != 0) {
        return failed(name, file.string() + ": " + std::strerror(errno), "correct its path, or make the file");
    }
    if (!S_ISREG(about.st_mode)) return failed(name, file.string() + ": is no file", "correct its path");
    if ((about.st_mode & anybody_else) != 0) {
        return failed(name, file.string() + ": has mode " + mode_text(about.st_mode),
                      "chmod 600 " + file.string() + ": others than its owner may use it");
    }
    const std::string owner =
        file.string() + ": mode " + mode_text(about.st_mode) + ", of user " + std::to_string(about.st_uid);
    const uid_t agent = user_of_agent(state_dir);
    if (about.st_uid != agent && agent != 0) {
        return warned(name, owner + ", and the agent is of user " + std::to_string(agent),
                      "chown " + std::to_string(agent) + " " + file.string());
    }
    return passed(name, owner);
}

DoctorCheck check_readable_file(const std::string& name, const std::filesystem::path& file) {
    if (access(file.c_str(), R_OK) == 0) return passed(name, file.string() + " can be read");
    return failed(name, file.string() + ": " + std::strerror(errno),
                  "correct its path, or run this as the agent's user");
}

namespace {

// A group may read it: that is how a key is shared between services.
DoctorCheck check_tls_key(const std::string& name, const std::filesystem::path& file) {
    struct stat about {};
    if (stat(file.c_str(), &about) == 0 && (about.st_mode & S_IROTH) != 0) {
        return failed(name, file.string() + ": has mode " + mode_text(about.st_mode),
                      "chmod o-r " + file.string() + ": everyone may read it");
    }
    return check_readable_file(name, file);
}

DoctorCheck check_uplink_key(const Settings& settings) {
    const Settings::Uplink& uplink = settings.uplink;
    DoctorCheck check = check_secret_file("key of the uplink", uplink.key_file, settings.agent.state_dir);
    if (check.result == CheckResult::error) return check;
    const auto secret = wire::read_curve_secret_key(uplink.key_file);
    if (!secret) {
        return failed(check.name, uplink.key_file.string() + ": " + secret.error(),
                      "make a pair with `redshank keygen FILE`, or run this as the agent's user");
    }
    if (wire::parse_curve_public_key(uplink.server_key) == secret->public_key()) {
        return failed(check.name, "server_key is this agent's own public key",
                      "put the collector's public key there, and this one into the collector's allow file");
    }
    return check;
}

}  // namespace

DoctorChecks check_keys(const Settings& settings) {
    DoctorChecks checks;
    const std::filesystem::path& state_dir = settings.agent.state_dir;
    for (const BrokerToCheck& broker : brokers_to_check(settings)) {
        const std::string of = " of broker " + broker.name;
        if (!broker.password_file.empty()) {
            checks.push_back(check_secret_file("password file" + of, broker.password_file, state_dir));
        }
        if (!broker.tls) continue;
        if (!broker.tls->key.empty()) checks.push_back(check_tls_key("key" + of, broker.tls->key));
        if (!broker.tls->ca.empty()) checks.push_back(check_readable_file("ca" + of, broker.tls->ca));
        if (!broker.tls->cert.empty()) checks.push_back(check_readable_file("cert" + of, broker.tls->cert));
    }
    if (!settings.uplink.key_file.empty()) checks.push_back(check_uplink_key(settings));
    return checks;
}

}  // namespace redshank
