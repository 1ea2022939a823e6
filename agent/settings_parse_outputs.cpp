#include "agent/settings_parse_outputs.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "agent/settings_keys.hpp"

namespace redshank {

namespace {

std::string place_of(std::size_t index) {
    return "output#" + std::to_string(index);
}

// Keys that not every kind has.
struct KindKey {
    std::string_view name;
    std::string_view kinds;  // as a message names them
    bool command = false;
    bool syslog = false;
    bool gpio = false;
};
constexpr std::array<KindKey, 6> kind_keys{{{"queue", "command and syslog", true, true, false},
                                            {"command", "command", true, false, false},
                                            {"timeout", "command", true, false, false},
                                            {"chip", "gpio", false, false, true},
                                            {"line", "gpio", false, false, true},
                                            {"active_low", "gpio", false, false, true}}};

bool goes_with(const KindKey& key, OutputKind kind) {
    return kind == OutputKind::command ? key.command : kind == OutputKind::syslog ? key.syslog : key.gpio;
}

void check_rule_names(const Settings& settings, const OutputSettings& output, const std::string& where,
                      SettingsReport& report) {
    std::vector<std::string_view> names{"anomaly"};
    for (const RuleSettings& rule : settings.rules) names.emplace_back(rule.name);
    for (std::size_t i = 0; i < output.rules.size(); ++i) {
        const std::string& name = output.rules[i];
        if (std::find(names.begin(), names.end(), name) != names.end()) continue;
        const std::string_view nearest = nearest_word(name, names);
        report.error(where + ".rules#" + std::to_string(i),
                     "an element of rules is no [[rule]]: " + shown(name) +
                         (nearest.empty() ? "" : ": did you mean " + shown(nearest) + "?"));
    }
}

}  // namespace

void check_outputs(const Settings& settings, SettingsReport& report) {
    for (std::size_t i = 0; i < settings.outputs.size(); ++i) {
        const OutputSettings& output = settings.outputs[i];
        const std::string where = place_of(i);
        if (i == OutputSettings::outputs_most) {
            report.error(where,
                         "[[output]] may be there at most " + std::to_string(OutputSettings::outputs_most) + " times");
        }
        check_rule_names(settings, output, where, report);
        if (output.kind == OutputKind::unsaid) continue;  // reported already
        for (const KindKey& key : kind_keys) {
            const std::string name(key.name);
            if (report.has(where + "." + name) && !goes_with(key, output.kind)) {
                report.error(where + "." + name, name + " goes with kind " + std::string(key.kinds) + " only");
            }
        }
        if (output.kind == OutputKind::command && !report.has(where + ".command")) {
            report.error(where, "[[output]] of kind command needs the key \"command\"");
        }
        if (output.kind == OutputKind::gpio && !report.has(where + ".line")) {
            report.error(where, "[[output]] of kind gpio needs the key \"line\"");
        }
        if (output.kind == OutputKind::command && !output.command.empty() && !output.command.front().starts_with('/')) {
            report.error(where + ".command#0", "the first element of command must be an absolute path, not " +
                                                   shown(output.command.front()) + ": nothing looks it up");
        }
        if (output.kind == OutputKind::gpio && !output.chip.starts_with('/')) {
            report.error(where + ".chip", "chip must be an absolute path, not " + shown(output.chip));
        }
    }
}

void check_output_programs(const Settings& settings, SettingsReport& report) {
    for (std::size_t i = 0; i < settings.outputs.size(); ++i) {
        const OutputSettings& output = settings.outputs[i];
        if (output.kind != OutputKind::command || output.command.empty()) continue;
        const std::string& program = output.command.front();
        if (!program.starts_with('/')) continue;  // reported already
        struct stat info {};
        const bool found = stat(program.c_str(), &info) == 0;
        std::string why = found ? "" : std::generic_category().message(errno);
        if (found && !S_ISREG(info.st_mode)) {
            why = "it is not a file";
        } else if (found && access(program.c_str(), X_OK) != 0) {
            why = std::generic_category().message(errno);
        }
        if (why.empty()) continue;
        report.error(place_of(i) + ".command#0", "command cannot be run: " + shown(program) + ": " + why);
    }
}

}  // namespace redshank
