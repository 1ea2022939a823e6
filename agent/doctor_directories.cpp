#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "agent/doctor_checks.hpp"
#include "agent/human_text.hpp"
#include "storage/inbox_log.hpp"

namespace redshank {

namespace {

// Where a directory is, or would be made.
struct Place {
    std::filesystem::path nearest;  // it, or the nearest one above it that is there
    bool there = false;
};

Place place_of(const std::filesystem::path& directory) {
    std::error_code error;
    Place place{std::filesystem::absolute(directory, error), true};
    while (!std::filesystem::exists(place.nearest, error) && place.nearest.has_relative_path()) {
        place.nearest = place.nearest.parent_path();
        place.there = false;
    }
    return place;
}

DoctorCheck check_writable(const std::string& name, const std::filesystem::path& directory, const Place& place) {
    struct stat about {};
    if (stat(place.nearest.c_str(), &about) != 0 || !S_ISDIR(about.st_mode)) {
        return failed(name, place.nearest.string() + ": is no directory", "correct its path");
    }
    if (faccessat(AT_FDCWD, place.nearest.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
        return failed(
            name,
            (place.there ? directory.string() : directory.string() + ": is not there, and " + place.nearest.string()) +
                ": " + std::strerror(errno),
            "make it and give it to the agent's user, or run this as that user");
    }
    return passed(name, directory.string() +
                            (place.there ? " can be written" : " is not there yet, the agent makes it at its start"));
}

bool is_in_memory(const std::filesystem::path& directory) {
    struct statfs about {};
    if (statfs(directory.c_str(), &about) != 0) return false;
    const auto type = static_cast<std::uint32_t>(about.f_type);  // an int on some boards
    return type == TMPFS_MAGIC || type == RAMFS_MAGIC;
}

std::uint64_t free_bytes(const std::filesystem::path& directory) {
    std::error_code error;
    const std::filesystem::space_info space = std::filesystem::space(directory, error);
    return error ? 0 : static_cast<std::uint64_t>(space.available);
}

// Of files that the agent has already.
std::uint64_t taken_bytes(const std::filesystem::path& directory, std::initializer_list<const char*> files) {
    std::uint64_t sum = 0;
    for (const char* const file : files) {
        std::error_code error;
        const std::uintmax_t bytes = std::filesystem::file_size(directory / file, error);
        if (!error) sum += static_cast<std::uint64_t>(bytes);
    }
    return sum;
}

std::string space_text(const std::filesystem::path& directory, std::uint64_t free, std::uint64_t needed) {
    return directory.string() + ": " + bytes_text(free) + " free, " + bytes_text(needed) + " needed";
}

}  // namespace

DoctorChecks check_state_directory(const Settings& settings) {
    const std::filesystem::path& directory = settings.agent.state_dir;
    const Place place = place_of(directory);
    DoctorChecks checks{check_writable("state directory", directory, place)};
    const std::uint64_t taken = taken_bytes(directory, {"redshank.db", "redshank.db-wal", "redshank.db-shm"});
    const std::uint64_t needed = settings.storage.bytes_max - std::min(settings.storage.bytes_max, taken);
    const std::uint64_t free = free_bytes(place.nearest);
    const std::string space = space_text(directory, free, needed);
    checks.push_back(free < needed ? warned("state directory: space", space,
                                            "make room, or lower storage.max_bytes: a full disk ends what is durable")
                                   : passed("state directory: space", space));
    if (is_in_memory(place.nearest)) {
        checks.push_back(warned("state directory: file system", directory.string() + " is in memory (tmpfs)",
                                "put agent.state_dir on a disk: a power cut takes all that is buffered or learned"));
    } else {
        checks.push_back(passed("state directory: file system", "not in memory"));
    }
    return checks;
}

DoctorChecks check_runtime_directory(const Settings& settings) {
    const std::filesystem::path& directory = settings.agent.runtime_dir;
    const Place place = place_of(directory);
    DoctorChecks checks{check_writable("runtime directory", directory, place)};
    const std::uint64_t inbox = settings.capacities.inbox_bytes + InboxLog::configuration_bytes_max;
    const std::uint64_t needed = inbox - std::min(inbox, taken_bytes(directory, {"inbox"}));
    const std::uint64_t free = free_bytes(place.nearest);
    const std::string space = space_text(directory, free, needed);
    checks.push_back(free < needed ? failed("runtime directory: space", space,
                                            "make room, enlarge the file system, or lower limits.inbox")
                                   : passed("runtime directory: space", space));
    if (is_in_memory(place.nearest)) {
        checks.push_back(passed("runtime directory: file system", "in memory (tmpfs)"));
    } else {
        checks.push_back(warned("runtime directory: file system", directory.string() + " is not in memory",
                                "put agent.runtime_dir on a tmpfs, as /run is: else every message is written to the "
                                "disk"));
    }
    return checks;
}

}  // namespace redshank
