#include "agent/alert_commands.hpp"

#include <cstdio>

#include "agent/alert_desk.hpp"
#include "agent/command_line.hpp"
#include "agent/control_client.hpp"
#include "agent/settings_parse_units.hpp"

namespace redshank {

namespace {

constexpr std::int64_t answered_within_ns = 30'000'000'000;

std::string check_name(const std::string& text) {
    if (text.size() > channel_name_bytes_max) return "no name is that long";
    return text.find_first_of("\n\t") == std::string::npos ? ""
                                                           : "a name with a tab or a line's end cannot be given here";
}

std::string check_duration(const std::string& text) {
    const Outcome<std::int64_t> duration = parse_duration(text);
    if (!duration) return text + " " + duration.error();
    return *duration > 0 && *duration <= AlertCommand::for_most_ns ? ""
                                                                   : text + " must be more than 0s, and at most 3650d";
}

}  // namespace

CLI::App* AlertCommands::command(CLI::App& app, const std::string& name, const std::string& meaning) {
    CLI::App* made = app.add_subcommand(name, meaning);
    made->add_option("--config", configuration_, "Configuration, TOML")->type_name("FILE");
    return made;
}

CLI::App* AlertCommands::of_alerts(CLI::App& app, const std::string& name, const std::string& meaning) {
    CLI::App* made = command(app, name, meaning);
    made->add_option("--rule", rule_, "Name of a rule; else every rule")->check(CLI::Validator(check_name, ""));
    made->add_option("--channel", channel_, "Channel or group, with + and # as in topics; else all")
        ->check(CLI::Validator(check_name, ""));
    return made;
}

AlertCommands::AlertCommands(CLI::App& app, std::string& configuration) : configuration_(configuration) {
    silence_ = of_alerts(app, "silence", "Let alerts not fire for a time");
    CLI::Option* duration = silence_->add_option("--for", duration_, "How long");
    duration->type_name("DURATION")->check(CLI::Validator(check_duration, ""));
    silence_->add_flag("--end", end_, "End the silence of this rule and channel")->excludes(duration);
    acknowledge_ = of_alerts(app, "ack", "Say that you know of what fires");
    maintenance_ = command(app, "maintenance", "Work on the machine: nothing fires and nothing is learned");
    maintenance_->add_option("MODE", mode_, "on or off")->required()->check(CLI::IsMember({"on", "off"}));
    maintenance_->add_option("--for", duration_, "How long it is on; else until it is off")
        ->type_name("DURATION")
        ->check(CLI::Validator(check_duration, ""));
}

int AlertCommands::run(const Settings& settings) const {
    using Action = AlertCommand::Action;
    AlertCommand command{.action = Action::acknowledge, .rule = rule_, .channel = channel_};
    command.for_ns = parse_duration(duration_).value_or(0);
    if (silence_->parsed()) command.action = end_ ? Action::unsilence : Action::silence;
    if (maintenance_->parsed()) command.action = mode_ == "on" ? Action::maintenance_on : Action::maintenance_off;
    if (silence_->parsed() && !end_ && command.for_ns == 0) {
        std::fputs("redshank: silence needs --for DURATION or --end\n", stderr);
        return exit_code::usage;
    }
    const Outcome<ControlAnswer> answer =
        ask(settings.agent.runtime_dir / "control", alert_request(command), answered_within_ns);
    if (answer && answer->ok) {
        std::fputs(answer->body.c_str(), stdout);
        return exit_code::ok;
    }
    std::fputs(("redshank: " + (answer ? answer->body : answer.error()) + "\n").c_str(), stderr);
    return exit_code::failed;
}

}  // namespace redshank
