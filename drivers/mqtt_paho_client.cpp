#include "drivers/mqtt_paho_client.hpp"

#include <netdb.h>
#include <sys/random.h>

#include <exception>
#include <utility>

#include "drivers/mqtt_publish_packet.hpp"
#include "drivers/password_file.hpp"
#include "drivers/tls_diagnosis.hpp"

namespace redshank {

namespace {

constexpr std::int64_t handshake_ns = 30'000'000'000;  // from CONNECT to the last SUBACK
constexpr std::int64_t diagnosis_ns = 3'000'000'000;
constexpr std::int64_t idle_step_ns = 100'000'000;  // how late a lost connection may be noticed by step

std::uint64_t random_seed() noexcept {
    std::uint64_t seed = 0;
    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed)) {
        seed = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    }
    return seed;
}

std::string address_of(const MqttClientSettings& settings) {
    const bool six = settings.host.find(':') != std::string::npos && settings.host.front() != '[';
    return (settings.tls ? "ssl://" : "tcp://") + (six ? "[" + settings.host + "]" : settings.host) + ":" +
           std::to_string(settings.port);
}

// Paho looks a name up under the lock that every client's events wait for. So it is asked for names only that have just
// been found.
std::string why_not_found(const std::string& host) {
    addrinfo* found = nullptr;
    const std::string name = host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
    const int error = getaddrinfo(name.c_str(), nullptr, nullptr, &found);
    if (error == 0) freeaddrinfo(found);
    return error == 0 ? "" : gai_strerror(error);
}

// While any client exists Paho keeps its threads and what they share. With the last one it takes them down for up to a
// second, and a thread that still writes a trace line allocates the trace buffer again, which the next client leaks
// (1.3.12; see also paho.mqtt.c issues 323 and 1669). So one client that is never connected lives as long as the
// process.
void keep_paho_up() {
    static const auto* const anchor =
        new mqtt::async_client("tcp://127.0.0.1", "anchor", mqtt::create_options(MQTTVERSION_5));
    static_cast<void>(anchor);
}

}  // namespace

bool can_be_published_to(std::string_view topic) noexcept {
    return !topic.empty() && topic.size() <= 65535 &&
           topic.find_first_of(std::string_view("+#\0", 3)) == std::string_view::npos;
}

PahoClient::PahoClient(const MqttClientSettings& settings, MqttEvents& events)
    : settings_(settings),
      events_(events),
      arrivals_([this](std::byte first, std::span<const std::byte> body) { take_arrival(first, body); }),
      backoff_(settings.reconnect_first_ns, settings.reconnect_last_ns, random_seed()),
      publisher_([this](const MqttOutgoing::Entry& entry) {
          return send(std::string(entry.topic), entry.payload, entry.retain, slot_base + entry.slot);
      }) {
    keep_paho_up();
    options_.set_mqtt_version(is_5() ? MQTTVERSION_5 : MQTTVERSION_3_1_1);
    const bool anew = settings_.session_expiry_s == 0;
    is_5() ? options_.set_clean_start(anew) : options_.set_clean_session(anew);
    options_.set_automatic_reconnect(false);
    options_.set_keep_alive_interval(static_cast<int>(settings_.keep_alive_s));
    options_.set_connect_timeout(20);
    if (is_5()) {
        options_.set_properties(mqtt::properties{
            {mqtt::property::SESSION_EXPIRY_INTERVAL, static_cast<std::int32_t>(settings_.session_expiry_s)},
            {mqtt::property::RECEIVE_MAXIMUM, settings_.receive_maximum},
            {mqtt::property::MAXIMUM_PACKET_SIZE, static_cast<std::int32_t>(settings_.packet_bytes_max)},
        });
    }
    if (settings_.tls) set_tls();
    if (!settings_.username.empty()) options_.set_user_name(settings_.username);
    if (!settings_.will_topic.empty()) {
        options_.set_will(mqtt::will_options(settings_.will_topic, std::string("offline"), 1, true));
    }
}

