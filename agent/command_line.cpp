#include "agent/command_line.hpp"

#include <fmt/core.h>
#include <spdlog/version.h>
#include <toml++/toml.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "agent/alert_commands.hpp"
#include "agent/check.hpp"
#include "agent/control_client.hpp"
#include "agent/doctor.hpp"
#include "agent/json_writer.hpp"
#include "agent/model_commands.hpp"
#include "agent/record_command.hpp"
#include "agent/settings_keys_page.hpp"
#include "agent/settings_parse.hpp"
#include "agent/settings_parse_units.hpp"
#include "agent/status_report.hpp"
#include "drivers/topic.hpp"

namespace redshank {

namespace {

constexpr std::int64_t status_timeout_ns = 10'000'000'000;
constexpr std::int64_t grace_ns = 10'000'000'000;  // beyond the time that the agent was given

void print(std::FILE* to, std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), to);
    std::fflush(to);
}

void complain(const std::string& text) {
    print(stderr, "redshank: " + text + "\n");
}

// What is on the command line, all commands together.
struct Arguments {
    std::string configuration;
    bool json = false;
    std::string broker;
    std::vector<std::string> topics;
    bool keys_markdown = false;
    std::string timeout = "30s";
    std::vector<std::string> inputs;
    std::string out;
    std::string format = "wide";
    std::vector<std::string> fields;
    std::string time_column;
    bool one_stream = false;
};

std::string check_broker(const std::string& url) {
    const Outcome<BrokerAddress> address = parse_broker_url(url);
    return address ? "" : url + " " + address.error();
}

std::string check_topic(const std::string& topic) {
    const Outcome<TopicPattern> pattern = TopicPattern::parse(topic);
    return pattern ? "" : topic + " cannot be read: " + pattern.error();
}

std::string check_timeout(const std::string& text) {
    const Outcome<std::int64_t> timeout = parse_duration(text);
    return timeout ? "" : text + " " + timeout.error();
}

class Program {
public:
    Program(int argc, char** argv, const EntryPoints& entry_points)
        : argv_(argv, static_cast<std::size_t>(argc)), entry_points_(entry_points) {
        app_.require_subcommand(1);
        app_.set_help_all_flag("--help-all", "Help of every command");
        declare_run();
        declare_check();
        declare_replay();
        declare_status();
        declare_doctor();
        declare_flush();
        declare_version();
    }

    int main() {
        try {
            app_.parse(static_cast<int>(argv_.size()), argv_.data());
        } catch (const CLI::ParseError& error) {
            return app_.exit(error) == 0 ? exit_code::ok : exit_code::usage;
        }
        if (run_->parsed()) return run();
        if (check_->parsed()) return check();
        if (replay_->parsed()) return replay();
        if (record_.parsed()) return record();
        if (status_->parsed()) return status();
        if (doctor_->parsed()) return doctor();
        if (flush_->parsed()) return flush();
        if (models_.keygen_parsed()) return models_.keygen();
        if (models_.model_parsed()) return model();
        if (alerts_.parsed()) return alerts();
        return version();
    }

private:
    CLI::App* command(const std::string& name, const std::string& meaning, bool figures) {
        CLI::App* made = app_.add_subcommand(name, meaning);
        made->add_option("--config", arguments_.configuration, "Configuration, TOML")->type_name("FILE");
        if (figures) made->add_flag("--json", arguments_.json, "Print figures as one JSON object");
        return made;
    }

    void add_overrides(CLI::App* to) {
        to->add_option("--broker", arguments_.broker, "Broker, in place of mqtt.url")
            ->type_name("mqtt[s]://HOST[:PORT]")
            ->check(CLI::Validator(check_broker, ""));
        to->add_option("--topic", arguments_.topics, "Topics beside those of the configuration, read as JSON")
            ->type_name("FILTER")
            ->check(CLI::Validator(check_topic, ""));
    }

    void declare_run() {
        run_ = command("run", "Run the agent", false);
        add_overrides(run_);
    }

    void declare_check() {
        check_ = command("check", "Check a configuration and print what it costs", true);
        check_->add_option("FILE", arguments_.configuration, "The same as --config FILE")->excludes("--config");
        add_overrides(check_);
        check_->add_flag("--keys-markdown", arguments_.keys_markdown, "Print docs/configuration.md")->group("");
    }

