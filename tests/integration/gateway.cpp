#include "tests/integration/gateway.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "storage/sqlite/database.hpp"
#include "tests/support/network.hpp"

namespace redshank::test {

namespace {

// May find the database locked or not made yet for a moment.
template <class Read>
auto ask(const std::filesystem::path& file, const std::string& sql, Read read) {
    std::string why;
    for (int attempt = 0; attempt < 100; ++attempt) {
        auto database = Database::open(file);
        if (database) {
            auto statement = (*database)->prepare(sql);
            if (statement) {
                const auto row = statement->step();
                if (row && *row) return read(*statement);
            }
        }
        why = database ? (*database)->last_error() : database.error();
        std::this_thread::sleep_for(20ms);
    }
    throw std::runtime_error(sql + ": " + why);
}

}  // namespace

void PrintTo(const Upstream& upstream, std::ostream* out) {
    *out << "count " << upstream.count << " sum " << upstream.sum;
}

Gateway::Gateway(const Configuration& configuration, bool with_broker)
    : broker_port_(free_port()), uplink_port_(free_port()) {
    configure(configuration);
    if (with_broker) start_broker();
}

void Gateway::start_broker() {
    MosquittoOptions options;
    options.port = broker_port_;
    broker_ = std::make_unique<Mosquitto>(options);
}

void Gateway::configure(const Configuration& configuration) {
    std::ofstream file(this->configuration());
    file << "[agent]\nid = \"t\"\nstate_dir = \"" << state().string() << "\"\nruntime_dir = \"" << runtime().string()
         << "\"\n[mqtt]\nurl = \"mqtt://127.0.0.1:" << broker_port_ << "\"\n"
         << configuration.mqtt;
    if (configuration.uplink) file << "[uplink]\nurl = \"" << uplink_url() << "\"\n" << configuration.uplink_keys;
    file << "[storage]\n" << configuration.storage << "[window]\n" << configuration.window;
    file << configuration.sources << configuration.more;
}

void Gateway::start_collector(const std::vector<std::string>& more) {
    std::vector<std::string> argv{COLLECTOR_PROGRAM, "--bind", uplink_url(), "--db", collector_database().string()};
    argv.insert(argv.end(), more.begin(), more.end());
    collector_ = std::make_unique<ChildProcess>(argv);
    ASSERT_TRUE(collector_->says("READY", 20s)) << collector_->errors();
}

void Gateway::stop_collector() {
    EXPECT_EQ(collector_->terminate(), 0) << collector_->errors();
}

void Gateway::start_agent() {
    agent_ =
        std::make_unique<ChildProcess>(std::vector<std::string>{REDSHANK_PROGRAM, "run", "--config", configuration()});
}

void Gateway::start_ready() {
    start_agent();
    ASSERT_TRUE(agent_->says("READY\n", 30s)) << agent_->errors();
}

void Gateway::start_all() {
    ASSERT_NO_FATAL_FAILURE(start_collector());
    ASSERT_NO_FATAL_FAILURE(start_ready());
}

void Gateway::power_cut() {
    agent_->kill();
    std::filesystem::remove_all(runtime());
}

std::unique_ptr<MqttPeer> Gateway::devices(const std::string& name) {
    auto peer = std::make_unique<MqttPeer>(broker_port_, name);
    EXPECT_TRUE(peer->connected());
    return peer;
}

std::unique_ptr<MqttPeer> Gateway::listener(const std::string& filter) {
    static int number = 0;
    auto peer = std::make_unique<MqttPeer>(broker_port_, "listener-" + std::to_string(++number), filter);
    EXPECT_TRUE(peer->connected());
    return peer;
}

int Gateway::command(const std::vector<std::string>& arguments, std::chrono::milliseconds deadline) {
    std::vector<std::string> argv{REDSHANK_PROGRAM};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    argv.insert(argv.end(), {"--config", configuration().string()});
    ChildProcess child(argv);
    const auto code = child.wait(deadline);
    said_ = child.output() + child.errors();
    return code.value_or(-1);
}

std::optional<Json> Gateway::status() {
    if (command({"status", "--json"}) != 0) return std::nullopt;
    return Json::parse(said_);
}

bool Gateway::until_messages(std::uint64_t count) {
    return until([count](const Json& now) { return now.count("ledger.messages") >= count; });
}

Upstream Gateway::upstream() {
    return ask(collector_database(),
               "select coalesce(sum(count), 0), coalesce(sum(cast(round(count * mean) as integer)), 0) from aggregates",
               [](Statement& row) {
                   return Upstream{row.unsigned_integer(0), row.unsigned_integer(1)};
               });
}

std::int64_t Gateway::upstream_integer(const std::string& sql) {
    return ask(collector_database(), sql, [](Statement& row) { return row.integer(0); });
}

std::string Gateway::upstream_text(const std::string& sql) {
    return ask(collector_database(), sql, [](Statement& row) { return std::string(row.text(0)); });
}

void copy_database(const std::filesystem::path& from, const std::filesystem::path& to) {
    remove_database(to);
    for (const char* const part : {"", "-wal"}) {
        if (std::filesystem::exists(from.string() + part))
            std::filesystem::copy_file(from.string() + part, to.string() + part);
    }
}

void remove_database(const std::filesystem::path& file) {
    for (const char* const part : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + part);
}

std::string value_json(std::uint64_t value) {
    return "{\"value\": " + std::to_string(value) + "}";
}

Upstream sum_of(std::uint64_t first, std::uint64_t last) {
    return {last - first + 1, (first + last) * (last - first + 1) / 2};
}

std::string out_of_balance(const Json& status) {
    const Json& ledger = status.at("ledger");
    const auto text = [&ledger](const std::string& what) {
        std::string all = what + ":";
        for (const auto& [name, value] : ledger.members()) all += " " + name + "=" + ledger.text(name);
        return all;
    };
    if (ledger.count("messages") != ledger.count("decoded") + ledger.at("rejected_messages").sum() +
                                        ledger.count("duplicate") + ledger.count("waiting"))
        return text("messages");
    if (ledger.count("readings") != ledger.count("counted") + ledger.at("rejected_readings").sum())
        return text("readings");
    if (ledger.count("made") !=
        ledger.count("delivered") + ledger.count("buffered") + ledger.count("merged") + ledger.at("lost").sum())
        return text("results");
    if (ledger.count("counted") !=
        ledger.count("delivered_readings") + ledger.count("buffered_readings") + ledger.count("open_readings"))
        return text("counted readings");
    return ledger.is("balanced") ? "" : text("not balanced by its own word");
}

bool long_tests() {
    const char* const wanted = std::getenv("REDSHANK_LONG_TESTS");
    return wanted != nullptr && std::string(wanted) == "1";
}

}  // namespace redshank::test
