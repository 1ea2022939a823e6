#include "agent/run.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <memory>
#include <thread>

#include "agent/alert_desk.hpp"
#include "agent/budget.hpp"
#include "agent/control_socket.hpp"
#include "agent/heap.hpp"
#include "agent/json_writer.hpp"
#include "agent/keeper.hpp"
#include "agent/model_desk.hpp"
#include "agent/output_thread.hpp"
#include "agent/recovery.hpp"
#include "agent/reload.hpp"
#include "agent/status.hpp"
#include "drivers/clock.hpp"
#include "drivers/systemd.hpp"
#include "drivers/uplink/curve_key_file.hpp"
#include "storage/sqlite/database.hpp"

namespace redshank {

namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;
constexpr std::int64_t tick_latest_ns = 100'000'000;
constexpr std::int64_t step_latest_ns = 250'000'000;
constexpr std::int64_t health_every_ns = 60 * ns_per_s;
constexpr std::int64_t watchdog_every_ns = 5 * ns_per_s;
constexpr std::int64_t offline_within_ns = 3 * ns_per_s;
constexpr std::int64_t tick_stuck_ns = 30 * ns_per_s;
constexpr std::uint64_t no_token = 0;

// What a broker says, as records.
class BrokerEvents : public MqttEvents {
public:
    BrokerEvents(Intake& intake, std::uint8_t broker) : intake_(intake), broker_(broker) {}

    void on_connected(bool session_present) noexcept override {
        const heap::Sealed sealed;
        const std::array body{static_cast<std::byte>(session_present ? 1 : 0), std::byte{broker_}};
        intake_.event(RecordKind::connected, std::span(body).first(broker_ == 0 ? 1 : 2));
    }
    void on_subscribed() noexcept override { tell(RecordKind::subscribed); }
    void on_disconnected() noexcept override { tell(RecordKind::disconnected); }
    void on_message(const Message& message) noexcept override {
        const heap::Sealed sealed;
        Message ours = message;
        ours.broker = broker_;
        intake_.message(ours);
    }
    void on_published(std::uint64_t) noexcept override {}

    // Of kind subscribed or disconnected.
    void tell(RecordKind kind) noexcept {
        const heap::Sealed sealed;
        const std::byte body{broker_};
        intake_.event(kind, {&body, broker_ == 0 ? 0U : 1U});
    }

protected:
    Intake& intake_;

private:
    const std::uint8_t broker_;
};

// That of [mqtt], where alerts, models and predictions go, too.
class MainBrokerEvents final : public BrokerEvents {
public:
    // predictions may be nullptr: no group predicts.
    MainBrokerEvents(Intake& intake, AlertPublisher& publisher, ModelDesk& models, AlertDesk& alerts,
                     PredictionPublisher* predictions)
        : BrokerEvents(intake, 0), publisher_(publisher), models_(models), alerts_(alerts), predictions_(predictions) {}

    void on_subscribed() noexcept override {
        const heap::Sealed sealed;
        tell(RecordKind::subscribed);
        publisher_.connected();
        publisher_.drain();
        if (predictions_ != nullptr) {
            predictions_->connected();
            predictions_->drain();
        }
        subscribed_.store(true);
    }
    void on_message(const Message& message) noexcept override {
        const heap::Sealed sealed;
        if (models_.takes(message)) return models_.message(message);
        if (alerts_.takes(message)) return alerts_.message(message);
        intake_.message(message);
    }
    void on_published(std::uint64_t token) noexcept override {
        const heap::Sealed sealed;
        if ((token & PredictionPublisher::token_bit) != 0) {
            if (predictions_ != nullptr) predictions_->acknowledged(token);
        } else if (!models_.acknowledged(token)) {
            publisher_.acknowledged(token);
        }
        publisher_.drain();
        if (predictions_ != nullptr) predictions_->drain();
    }

    bool subscribed_once() const noexcept { return subscribed_.load(); }

private:
    AlertPublisher& publisher_;
    ModelDesk& models_;
    AlertDesk& alerts_;
    PredictionPublisher* predictions_;
    std::atomic<bool> subscribed_{false};
};

// Lets timers fire when nothing arrives. Its own thread: a connection that is being torn down must not hold up an
// alarm.
class Ticker {
public:
    explicit Ticker(Intake& intake) : intake_(intake), last_ns_(monotonic_ns()), thread_([this] { run(); }) {}
    ~Ticker() {
        stopping_.store(true);
        thread_.join();
    }
    std::int64_t last_ns() const noexcept { return last_ns_.load(); }

private:
    void run() {
        const heap::Sealed sealed;
        while (!stopping_.load()) {
            const std::int64_t wait_ns = intake_.tick(tick_latest_ns);
            last_ns_.store(monotonic_ns());
            const timespec pause{0, static_cast<std::int32_t>(std::max<std::int64_t>(wait_ns, 1'000'000))};
            nanosleep(&pause, nullptr);
        }
    }

