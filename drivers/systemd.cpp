#include "drivers/systemd.hpp"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace redshank {

void notify_systemd(std::string_view state) noexcept {
    std::array<char, 512> text{};  // sd_notify wants a terminator; longer states are cut
    std::memcpy(text.data(), state.data(), std::min(state.size(), text.size() - 1));
    sd_notify(0, text.data());
}

}  // namespace redshank