    void declare_replay() {
        replay_ = command("replay", "Run recorded data through the same pipeline", true);
        replay_->add_option("--input", arguments_.inputs, "Recorded data")->type_name("FILE")->required();
        replay_->add_option("--out", arguments_.out, "Directory for results; made, old results replaced")
            ->type_name("DIR")
            ->required();
        replay_->add_option("--format", arguments_.format, "What the input is: wide or mqtt")
            ->check(CLI::IsMember({"wide", "mqtt"}));
        replay_->add_option("--fields", arguments_.fields, "Columns of a wide file, a,b,c; else every numeric one")
            ->delimiter(',');
        replay_->add_option("--time", arguments_.time_column,
                            "Column with the time, or none: a row is a second; else the first");
        replay_->add_flag("--continue", arguments_.one_stream, "All inputs go on under the first one's name");
    }

    void declare_status() { status_ = command("status", "Ask the running agent how it is", true); }

    void declare_doctor() {
        doctor_ = command("doctor", "Look for what keeps the agent from its work, and say what to do", true);
        add_overrides(doctor_);
    }

    void declare_flush() {
        flush_ = command("flush", "Close open windows and wait until the collector has everything", true);
        flush_->add_option("--timeout", arguments_.timeout, "How long to wait")
            ->type_name("DURATION")
            ->capture_default_str()
            ->check(CLI::Validator(check_timeout, ""));
    }

    void declare_version() { version_ = command("version", "Print the version", true); }

    // The file that --config names, or the one at its usual place. A replay says all it needs.
    std::optional<std::filesystem::path> configuration_file() const {
        if (!arguments_.configuration.empty()) return arguments_.configuration;
        std::error_code ignored;
        const bool usual = !replay_->parsed() && std::filesystem::exists(entry_points_.default_configuration, ignored);
        return usual ? std::optional(entry_points_.default_configuration) : std::nullopt;
    }

    ParsedSettings parsed_settings() const {
        SettingsExtras extras;
        extras.broker_url = arguments_.broker;
        extras.topics = arguments_.topics;
        extras.source_needed = !replay_->parsed();
        extras.key_files = run_->parsed() || check_->parsed();
        extras.files = run_->parsed() || check_->parsed();
        const std::optional<std::filesystem::path> file = configuration_file();
        return file ? load_settings(*file, extras) : parse_settings("", "defaults", extras);
    }

    // Nothing: every error has been printed.
    std::optional<Settings> settings() const {
        ParsedSettings parsed = parsed_settings();
        if (parsed) return std::move(*parsed);
        for (const SettingsError& error : parsed.error()) print(stderr, error.text() + "\n");
        return std::nullopt;
    }

    int run() const {
        const std::optional<Settings> settings = this->settings();
        if (!settings) return exit_code::bad_configuration;
        RunOptions options;
        options.arguments.assign(argv_.begin(), argv_.end());
        options.configuration_file = configuration_file();
        return entry_points_.run(*settings, options);
    }

    int replay() const {
        const std::optional<Settings> settings = this->settings();
        if (!settings) return exit_code::bad_configuration;
        ReplayOptions options;
        options.inputs.assign(arguments_.inputs.begin(), arguments_.inputs.end());
        options.out = arguments_.out;
        options.format = arguments_.format == "mqtt" ? ReplayOptions::Format::mqtt : ReplayOptions::Format::wide;
        options.fields = arguments_.fields;
        options.time_column = arguments_.time_column;
        options.one_stream = arguments_.one_stream;
        options.json = arguments_.json;
        return entry_points_.replay(*settings, options);
    }

    int record() const {
        const std::optional<Settings> settings = this->settings();
        return settings ? run_record(*settings, record_.options()) : exit_code::bad_configuration;
    }

    int check() const {
        if (arguments_.keys_markdown) {
            print(stdout, settings_page());
            return exit_code::ok;
        }
        const std::optional<Settings> settings = this->settings();
        if (!settings) return exit_code::bad_configuration;
        const std::optional<std::filesystem::path> file = configuration_file();
        const std::string name = file ? file->string() : "defaults";
        print(stdout, arguments_.json ? check_json(*settings, name) : check_page(*settings, name));
        return exit_code::ok;
    }