    Intake& intake_;
    std::atomic<std::int64_t> last_ns_;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

sigset_t handled_signals() noexcept {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
    return set;
}

std::uint64_t budget_bytes(const Settings& settings) {
    std::uint64_t sum = 0;
    for (const BudgetLine& line : memory_budget(settings)) sum += line.bytes;
    return sum;
}

MqttClientSettings client_settings(const Settings& settings, std::size_t broker, const Recovered::Broker& recovered) {
    const BrokerSettings& of = broker_at(settings, broker);
    MqttClientSettings client;
    client.host = of.host;
    client.port = of.port;
    client.version = of.version;
    client.qos = of.qos;
    client.tls = of.tls;
    client.ca = of.ca;
    client.cert = of.cert;
    client.key = of.key;
    client.username = of.username;
    client.password_file = of.password_file;
    client.client_id = of.client_id;
    if (broker == 0) client.will_topic = settings.mqtt.base_topic + "/status";
    client.receive_maximum = static_cast<std::uint16_t>(settings.capacities.redeliveries_max);
    client.subscriptions = recovered.subscriptions;
    client.unsubscriptions = recovered.unsubscriptions;
    return client;
}

Outcome<std::unique_ptr<wire::DealerSocket>> uplink_socket(const Settings::Uplink& uplink) {
    if (uplink.server_key.empty()) {
        return wire::DealerSocket::create(uplink.url, uplink.plain ? wire::Plain::anywhere : wire::Plain::on_loopback);
    }
    const auto server = wire::parse_curve_public_key(uplink.server_key);
    if (!server) return failure("uplink: server_key is no key");
    auto secret = wire::read_curve_secret_key(uplink.key_file);
    if (!secret) return failure("uplink: key_file " + secret.error());
    return wire::DealerSocket::create(uplink.url, wire::ClientKeys{*server, std::move(*secret)});
}

enum class Ended : std::uint8_t { stopped, failed, reload };

// One life of the agent, from recovery to the last checkpoint.
class Life {
public:
    Life(const Settings& settings, const RunOptions& options) : settings_(settings), options_(options) {}

    Ended live() {
        if (const auto begun = begin(); !begun) {
            spdlog::error("{}", begun.error());
            std::fprintf(stderr, "redshank: %s\n", begun.error().c_str());
            return Ended::failed;
        }
        notify_systemd("READY=1");
        const bool reload = loop();
        return end(reload);
    }

private:
    Outcome<> begin();
    bool loop();  // true: SIGHUP with a configuration that is good
    Ended end(bool reload);
    Outcome<> make_clients();
    std::int64_t step_clients();     // how long until one of them wants to be stepped again
    bool step(std::int64_t now_ns);  // true: stop
    void publish_health() noexcept;
    ControlAnswer answer(std::string_view request);
    ControlAnswer flush(std::string_view request);

