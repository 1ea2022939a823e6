#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/integration/devices.hpp"
#include "tests/integration/json.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/support/temporary_directory.hpp"

namespace redshank::test {

using namespace std::chrono_literals;

// Parts of the agent's configuration, TOML without the table's head where it stands alone.
struct Configuration {
    std::string storage = "loss_window = \"1s\"\n";
    std::string window = "length = \"1s\"\nlateness = \"500ms\"\n";
    std::string sources = "[[source]]\ntopic = \"load/{device}\"\nfields = [\"value\"]\n";
    std::string mqtt;
    std::string more;  // whole tables
    bool uplink = true;
    std::string uplink_keys;  // further lines of [uplink]
};

// What the collector's database says. sum: of all values, exact while they are small whole numbers.
struct Upstream {
    std::uint64_t count = 0;
    std::uint64_t sum = 0;
    friend bool operator==(const Upstream&, const Upstream&) = default;
};
void PrintTo(const Upstream& upstream, std::ostream* out);

// One gateway of real programs on ports and in a directory of its own.
class Gateway {
public:
    explicit Gateway(const Configuration& configuration = {}, bool with_broker = true);

    void configure(const Configuration& configuration);

    void start_collector(const std::vector<std::string>& more = {});  // more: further arguments
    void stop_collector();                                            // SIGTERM, and gone
    void start_agent();                                               // does not wait
    void start_ready();                                               // waits for READY; a test failure otherwise
    void start_all();                                                 // collector and agent, READY
    // The runtime directory is gone, too.
    void power_cut();

    ChildProcess& agent() { return *agent_; }
    ChildProcess& collector() { return *collector_; }
    Mosquitto& broker() { return *broker_; }
    std::string uplink_url() const { return "tcp://127.0.0.1:" + std::to_string(uplink_port_); }
    std::uint16_t broker_port() const { return broker_port_; }
    void start_broker();

    std::unique_ptr<MqttPeer> devices(const std::string& name = "devices");
    std::unique_ptr<MqttPeer> listener(const std::string& filter = "redshank/#");

    // Exit code of `redshank ...`.
    int command(const std::vector<std::string>& arguments, std::chrono::milliseconds deadline = 60s);
    std::optional<Json> status();
    int flush(const std::string& timeout = "30s") { return command({"flush", "--timeout", timeout}); }
    // Waits until the status satisfies the predicate.
    template <class Predicate>
    bool until(Predicate predicate, std::chrono::milliseconds deadline = 30s) {
        return eventually(deadline, [&] {
            const auto now = status();
            if (!now || !predicate(*now)) {
                std::this_thread::sleep_for(20ms);
                return false;
            }
            return true;
        });
    }
    bool until_messages(std::uint64_t count);

    Upstream upstream();
    std::int64_t upstream_integer(const std::string& sql);
    std::string upstream_text(const std::string& sql);

    std::filesystem::path state() const { return directory_ / "state"; }
    std::filesystem::path runtime() const { return directory_ / "run"; }
    std::filesystem::path database() const { return state() / "redshank.db"; }
    std::filesystem::path collector_database() const { return directory_ / "collector.db"; }
    std::filesystem::path configuration() const { return directory_ / "redshank.toml"; }
    const std::string& said() const { return said_; }  // by the last command, both outputs

private:
    TemporaryDirectory directory_;
    std::unique_ptr<Mosquitto> broker_;
    std::uint16_t broker_port_ = 0;
    std::uint16_t uplink_port_ = 0;
    std::unique_ptr<ChildProcess> collector_;
    std::unique_ptr<ChildProcess> agent_;
    std::string said_;
};

// A database with its journal, copied while nobody has it open.
void copy_database(const std::filesystem::path& from, const std::filesystem::path& to);
void remove_database(const std::filesystem::path& file);

std::string value_json(std::uint64_t value);               // {"value": N}
Upstream sum_of(std::uint64_t first, std::uint64_t last);  // the values first..last, once each

// What the contract says of every ledger, at any time.
std::string out_of_balance(const Json& status);  // empty: it balances

bool long_tests();  // REDSHANK_LONG_TESTS=1

}  // namespace redshank::test
