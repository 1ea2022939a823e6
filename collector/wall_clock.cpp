#include "collector/wall_clock.hpp"

#include <chrono>

namespace redshank {

std::int64_t wall_clock_ns() noexcept {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::duration<std::int64_t, std::nano>>(now).count();
}

}  // namespace redshank
