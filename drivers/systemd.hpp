#pragma once

#include <string_view>

namespace redshank {

// sd_notify(3): "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=...". Nothing happens when systemd did not start us.
void notify_systemd(std::string_view state) noexcept;

}  // namespace redshank