    const Settings& settings_;
    const RunOptions& options_;
    Recovered parts_;
    std::unique_ptr<PredictionPublisher> predictions_;  // nullptr: no group predicts
    std::unique_ptr<OutputThread> outputs_;
    std::unique_ptr<Keeper> keeper_;
    std::unique_ptr<ModelDesk> models_;
    std::unique_ptr<AlertDesk> alerts_;
    std::unique_ptr<MainBrokerEvents> events_;
    std::vector<std::unique_ptr<BrokerEvents>> other_events_;
    std::vector<std::unique_ptr<MqttClient>> clients_;  // by broker
    MqttClient* mqtt_ = nullptr;                        // the first of them
    std::unique_ptr<Status> status_;
    std::unique_ptr<ControlServer> control_;
    std::unique_ptr<Ticker> ticker_;
    std::unique_ptr<ConfigurationCheck> check_;
    std::atomic<bool> ready_{false};
    std::atomic<bool> stopping_{false};
    std::vector<std::string> client_errors_;
    std::int64_t next_health_ns_ = 0;
    std::int64_t next_watchdog_ns_ = 0;
    std::vector<char> health_ = std::vector<char>(1024);
    std::string health_topic_;
};

Outcome<> Life::begin() {
    auto recovered = recover(settings_);
    if (!recovered) return failure(recovered.error());
    parts_ = std::move(*recovered);
    for (const std::string& note : parts_.notes) spdlog::warn("{}", note);
    spdlog::info("boot {}, {} records replayed", parts_.boot, parts_.replayed);

    std::unique_ptr<UplinkSession> session;
    if (!settings_.uplink.url.empty()) {
        auto socket = uplink_socket(settings_.uplink);
        if (!socket) return failure(socket.error());
        if (settings_.uplink.server_key.empty() && !wire::on_loopback(settings_.uplink.url))
            spdlog::warn("uplink: not encrypted, and to another machine");
        session = std::make_unique<UplinkSession>(std::move(*socket), settings_.agent.id);
    }
    keeper_ = std::make_unique<Keeper>(*parts_.checkpointer, *parts_.intake, std::move(session), settings_);
    parts_.intake->on_urgent([this] { keeper_->wake(); });
    models_ = std::make_unique<ModelDesk>(settings_, *parts_.intake, *keeper_, parts_.model_subscription);
    alerts_ = std::make_unique<AlertDesk>(settings_, *parts_.intake, *keeper_, parts_.command_subscription);
    if (predicts(settings_)) {
        predictions_ = std::make_unique<PredictionPublisher>(settings_.mqtt.base_topic);
        parts_.intake->publish_predictions_to(predictions_.get());
    }
    if (auto made = make_clients(); !made) return made;
    parts_.publisher->attach(mqtt_);
    models_->attach(mqtt_);
    if (predictions_ != nullptr) predictions_->attach(mqtt_);
    status_ = std::make_unique<Status>(settings_, *parts_.intake, *parts_.checkpointer, *keeper_, *parts_.publisher,
                                       *mqtt_, *models_, budget_bytes(settings_));
    status_->show(predictions_.get());
    status_->show(clients_);
    status_->show(parts_.outputs.get());
    health_topic_ = settings_.mqtt.base_topic + "/health";
    auto control = ControlServer::listen(settings_.agent.runtime_dir / "control",
                                         [this](std::string_view request) { return answer(request); });
    if (!control) return failure(control.error());
    control_ = std::move(*control);

    std::vector<std::string> names;
    for (const OutputSettings& output : settings_.outputs) names.push_back(name_of(output));
    const auto any_firing = [this](const AlertFilter& filter) {
        Intake::Held held(*parts_.intake);
        return redshank::any_firing(held.pipeline().rules(), filter);
    };
    outputs_ = std::make_unique<OutputThread>(
        *parts_.outputs, make_output_workers(settings_, *parts_.outputs, any_firing), std::move(names));

    keeper_->start();
    outputs_->start();
    ticker_ = std::make_unique<Ticker>(*parts_.intake);
    for (const auto& client : clients_) client->start(monotonic_ns());
    return {};
}

Outcome<> Life::make_clients() {
    events_ =
        std::make_unique<MainBrokerEvents>(*parts_.intake, *parts_.publisher, *models_, *alerts_, predictions_.get());
    for (std::size_t broker = 0; broker < broker_count(settings_); ++broker) {
        MqttEvents* events = events_.get();
        if (broker > 0) {
            other_events_.push_back(std::make_unique<BrokerEvents>(*parts_.intake, static_cast<std::uint8_t>(broker)));
            events = other_events_.back().get();
        }
        auto client = MqttClient::create(client_settings(settings_, broker, parts_.brokers[broker]), *events);
        if (!client) return failure(broker_at(settings_, broker).name + ": " + client.error());
        clients_.push_back(std::move(*client));
    }
    client_errors_.resize(clients_.size());
    mqtt_ = clients_.front().get();
    return {};
}

bool Life::loop() {
    const heap::Sealed sealed;
    const sigset_t signals = handled_signals();
    for (;;) {
        std::int64_t wait_ns = step_latest_ns;
        {
            const heap::LibraryScope library;
            wait_ns = step_clients();
        }
        if (step(monotonic_ns())) return true;
        const timespec wait{0, static_cast<std::int32_t>(wait_ns)};
        const int signal = sigtimedwait(&signals, nullptr, &wait);
        if (signal == SIGTERM || signal == SIGINT) return false;
        if (signal == SIGHUP) {
            const heap::LibraryScope child;
            if (check_ == nullptr) check_ = ConfigurationCheck::begin(options_);
        }
    }
}

std::int64_t Life::step_clients() {
    std::int64_t next_ns = INT64_MAX;
    for (const auto& client : clients_) next_ns = std::min(next_ns, client->step(monotonic_ns()));
    return std::clamp<std::int64_t>(next_ns - monotonic_ns(), 10'000'000, step_latest_ns);
}

bool Life::step(std::int64_t now_ns) {
    const heap::LibraryScope logging;
    if (events_->subscribed_once() && !ready_.load()) {
        heap::seal();
        ready_.store(true);
        std::puts("READY");
        std::fflush(stdout);
        spdlog::info("ready");
    }
    for (std::size_t broker = 0; broker < clients_.size(); ++broker) {
        const std::string error = clients_[broker]->last_error();
        if (error == client_errors_[broker]) continue;
        if (!error.empty()) spdlog::warn("{}: {}", broker_at(settings_, broker).name, error);
        client_errors_[broker] = error;
    }
    models_->report([](const std::string& sentence, bool refused) {
        refused ? spdlog::warn("{}", sentence) : spdlog::info("{}", sentence);
    });
    parts_.publisher->drain();
    if (predictions_ != nullptr) predictions_->drain();
    if (mqtt_->connected() && now_ns >= next_health_ns_) {
        publish_health();
        next_health_ns_ = now_ns + health_every_ns;
    }
    // Fed by the pipeline's progress: a mutex that is never given back lets the watchdog bite.
    if (now_ns >= next_watchdog_ns_ && now_ns - ticker_->last_ns() < tick_stuck_ns) {
        notify_systemd("WATCHDOG=1");
        next_watchdog_ns_ = now_ns + watchdog_every_ns;
    }
    if (check_ == nullptr) return false;
    const auto verdict = check_->poll();
    if (verdict == ConfigurationCheck::Verdict::running) return false;
    check_.reset();
    if (verdict == ConfigurationCheck::Verdict::good) return true;
    spdlog::error("reload refused: the configuration is not good; the agent goes on with the one it has");
    return false;
}

void Life::publish_health() noexcept {
    JsonWriter json(health_);
    {
        Intake::Held held(*parts_.intake);
        const Ledger& ledger = held.pipeline().ledger();
        json.begin_object()
            .member("ready", ready_.load())
            .member("boot", parts_.boot)
            .member("messages", ledger.messages);
        json.member("counted", ledger.counted).member("channels", held.pipeline().channels());
    }
    json.member("durable", parts_.intake->durable()).end_object();
    const std::string_view text = json.text();
    mqtt_->publish(health_topic_, std::as_bytes(std::span(text.data(), text.size())), true, no_token);
}

ControlAnswer Life::answer(std::string_view request) {
    if (request == "status") return {.ok = true, .body = std::string(status_->json(ready_.load()))};
    if (request.starts_with("flush")) return flush(request);
    if (ModelDesk::is_request(request)) return models_->answer(request);
    if (AlertDesk::is_request(request)) return alerts_->answer(request);
    return {.ok = false, .body = "unknown request"};
}

ControlAnswer Life::flush(std::string_view request) {
    if (settings_.uplink.url.empty())
        return {.ok = false, .body = "no uplink is configured: results stay in the buffer"};
    std::int64_t timeout_ns = 30 * ns_per_s;
    const std::string_view digits = request.substr(std::min(request.size(), std::string_view("flush ").size()));
    std::from_chars(digits.data(), digits.data() + digits.size(), timeout_ns);
    const std::int64_t deadline_ns = monotonic_ns() + timeout_ns;
    const std::uint64_t position = parts_.intake->event(RecordKind::flush);
    std::uint64_t number = 0;
    {
        Intake::Held held(*parts_.intake);
        number = held.pipeline().ledger().made;
    }
    for (;;) {
        const std::int64_t left_ns = std::min<std::int64_t>(deadline_ns - monotonic_ns(), ns_per_s);
        if (stopping_.load())
            return {.ok = false, .body = "the agent stops; what is buffered goes out after the next start"};
        if (left_ns <= 0) return {.ok = false, .body = "the collector has not acknowledged everything in time"};
        if (keeper_->wait_delivered(position, number, left_ns))
            return {.ok = true, .body = "everything is delivered\n"};
    }
}

Ended Life::end(bool reload) {
    notify_systemd(reload ? "RELOADING=1" : "STOPPING=1");
    stopping_.store(true);
    control_.reset();
    for (const auto& client : clients_) client->stop(offline_within_ns);
    parts_.publisher->attach(nullptr);
    if (predictions_ != nullptr) predictions_->attach(nullptr);
    ticker_.reset();
    events_->tell(RecordKind::disconnected);
    for (const auto& events : other_events_) events->tell(RecordKind::disconnected);
    keeper_->stop();
    outputs_->stop();
    const auto last = parts_.checkpointer->checkpoint(true);
    if (!last) {
        spdlog::error("the last checkpoint failed: {}", last.error());
        return Ended::failed;
    }
    spdlog::info(reload ? "reloading" : "stopped");
    return reload ? Ended::reload : Ended::stopped;
}

}  // namespace

int run_agent(const Settings& settings, const RunOptions& options) {
    spdlog::set_default_logger(spdlog::stderr_logger_mt("redshank"));
    spdlog::flush_on(spdlog::level::info);
    const sigset_t signals = handled_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    if (const auto configured = configure_memory(sqlite_bytes); !configured) {
        std::fprintf(stderr, "redshank: %s\n", configured.error().c_str());
        return 1;
    }

    const Ended ended = [&] { return std::make_unique<Life>(settings, options)->live(); }();
    if (ended == Ended::failed) return 1;
    if (ended == Ended::reload) {
        execute_again(options);
        spdlog::error("reload: the program could not be executed again");
        return 1;
    }
    return 0;
}

}  // namespace redshank
