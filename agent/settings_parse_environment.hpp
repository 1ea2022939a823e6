#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace redshank {

// What the surroundings say about names and places. Empty: not said.
struct Environment {
    std::string host_name = {};
    bool root = false;
    std::uint32_t user = 0;
    std::string state_directory = {};    // $STATE_DIRECTORY, of systemd
    std::string runtime_directory = {};  // $RUNTIME_DIRECTORY
    std::string xdg_state_home = {};
    std::string xdg_runtime_dir = {};
    std::string home = {};
};

Environment environment_of_process();

// The host name with what a topic level cannot hold replaced by '-'; never empty.
std::string default_id(const Environment& environment);
std::filesystem::path default_state_dir(const Environment& environment);
std::filesystem::path default_runtime_dir(const Environment& environment);

}  // namespace redshank