    int status() const {
        const std::optional<Settings> settings = this->settings();
        if (!settings) return exit_code::bad_configuration;
        const Outcome<ControlAnswer> answer = ask(settings->agent.runtime_dir / "control", "status", status_timeout_ns);
        if (!answer || !answer->ok) {
            complain(answer ? answer->body : answer.error());
            return exit_code::failed;
        }
        print(stdout, arguments_.json ? answer->body + "\n" : status_report(answer->body));
        return exit_code::ok;
    }

    // Its parts that cannot be parsed are what it is about, too: in its own form.
    int doctor() const {
        const ParsedSettings settings = parsed_settings();
        DoctorChecks checks;
        if (settings) {
            const std::optional<std::filesystem::path> file = configuration_file();
            checks = examine(*settings);
            checks.insert(checks.begin(), check_configuration(*settings, file ? file->string() : "defaults"));
        } else {
            checks = check_configuration(settings.error());
        }
        print(stdout, arguments_.json ? doctor_json(checks) : doctor_page(checks));
        if (!settings) return exit_code::bad_configuration;
        return any_error(checks) ? exit_code::failed : exit_code::ok;
    }

    int flush() const {
        const std::optional<Settings> settings = this->settings();
        if (!settings) return exit_code::bad_configuration;
        const std::int64_t timeout_ns = parse_duration(arguments_.timeout).value_or(0);
        const Outcome<ControlAnswer> answer =
            ask(settings->agent.runtime_dir / "control", "flush " + std::to_string(timeout_ns),
                timeout_ns > INT64_MAX / 2 ? timeout_ns : timeout_ns + grace_ns);
        const bool delivered = answer && answer->ok;
        const std::string why = delivered ? "" : answer ? answer->body : answer.error();
        if (arguments_.json) {
            std::vector<char> room(64 + 6 * why.size());
            JsonWriter json(room);
            json.begin_object().member("delivered", delivered);
            if (!delivered) json.member("error", why);
            json.end_object();
            print(stdout, std::string(json.text()) + "\n");
        }
        if (!delivered) complain(why);
        return delivered ? exit_code::ok : exit_code::failed;
    }

    int model() const {
        const std::optional<Settings> settings = this->settings();
        return settings ? models_.model(*settings) : exit_code::bad_configuration;
    }

    int alerts() const {
        const std::optional<Settings> settings = this->settings();
        return settings ? alerts_.run(*settings) : exit_code::bad_configuration;
    }

    int version() const {
        if (!arguments_.json) {
            print(stdout, "redshank " REDSHANK_VERSION "\n");
            return exit_code::ok;
        }
        const auto three = [](int major, int minor, int patch) {
            return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
        };
        std::array<char, 512> room{};
        JsonWriter json(room);
        json.begin_object().member("redshank", REDSHANK_VERSION).key("libraries").begin_object();
        json.member("toml++", three(TOML_LIB_MAJOR, TOML_LIB_MINOR, TOML_LIB_PATCH));
        json.member("CLI11", CLI11_VERSION);
        json.member("spdlog", three(SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH));
        json.member("fmt", three(FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100));
        json.end_object().end_object();
        print(stdout, std::string(json.text()) + "\n");
        return exit_code::ok;
    }

    std::span<char*> argv_;
    const EntryPoints& entry_points_;
    Arguments arguments_;
    CLI::App app_{"Watches sensors over MQTT, raises the alarm locally, forwards aggregates", "redshank"};
    RecordCommand record_{app_, arguments_.configuration};
    ModelCommands models_{app_, arguments_.configuration, arguments_.json};
    AlertCommands alerts_{app_, arguments_.configuration};
    CLI::App* run_ = nullptr;
    CLI::App* check_ = nullptr;
    CLI::App* replay_ = nullptr;
    CLI::App* status_ = nullptr;
    CLI::App* doctor_ = nullptr;
    CLI::App* flush_ = nullptr;
    CLI::App* version_ = nullptr;
};

}  // namespace

int command_line(int argc, char** argv, const EntryPoints& entry_points) {
    try {
        return Program(argc, argv, entry_points).main();
    } catch (const std::exception& error) {
        complain(error.what());
        return exit_code::failed;
    }
}

}  // namespace redshank
