#include "agent/doctor.hpp"

#include <csignal>
#include <future>
#include <vector>

#include "agent/doctor_checks.hpp"
#include "agent/human_text.hpp"

namespace redshank {

namespace {

void append(DoctorChecks& to, DoctorChecks more) {
    to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

DoctorChecks examine(const Settings& settings) {
    std::signal(SIGPIPE, SIG_IGN);
    std::vector<std::future<DoctorChecks>> elsewhere;
    for (const BrokerToCheck& broker : brokers_to_check(settings)) {
        elsewhere.push_back(std::async(std::launch::async, [broker] { return check_broker(broker); }));
    }
    elsewhere.push_back(std::async(std::launch::async, [&settings] { return check_collector(settings); }));
    auto agent = std::async(std::launch::async, [&settings] { return ask_agent(settings); });

    DoctorChecks here = check_keys(settings);
    append(here, check_state_directory(settings));
    append(here, check_runtime_directory(settings));
    append(here, check_clock());
    append(here, check_output_ways(settings));
    AgentAnswer answer = agent.get();
    append(here, check_limits(settings, answer.status.has_value()));

    DoctorChecks checks;
    for (auto& each : elsewhere) append(checks, each.get());
    append(checks, std::move(here));
    append(checks, std::move(answer.checks));
    return checks;
}

DoctorCheck check_configuration(const Settings& settings, const std::string& file) {
    return passed("configuration", file + ": " + counted_text(settings.sources.size(), "source", "sources") + ", " +
                                       counted_text(settings.groups.size(), "group", "groups") + ", " +
                                       counted_text(settings.rules.size(), "rule", "rules"));
}

DoctorChecks check_configuration(const std::vector<SettingsError>& errors) {
    DoctorChecks checks;
    for (const SettingsError& error : errors) {
        checks.push_back(failed("configuration", error.text(), "correct it; docs/configuration.md has every key"));
    }
    return checks;
}

}  // namespace redshank