PahoClient::~PahoClient() {
    stop(1'000'000'000);
}

void PahoClient::start(std::int64_t now_ns) {
    if (state_ != State::idle) return;
    backoff_.reset();
    connect(now_ns);
}

std::int64_t PahoClient::step(std::int64_t now_ns) {
    if (state_ == State::idle) return now_ns + idle_step_ns;
    const State state = state_;
    if ((state == State::connecting || state == State::subscribing) && now_ns >= handshake_until_ns_) {
        fail("the broker does not answer CONNECT or SUBSCRIBE");
    }
    if (broken_) drop_client(State::waiting);
    explain_failure();
    if (state_ != State::waiting) return now_ns + idle_step_ns;
    if (went_well_.exchange(false)) backoff_.reset();
    if (retry_at_ns_ == 0) retry_at_ns_ = now_ns + backoff_.next_ns();
    if (now_ns < retry_at_ns_) return retry_at_ns_;
    connect(now_ns);
    return now_ns + idle_step_ns;
}

void PahoClient::connect(std::int64_t now_ns) {
    retry_at_ns_ = 0;
    handshake_until_ns_ = now_ns + handshake_ns;
    state_ = State::waiting;
    if (const std::string why = why_not_found(settings_.host); !why.empty()) {
        return set_error("cannot find " + settings_.host + ": " + why);
    }
    std::optional<Secret> password;
    if (!settings_.password_file.empty()) {
        auto read = read_password(settings_.password_file);
        if (!read) return set_error("password_file " + read.error());
        password = std::move(*read);
    }
    try {
        if (!owner_) open_client();
        if (password) options_.set_password(mqtt::binary_ref(password->text()));
        state_ = State::connecting;
        paho_->connect(options_, nullptr, *this);
    } catch (const std::exception& error) {
        fail(std::string("cannot connect: ") + error.what());
        state_ = State::waiting;
    }
    if (password) password->wipe();  // Paho has a copy of its own by now
}

void PahoClient::set_tls() {
    mqtt::ssl_options tls;
    settings_.ca.empty() ? tls.ca_path("/etc/ssl/certs") : tls.set_trust_store(settings_.ca.string());
    if (!settings_.cert.empty()) {
        tls.set_key_store(settings_.cert.string());
        tls.set_private_key(settings_.key.string());
    }
    tls.set_enable_server_cert_auth(true);  // the chain
    tls.set_verify(true);                   // the name
    // No error handler: that of Paho C++ 1.2.0 leaves Paho C with the address of a copy that is gone by then. Paho
    // itself says no more than "TCP/TLS connect failure": see explain_failure.
    options_.set_ssl(std::move(tls));
}

void PahoClient::explain_failure() {
    std::string paho_says;
    {
        const std::lock_guard lock(error_mutex_);
        paho_says.swap(unexplained_);
    }
    if (paho_says.empty()) return;
    const std::string why = why_tls_fails(settings_, diagnosis_ns);
    set_error(cannot_connect_text() + (why.empty() ? paho_says : "TLS: " + why));
}

std::string PahoClient::cannot_connect_text() const {
    return "cannot connect to " + settings_.host + ":" + std::to_string(settings_.port) + ": ";
}

void PahoClient::open_client() {
    mqtt::create_options options(is_5() ? MQTTVERSION_5 : MQTTVERSION_3_1_1);
    options.set_max_buffered_messages(static_cast<int>(2 * MqttInFlight::slots_max));
    auto client = std::make_unique<mqtt::async_client>(address_of(settings_), settings_.client_id, options, &arrivals_);
    client->set_message_callback([this](const mqtt::const_message_ptr& message) {
        if (message->get_qos() == 2) return;  // was taken as it arrived
        const InsideEvent inside(this);
        events_.on_message(message_from(*message, settings_.subscriptions));
    });
    client->set_connection_lost_handler([this](const std::string&) { on_lost(); });
    client->set_disconnected_handler([this](const mqtt::properties&, mqtt::ReasonCode reason) {
        set_error("the broker closed the connection: " + reason_text(reason));
    });
    owner_ = std::move(client);
    paho_ = owner_.get();
}

void PahoClient::take_arrival(std::byte first, std::span<const std::byte> body) noexcept {
    const InsideEvent inside(this);
    const std::optional<Message> message = read_publish(first, body, is_5(), settings_.subscriptions);
    // Paho reads it next, and closes the connection over what nobody can read.
    if (message) events_.on_message(*message);
}

// Afterwards Paho calls nothing more. Messages that it has read before that are raised as ever, because they will be
// acknowledged.
void PahoClient::drop_client(State next) {
    state_ = next;
    publisher_.close_and_wait();
    owner_.reset();
    publisher_.clear();
    broken_ = false;
    retry_at_ns_ = 0;
    if (announced_.exchange(false)) events_.on_disconnected();
}

void PahoClient::stop(std::int64_t timeout_ns) {
    if (state_ == State::idle) return;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::nanoseconds(timeout_ns);
    const auto wait_for = [&](const bool& answer) {
        std::unique_lock lock(stop_mutex_);
        stop_wake_.wait_until(lock, deadline, [&] { return answer || !announced_; });
    };
    {
        const std::lock_guard lock(stop_mutex_);
        offline_answered_ = disconnected_ = false;
    }
    if (connected()) {
        publisher_.wait_until_sent(deadline);
        publisher_.close_and_wait();
        if (send_status("offline", offline_context)) wait_for(offline_answered_);
    }
    if (announced_) {
        try {
            paho_->disconnect(0, nullptr, *this);
            wait_for(disconnected_);
        } catch (const std::exception& error) {
            set_error(std::string("cannot disconnect: ") + error.what());
        }
    }
    drop_client(State::idle);
}

bool PahoClient::publish(std::string_view topic, std::span<const std::byte> payload, bool retain,
                         std::uint64_t token) noexcept {
    if (!can_be_published_to(topic) || !publisher_.push(topic, payload, retain, token)) return false;
    if (InsideEvent::of(this)) {
        publisher_.pump();
    } else {
        publisher_.wake();
    }
    return true;
}

std::string PahoClient::last_error() const {
    const std::lock_guard lock(error_mutex_);
    return error_;
}

// The connection is of no use: step drops it and tries again.
void PahoClient::fail(const std::string& why) noexcept {
    set_error(why);
    broken_ = true;
}

void PahoClient::set_error(const std::string& why) noexcept {
    const std::lock_guard lock(error_mutex_);
    error_ = why;
}

bool PahoClient::send(const std::string& topic, std::span<const std::byte> payload, bool retain,
                      std::uintptr_t context) noexcept {
    try {
        paho_->publish(topic, payload.data(), payload.size(), 1, retain, as_context(context), *this);
        return true;
    } catch (const std::exception& error) {
        fail(std::string("cannot publish: ") + error.what());
        return false;
    }
}

bool PahoClient::send_status(std::string_view status, std::uintptr_t context) noexcept {
    return !settings_.will_topic.empty() && send(settings_.will_topic, std::as_bytes(std::span(status)), true, context);
}

}  // namespace redshank
