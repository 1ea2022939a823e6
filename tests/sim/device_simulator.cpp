// redshank-device-simulator: devices that publish over MQTT, recorded data or synthetic load, and count their PUBACKs.

#include <mqtt/async_client.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/sim/simulator_feed.hpp"
#include "tests/sim/simulator_options.hpp"

namespace redshank::sim {
namespace {

using Clock = std::chrono::steady_clock;

volatile std::sig_atomic_t stop_asked = 0;
void ask_to_stop(int) {
    stop_asked = 1;
}

struct Device {
    std::string topic;
    std::uint64_t published = 0;
    std::atomic<std::uint64_t> acknowledged{0};  // counted by Paho's thread
};

// Publishes at QoS 1 and counts; at most `outstanding_max` messages wait for their PUBACK.
class Publisher : public mqtt::iaction_listener {
public:
    Publisher(const SimulatorOptions& options, const std::vector<std::string>& topics)
        : client_("tcp://" + options.broker.substr(options.broker.find("://") + 3), options.client_id,
                  static_cast<int>(outstanding_max)),
          devices_(topics.size()) {
        for (std::size_t index = 0; index < topics.size(); ++index) devices_[index].topic = topics[index];
        auto connect = mqtt::connect_options_builder().clean_session(false).automatic_reconnect(true).finalize();
        connect.set_max_inflight(static_cast<int>(outstanding_max));
        client_.connect(connect)->wait();
    }
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;
    ~Publisher() override {
        try {
            client_.disconnect(1000)->wait_for(std::chrono::seconds(2));
        } catch (const mqtt::exception&) {  // it was gone before us
        }
    }

    void publish(const DeviceMessage& message) {
        while (published_ - acknowledged() >= outstanding_max && !stop_asked)
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        Device& device = devices_[message.device];
        for (;;) {
            try {
                client_.publish(mqtt::make_message(device.topic, message.payload, 1, false), &device, *this);
                break;
            } catch (const mqtt::exception& refused) {  // its buffer is full while it reconnects
                if (stop_asked) throw;
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
            }
        }
        ++device.published;
        ++published_;
    }
    std::uint64_t published() const { return published_; }
    std::uint64_t acknowledged() const { return acknowledged_.load(std::memory_order_acquire); }
    const std::vector<Device>& devices() const { return devices_; }

private:
    static constexpr std::uint64_t outstanding_max = 1000;

    void on_success(const mqtt::token& token) override {
        static_cast<Device*>(token.get_user_context())->acknowledged.fetch_add(1, std::memory_order_relaxed);
        acknowledged_.fetch_add(1, std::memory_order_release);
    }
    void on_failure(const mqtt::token&) override {}  // stays unacknowledged

    mqtt::async_client client_;
    std::vector<Device> devices_;
    std::uint64_t published_ = 0;
    std::atomic<std::uint64_t> acknowledged_{0};
};

// Whole or not at all, so that it can be read at any time.
void write_result(const std::string& file, const Publisher& publisher, bool finished) {
    if (file.empty()) return;
    const std::string beside = file + ".new";
    {
        std::ofstream out(beside);
        out << "{\"finished\": " << (finished ? "true" : "false") << ", \"published\": " << publisher.published()
            << ", \"acknowledged\": " << publisher.acknowledged() << ", \"devices\": [";
        const char* separator = "\n";
        for (const Device& device : publisher.devices()) {
            out << separator << "{\"topic\": \"" << device.topic << "\", \"published\": " << device.published
                << ", \"acknowledged\": " << device.acknowledged << "}";
            separator = ",\n";
        }
        out << "]}\n";
    }
    std::filesystem::rename(beside, file);
}

int run(const SimulatorOptions& options) {
    const std::unique_ptr<Feed> feed = make_feed(options);
    Publisher publisher(options, feed->topics());
    const Clock::time_point started = Clock::now();
    Clock::time_point written = started;
    while (!stop_asked) {
        if (feed->per_second() > 0) {
            const auto due = started + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                                           static_cast<double>(publisher.published()) / feed->per_second()));
            while (!stop_asked && Clock::now() < due)
                std::this_thread::sleep_until(std::min(due, Clock::now() + std::chrono::milliseconds(100)));
            if (stop_asked) break;
        }
        const std::optional<DeviceMessage> message = feed->next();
        if (!message) break;
        publisher.publish(*message);
        if (Clock::now() - written >= std::chrono::milliseconds(500)) {
            written = Clock::now();
            write_result(options.result, publisher, false);
        }
    }
    const auto patience = Clock::now() + std::chrono::duration<double>(options.wait_seconds);
    while (publisher.acknowledged() < publisher.published() && Clock::now() < patience)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    write_result(options.result, publisher, true);
    std::cout << "published=" << publisher.published() << " acknowledged=" << publisher.acknowledged() << std::endl;
    return publisher.acknowledged() == publisher.published() ? 0 : 1;
}

}  // namespace
}  // namespace redshank::sim

int main(int argc, char** argv) {
    using namespace redshank::sim;
    SimulatorOptions options;
    CLI::App app(
        "Devices that publish over MQTT at QoS 1: rows of a recorded file (--csv), or synthetic load (--devices).");
    app.add_option("--broker", options.broker, "mqtt://HOST:PORT")->required();
    app.add_option("--client-id", options.client_id, "default: of its own for each run");
    app.add_option("--result", options.result, "file to write the counts to, as it goes");
    app.add_option("--wait", options.wait_seconds, "seconds to wait at the end for acknowledgements");
    auto* csv = app.add_option("--csv", options.csv, "recorded file, separated by commas, time in its first column");
    app.add_option("--topic", options.topic, "topic of the recorded rows")->needs(csv);
    app.add_option("--column", options.columns, "COLUMN or COLUMN=FIELD to publish, several separated by commas")
        ->delimiter(',')
        ->needs(csv);
    app.add_option("--time-field", options.time_field, "field for the row's time; empty: none");
    app.add_option("--rows-per-second", options.rows_per_second, "default: as fast as the broker takes them");
    app.add_flag("--repeat", options.repeat, "begin again after the last row");
    app.add_option("--start-row", options.start_row, "first row, from 0");
    app.add_option("--rows", options.rows, "how many rows");
    auto* devices = app.add_option("--devices", options.devices, "devices, each with a topic of its own");
    devices->excludes(csv);
    app.add_option("--rate", options.rate, "messages a second, all devices together")->check(CLI::PositiveNumber);
    app.add_option("--seconds", options.seconds, "how long; 0: until SIGTERM");
    app.add_option("--values", options.values, "values per message: value, or value1, value2, ...");
    app.add_option("--topic-prefix", options.topic_prefix, "device N publishes to PREFIX/N");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (options.broker.find("://") == std::string::npos) options.broker = "mqtt://" + options.broker;
    if (options.client_id.empty()) options.client_id = "simulator-" + std::to_string(getpid());
    if (!options.csv.empty() && (options.topic.empty() || options.columns.empty())) {
        std::cerr << "--csv needs --topic and --column\n";
        return 2;
    }
    if (options.devices == 0) {
        std::cerr << "--devices: at least one\n";
        return 2;
    }
    std::signal(SIGINT, ask_to_stop);
    std::signal(SIGTERM, ask_to_stop);
    try {
        return run(options);
    } catch (const std::exception& error) {
        std::cerr << "redshank-device-simulator: " << error.what() << "\n";
        return 1;
    }
}
