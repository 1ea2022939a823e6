#include "drivers/clock.hpp"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

namespace redshank {

namespace {

std::int64_t read_ns(clockid_t clock) noexcept {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

std::int64_t monotonic_ns() noexcept {
    return read_ns(CLOCK_BOOTTIME);
}

std::int64_t wall_ns() noexcept {
    return read_ns(CLOCK_REALTIME);
}

bool wall_plausible() noexcept {
    constexpr std::int64_t written_ns = 1'767'225'600'000'000'000;  // 2026-01-01
    return wall_ns() >= written_ns;
}

std::array<char, 36> kernel_boot_id() noexcept {
    std::array<char, 36> id{};
    const int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (file < 0) return id;
    if (read(file, id.data(), id.size()) != static_cast<ssize_t>(id.size())) id.fill('\0');
    close(file);
    return id;
}

}  // namespace redshank
