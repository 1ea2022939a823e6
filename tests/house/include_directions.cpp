#include "tests/house/include_directions.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <regex>
#include <string_view>

namespace redshank::test {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string_view>;

struct Folder {
    std::string_view name;
    Names may_include;
};

// A folder inside another stands before it.
const std::array<Folder, 7> folders{{
    {"storage/sqlite", {"storage/sqlite", "model"}},
    {"drivers/uplink", {"drivers/uplink", "model"}},
    {"model", {"model"}},
    {"storage", {"storage", "storage/sqlite", "model"}},
    {"drivers", {"drivers", "model"}},
    {"agent", {"agent", "drivers", "drivers/uplink", "storage", "storage/sqlite", "model"}},
    {"collector", {"collector", "drivers/uplink", "storage/sqlite", "model"}},
}};

struct ThirdParty {
    std::string_view header;  // expression for the whole name
    Names folders;
};

const std::array<ThirdParty, 13> third_parties{{
    {"Eigen/.*|unsupported/Eigen/.*", {"model"}},
    {"tl/expected\\.hpp", {"model", "storage", "storage/sqlite", "drivers", "drivers/uplink", "agent", "collector"}},
    {"sqlite3\\.h", {"storage/sqlite"}},
    {"mqtt/.*|MQTT.*\\.h", {"drivers"}},
    {"openssl/.*", {"drivers"}},  // says why TLS fails and when a certificate ends, which Paho does not
    {"simdjson\\.h", {"drivers"}},
    {"systemd/.*", {"drivers"}},
    {"gpiod\\.h", {"drivers"}},
    {"zmq\\.h(pp)?|zmq_.*", {"drivers/uplink"}},
    {"pb(_.*)?\\.h|.*\\.pb\\.h", {"drivers/uplink"}},
    {"sodium\\.h|sodium/.*", {"drivers", "drivers/uplink"}},
    {"toml\\+\\+/.*|toml\\.hpp", {"agent"}},
    {"CLI/.*|spdlog/.*|fmt/.*", {"agent", "collector"}},
}};

// Of the operating system: anywhere but in model/, which is pure.
constexpr std::string_view system_header =
    "(sys|arpa|linux|net|netinet)/"
    ".*|[a-z0-9_]*(unistd|fcntl|poll|signal|time|errno|stdlib|string|stdio|limits|malloc|pthread|"
    "sched|termios|dirent|netdb|pwd|locale|getopt|spawn|grp|semaphore|mqueue|glob|ifaddrs|sysexits|syslog)\\.h";
// Of the standard library, yet with a door to the world, to a clock or to chance.
constexpr std::string_view impure_header =
    "fstream|iostream|filesystem|chrono|thread|mutex|shared_mutex|condition_variable|future|random|regex|locale|cstdio|"
    "ctime|"
    "csignal|syncstream";

bool matches(std::string_view name, std::string_view expression) {
    return std::regex_match(name.begin(), name.end(), std::regex(expression.begin(), expression.end()));
}

bool contains(const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

const Folder* folder_of(std::string_view path) {
    const auto found = std::find_if(folders.begin(), folders.end(), [path](const Folder& folder) {
        return path.size() > folder.name.size() && path.starts_with(folder.name) && path[folder.name.size()] == '/';
    });
    return found == folders.end() ? nullptr : &*found;
}

// What is wrong with `header` in `folder`; empty when nothing is.
std::string offence(const Folder& folder, const std::string& header, bool quoted) {
    const std::string in = std::string(folder.name) + "/ may not include ";
    for (const ThirdParty& party : third_parties)
        if (matches(header, party.header)) return contains(party.folders, folder.name) ? "" : in + header;
    if (quoted) {
        const Folder* target = folder_of(header);
        if (target == nullptr) return header + " is in no folder of the house (write the path from the top)";
        return contains(folder.may_include, target->name) ? "" : in + header;
    }
    if (matches(header, system_header)) return folder.name == "model" ? in + header + ": it is pure" : "";
    if (header.find_first_of("./") != std::string::npos) return header + " is in no list of the house's headers";
    if (folder.name == "model" && matches(header, impure_header)) return in + header + ": it is pure";
    return "";
}

void read(const fs::path& root, const fs::path& file, std::vector<std::string>& found) {
    static const std::regex include_line(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"].*)");
    const std::string path = file.lexically_relative(root).generic_string();
    const Folder* folder = folder_of(path);
    if (folder == nullptr) return;
    std::ifstream text(file);
    std::string line;
    for (int number = 1; std::getline(text, line); ++number) {
        std::smatch parts;
        if (!std::regex_match(line, parts, include_line)) continue;
        const std::string wrong = offence(*folder, parts[2], parts[1] == "\"");
        if (!wrong.empty()) found.push_back(path + ":" + std::to_string(number) + ": " + wrong);
    }
}

}  // namespace

std::vector<std::string> include_offences(const fs::path& root) {
    std::vector<fs::path> files;
    for (const std::string_view top : {"model", "storage", "drivers", "agent", "collector"}) {
        if (!fs::exists(root / top)) continue;
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / top)) {
            const std::string extension = entry.path().extension().string();
            if (extension == ".hpp" || extension == ".cpp" || extension == ".h" || extension == ".c")
                files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    std::vector<std::string> found;
    for (const fs::path& file : files) read(root, file, found);
    return found;
}

std::vector<std::string> strangers(const fs::path& root) {
    static const Names allowed{".ci",          ".clang-format",  ".clang-tidy",       ".git",    ".gitignore",
                               "CHANGELOG.md", "CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md",
                               "agent",        "build",          "collector",         "docs",    "drivers",
                               "model",        "script",         "storage",           "tests",   "toolchains"};
    std::vector<std::string> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(root)) {
        const std::string name = entry.path().filename().string();
        if (!contains(allowed, name)) found.push_back(name);
    }
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace redshank::test
