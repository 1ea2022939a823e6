#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <string>

#include "collector/server.hpp"
#include "drivers/uplink/sockets.hpp"

namespace {

constexpr int exit_failure = 1;
constexpr int exit_usage = 2;

// SIGTERM and SIGINT as a descriptor. Blocked before any thread starts, so that all threads inherit it.
int open_stop_signals() {
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigprocmask(SIG_BLOCK, &stop, nullptr);
    return signalfd(-1, &stop, SFD_CLOEXEC);
}

void say_ready(const std::string& bound_to) {
    spdlog::info("listening on {}", bound_to);
    std::puts("READY");
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Receives the results of Redshank agents and keeps them in an SQLite database.", "redshank-collector");
    redshank::ServerSettings settings;
    app.add_option("--bind", settings.bind, "Where to listen: tcp://127.0.0.1:PORT, tcp://[::1]:PORT or ipc://PATH")
        ->required();
    app.add_option("--db", settings.database, "The database; made when there is none")->required();
    app.set_version_flag("--version", "redshank-collector " REDSHANK_VERSION);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : exit_usage;
    }

    spdlog::set_default_logger(spdlog::stderr_logger_st("collector"));
    if (const std::string wrong = redshank::wire::why_no_address(settings.bind); !wrong.empty()) {
        spdlog::error(wrong);
        return exit_usage;
    }
    umask(S_IRWXG | S_IRWXO);
    settings.stop_fd = open_stop_signals();
    settings.on_ready = say_ready;
    if (settings.stop_fd < 0) {
        spdlog::error("cannot wait for signals");
        return exit_failure;
    }
    const auto served = redshank::serve(settings);
    close(settings.stop_fd);
    if (!served) spdlog::error(served.error());
    return served ? 0 : exit_failure;
}
