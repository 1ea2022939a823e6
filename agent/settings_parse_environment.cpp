#include "agent/settings_parse_environment.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string_view>

namespace redshank {

namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

// systemd separates several directories by colons; ours is the first.
std::filesystem::path first_of(const std::string& directories) {
    return directories.substr(0, directories.find(':'));
}

std::filesystem::path own_temporary(const Environment& environment) {
    return "/tmp/redshank-" + std::to_string(environment.user);
}

}  // namespace

Environment environment_of_process() {
    std::array<char, 256> host{};
    if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
    return {.host_name = host.data(),
            .root = geteuid() == 0,
            .user = geteuid(),
            .state_directory = variable("STATE_DIRECTORY"),
            .runtime_directory = variable("RUNTIME_DIRECTORY"),
            .xdg_state_home = variable("XDG_STATE_HOME"),
            .xdg_runtime_dir = variable("XDG_RUNTIME_DIR"),
            .home = variable("HOME")};
}

std::string default_id(const Environment& environment) {
    std::string id = environment.host_name.substr(0, 64);
    for (char& c : id) {
        const bool fits = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          std::string_view("-_.").find(c) != std::string_view::npos;
        if (!fits) c = '-';
    }
    return id.empty() ? "gateway" : id;
}

std::filesystem::path default_state_dir(const Environment& environment) {
    if (!environment.state_directory.empty()) return first_of(environment.state_directory);
    if (environment.root) return "/var/lib/redshank";
    if (!environment.xdg_state_home.empty()) return std::filesystem::path(environment.xdg_state_home) / "redshank";
    if (!environment.home.empty()) return std::filesystem::path(environment.home) / ".local/state/redshank";
    return own_temporary(environment) / "state";
}

std::filesystem::path default_runtime_dir(const Environment& environment) {
    if (!environment.runtime_directory.empty()) return first_of(environment.runtime_directory);
    if (environment.root) return "/run/redshank";
    if (!environment.xdg_runtime_dir.empty()) return std::filesystem::path(environment.xdg_runtime_dir) / "redshank";
    return own_temporary(environment);
}

}  // namespace redshank
