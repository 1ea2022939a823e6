#include <sys/timex.h>

#include "agent/doctor_checks.hpp"
#include "drivers/clock.hpp"

namespace redshank {

DoctorChecks check_clock() {
    const std::string hint = "start an NTP client (systemd-timesyncd, chrony); `timedatectl` shows what it does";
    DoctorChecks checks;
    if (!wall_plausible()) {
        return {failed("clock", "it is earlier than this program was written", "set it: " + hint)};
    }
    timex clock{};  // modes 0: asks only
    const int state = adjtimex(&clock);
    if (state < 0) return {passed("clock", "plausible; the kernel does not say whether it is synchronised")};
    if (state == TIME_ERROR || (clock.status & STA_UNSYNC) != 0) {
        return {warned("clock", "plausible, but nothing keeps it synchronised", hint)};
    }
    return {passed("clock", "synchronised")};
}

}  // namespace redshank
