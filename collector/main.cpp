#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <initializer_list>
#include <string>

#include "collector/server.hpp"
#include "drivers/uplink/curve_key_file.hpp"
#include "drivers/uplink/sockets.hpp"

namespace {

constexpr int exit_failure = 1;
constexpr int exit_usage = 2;

// Signals as a descriptor. Blocked before any thread starts, so that all threads inherit it.
int open_signals(std::initializer_list<int> signals) {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : signals) sigaddset(&set, signal);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool take_signals(int fd) {
    signalfd_siginfo signal{};
    bool any = false;
    while (read(fd, &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) any = true;
    return any;
}

void say_ready(const std::string& bound_to) {
    spdlog::info("listening on {}", bound_to);
    std::puts("READY");
    std::fflush(stdout);
}

// What is wrong with the options together; empty for nothing.
std::string why_not(const redshank::ServerSettings& settings, const std::string& key_file) {
    if (std::string wrong = redshank::wire::why_no_address(settings.bind); !wrong.empty()) return wrong;
    if (key_file.empty() != settings.allow.empty()) {
        return key_file.empty() ? "--allow needs --key-file: without encryption nobody has a key"
                                : "--key-file needs --allow: the file with the public keys of those who may deliver";
    }
    if (settings.plain && !key_file.empty()) return "--plain does not go with --key-file";
    if (!settings.plain && key_file.empty() && !redshank::wire::on_loopback(settings.bind)) {
        return settings.bind +
               ": is not on this machine; agents reach it with encryption (--key-file, --allow), or with --plain, by "
               "which anybody on the way reads and forges results";
    }
    return "";
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Receives the results of Redshank agents and keeps them in an SQLite database.", "redshank-collector");
    redshank::ServerSettings settings;
    std::string key_file;
    app.add_option("--bind", settings.bind,
                   "Where to listen: tcp://ADDRESS:PORT (an IPv4 address, an IPv6 address in brackets, a network "
                   "interface, or * for all) or ipc://PATH; off this machine with --key-file or --plain")
        ->required();
    app.add_option("--db", settings.database, "The database; made when there is none")->required();
    app.add_option("--key-file", key_file,
                   "Encrypt, with the collector's secret key in this file, made by `redshank keygen FILE`")
        ->type_name("FILE");
    app.add_option(
           "--allow", settings.allow,
           "Who may deliver: a public key a line, and after a blank the agent's id it speaks for, where that is "
           "laid down; read again on SIGHUP")
        ->type_name("FILE");
    app.add_flag("--plain", settings.plain, "Unencrypted, also off this machine");
    app.set_version_flag("--version", "redshank-collector " REDSHANK_VERSION);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : exit_usage;
    }

    spdlog::set_default_logger(spdlog::stderr_logger_st("collector"));
    if (const std::string wrong = why_not(settings, key_file); !wrong.empty()) {
        spdlog::error(wrong);
        return exit_usage;
    }
    if (!key_file.empty()) {
        auto key = redshank::wire::read_curve_secret_key(key_file);
        if (!key) {
            spdlog::error("--key-file {}", key.error());
            return exit_failure;
        }
        settings.key.emplace(std::move(*key));
    }
    umask(S_IRWXG | S_IRWXO);
    settings.stop_fd = open_signals({SIGTERM, SIGINT});
    settings.reload_fd = open_signals({SIGHUP});
    settings.reload = [&settings] { return take_signals(settings.reload_fd); };
    settings.on_ready = say_ready;
    if (settings.stop_fd < 0 || settings.reload_fd < 0) {
        spdlog::error("cannot wait for signals");
        return exit_failure;
    }
    const auto served = redshank::serve(settings);
    close(settings.stop_fd);
    close(settings.reload_fd);
    if (!served) spdlog::error(served.error());
    return served ? 0 : exit_failure;
}
