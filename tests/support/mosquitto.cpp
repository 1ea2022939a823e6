#include "tests/support/mosquitto.hpp"

#include <signal.h>

#include <fstream>
#include <stdexcept>

#include "tests/support/eventually.hpp"
#include "tests/support/network.hpp"

namespace redshank::test {

using namespace std::chrono_literals;

Mosquitto::Mosquitto(const MosquittoOptions& options) : port_(options.port == 0 ? free_port() : options.port) {
    std::ofstream configuration(directory_ / "mosquitto.conf");
    configuration << "listener " << port_ << " 127.0.0.1\n"
                  << "allow_anonymous true\n"
                  << "user root\n"  // started as root it would change its user and lose its directory
                  << "persistence true\n"
                  << "persistence_location " << directory_.path().string() << "/\n"
                  << "max_queued_messages 0\n"
                  << "max_queued_bytes " << options.max_queued_bytes << "\n"
                  << "log_dest stderr\nlog_type error\nlog_type warning\nlog_type notice\nlog_type "
                     "information\nconnection_messages true\n";
    if (options.max_inflight_messages != 0) {
        configuration << "max_inflight_messages " << options.max_inflight_messages << "\n";
    }
    for (const std::string& line : options.more) configuration << line << "\n";
    configuration.close();
    start();
}

std::string Mosquitto::url() const {
    return "mqtt://127.0.0.1:" + std::to_string(port_);
}

void Mosquitto::stop() {
    process_->terminate();
}

void Mosquitto::kill() {
    process_->kill();
}

void Mosquitto::save() {
    const auto saved = [this] {
        std::error_code missing;
        return std::filesystem::last_write_time(directory_ / "mosquitto.db", missing);
    };
    const auto before = saved();
    process_->signal(SIGUSR1);
    if (!eventually(10s, [&] { return saved() != before; })) throw std::runtime_error("mosquitto did not save");
}

void Mosquitto::start() {
    process_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{"mosquitto", "-c", (directory_ / "mosquitto.conf").string()});
    if (!eventually(10s, [this] { return !process_->running() || accepts(port_); }) || !process_->running()) {
        throw std::runtime_error("mosquitto does not start: " + process_->errors());
    }
}

void Mosquitto::pause() {
    process_->signal(SIGSTOP);
}

void Mosquitto::resume() {
    process_->signal(SIGCONT);
}

std::string Mosquitto::log() const {
    return process_->errors();
}

}  // namespace redshank::test
