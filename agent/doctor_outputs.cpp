#include <fcntl.h>
#include <linux/gpio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "agent/doctor_checks.hpp"
#include "agent/output_thread.hpp"
#include "drivers/system_log.hpp"

namespace redshank {

namespace {

DoctorCheck check_command(const std::string& name, const OutputSettings& output) {
    const std::string program = output.command.empty() ? "" : output.command.front();
    struct stat about {};
    std::string why;
    if (stat(program.c_str(), &about) == 0 && !S_ISREG(about.st_mode)) {
        why = "it is not a file";
    } else if (access(program.c_str(), X_OK) != 0) {
        why = std::strerror(errno);
    }
    if (why.empty()) return passed(name, program + " can be run");
    return failed(name, program + ": " + why, "correct command, install the program, or chmod +x it");
}

DoctorCheck check_system_log(const std::string& name) {
    const SystemLog::Sockets sockets;
    for (const std::string& socket : {sockets.journal, sockets.syslog}) {
        if (access(socket.c_str(), F_OK) == 0) return passed(name, socket + " is there");
    }
    return warned(name, "neither " + sockets.journal + " nor " + sockets.syslog + " is there",
                  "start a system log, or remove this output");
}

// Opens the chip and takes no line: the agent may hold it.
DoctorCheck check_gpio(const std::string& name, const OutputSettings& output) {
    const int chip = open(output.chip.c_str(), O_RDWR | O_CLOEXEC);
    if (chip < 0) {
        return failed(name, output.chip + ": " + std::strerror(errno),
                      "correct chip, or let the agent's user open it (group gpio)");
    }
    gpiochip_info about{};
    const bool is_chip = ioctl(chip, GPIO_GET_CHIPINFO_IOCTL, &about) == 0;
    close(chip);
    if (!is_chip) return failed(name, output.chip + ": is no GPIO chip", "correct chip; `gpiodetect` lists them");
    if (output.line >= about.lines) {
        return failed(name, output.chip + ": has " + std::to_string(about.lines) + " lines, from 0",
                      "correct line; `gpioinfo` lists them");
    }
    return passed(name, output.chip + " opens and has line " + std::to_string(output.line));
}

}  // namespace

DoctorChecks check_output_ways(const Settings& settings) {
    DoctorChecks checks;
    for (const OutputSettings& output : settings.outputs) {
        const std::string name = "output " + name_of(output);
        if (output.kind == OutputKind::command) checks.push_back(check_command(name, output));
        if (output.kind == OutputKind::syslog) checks.push_back(check_system_log(name));
        if (output.kind == OutputKind::gpio) checks.push_back(check_gpio(name, output));
    }
    return checks;
}

}  // namespace redshank
