#include <sys/resource.h>

#include <charconv>
#include <fstream>
#include <optional>
#include <string>

#include "agent/budget.hpp"
#include "agent/doctor_checks.hpp"
#include "agent/human_text.hpp"

namespace redshank {

namespace {

// Database, inbox, sockets of broker, uplink and control, and what libraries take beside.
constexpr std::uint64_t files_least = 128;

// A line of /proc/meminfo ("MemAvailable:  123 kB"), in bytes.
std::optional<std::uint64_t> memory_figure(const std::string& name) {
    std::ifstream file("/proc/meminfo");
    std::string word;
    std::string line;
    while (std::getline(file, line)) {
        if (!line.starts_with(name + ":")) continue;
        const std::size_t begin = line.find_first_of("0123456789");
        std::uint64_t kib = 0;
        if (begin == std::string::npos) return std::nullopt;
        std::from_chars(line.data() + begin, line.data() + line.size(), kib);
        return kib * 1024;
    }
    return std::nullopt;
}

DoctorCheck check_memory(const Settings& settings, bool agent_runs) {
    const std::uint64_t budget = sum_of(memory_budget(settings));
    const auto available = memory_figure("MemAvailable");
    const std::string action = "lower [limits], or free memory; `redshank check` shows what takes how much";
    if (!available) return passed("memory", "budget " + bytes_text(budget));
    if (agent_runs) {
        return passed("memory", "budget " + bytes_text(budget) + " is taken by the agent, " + bytes_text(*available) +
                                    " available beside it");
    }
    const std::string what = "budget " + bytes_text(budget) + ", " + bytes_text(*available) + " available";
    return *available < budget ? warned("memory", what, action) : passed("memory", what);
}

DoctorCheck check_files() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return passed("open files", "the kernel does not say");
    const std::string what =
        limit.rlim_cur == RLIM_INFINITY
            ? "no limit"
            : "at most " + count_text(static_cast<std::uint64_t>(limit.rlim_cur)) + " in this session";
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= files_least) return passed("open files", what);
    return warned("open files", what, "allow " + std::to_string(files_least) + " or more: ulimit -n, LimitNOFILE=");
}

}  // namespace

DoctorChecks check_limits(const Settings& settings, bool agent_runs) {
    return {check_memory(settings, agent_runs), check_files()};
}

}  // namespace redshank
